import { assert, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { childText, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import type { RpcClient } from "../../../src/rpc/client.ts"
import { UserStatus } from "../../../src/rpc/gen/postroom/core/v1/admin_pb.ts"
import { DeviceAccess, WipeScope } from "../../../src/rpc/gen/postroom/core/v1/devices_pb.ts"
import { ask, folderIds, type Handset, keyOf, statusOf, syncAll } from "../../support/activesync/handset.ts"
import { parked } from "../../support/activesync/parked.ts"
import { phone, Running } from "../../support/activesync/running.ts"
import { syncDocument } from "../../support/activesync/talk.ts"

const { inbox } = folderIds

/** A Ping of a phone in step with its Inbox, parked for an hour. */
const parkedPing = (handset: Handset) =>
  Effect.gen(function* () {
    yield* syncAll(handset, inbox)
    const asked = ask(
      handset,
      "Ping",
      element(
        "Ping:Ping",
        element("Ping:HeartbeatInterval", 3540),
        element(
          "Ping:Folders",
          element("Ping:Folder", element("Ping:Id", inbox), element("Ping:Class", "Email"))
        )
      )
    )
    const waiting = yield* Effect.fork(asked)
    yield* parked(1)
    return waiting
  })

/** What a phone learns that asks for its folders. */
const folderSync = (handset: Handset) =>
  Effect.map(
    ask(
      handset,
      "FolderSync",
      element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", handset.hierarchyKey))
    ),
    (document) => childText(document ?? undefined, "FolderHierarchy:Status")
  )

const asOperator = <A>(start: (client: RpcClient, signal: AbortSignal) => Promise<A>) =>
  Effect.flatMap(Running, ({ operator }) =>
    Effect.flatMap(operator, (client) => client.call((signal) => start(client, signal)))
  ).pipe(Effect.scoped, Effect.orDie)

const aliceId = Effect.flatMap(Running, ({ query }) =>
  Effect.map(
    query<{ readonly id: string }>("SELECT id FROM mail_state.users WHERE email = 'alice@demo.test'"),
    ([row]) => row?.id ?? assert.fail("no alice")
  )
)

const rules = (hasPolicy: boolean) =>
  asOperator(({ devices }, signal) =>
    devices.setDeviceRules(
      {
        tenant: "demo",
        rules: {
          defaultAccess: DeviceAccess.ALLOWED,
          maxDevices: 100,
          ...(hasPolicy
            ? { policy: { settings: { DevicePasswordEnabled: { value: { case: "flag", value: true } } } } }
            : {})
        }
      },
      { signal }
    )
  )

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })(
  "a parked request of a device whose standing changes",
  (it) => {
    it.scoped("learns of a wipe", () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const waiting = yield* parkedPing(handset)
        const mailboxId = yield* aliceId
        yield* asOperator(({ devices }, signal) =>
          devices.wipeDevice(
            { mailboxId, deviceId: handset.phone.options.deviceId, scope: WipeScope.DEVICE },
            { signal }
          )
        )
        assert.strictEqual(statusOf(yield* Fiber.join(waiting)), "7")
        assert.strictEqual(yield* folderSync(handset), "140")
      })
    )

    it.scoped("learns that its device is blocked, and no other device does", () =>
      Effect.gen(function* () {
        const [blocked, other] = [yield* phone(), yield* phone()]
        const mailboxId = yield* aliceId
        yield* syncAll(blocked, inbox)
        const hanging = yield* Effect.fork(
          ask(
            blocked,
            "Sync",
            syncDocument({ collections: [{ id: inbox, key: keyOf(blocked, inbox) }], heartbeat: 3540 })
          )
        )
        yield* parked(1)
        yield* syncAll(other, inbox)
        yield* asOperator(({ devices }, signal) =>
          devices.setDeviceAccess(
            {
              mailboxId,
              deviceId: blocked.phone.options.deviceId,
              access: DeviceAccess.BLOCKED,
              reason: "lost"
            },
            { signal }
          )
        )
        assert.isNull(yield* Fiber.join(hanging))
        assert.strictEqual(yield* folderSync(blocked), "129")
        assert.strictEqual(yield* folderSync(other), "1")
      })
    )

    it.scoped("learns of a new policy", () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const waiting = yield* parkedPing(handset)
        yield* rules(true)
        assert.strictEqual(statusOf(yield* Fiber.join(waiting)), "7")
        assert.strictEqual(yield* folderSync(handset), "142")
        yield* rules(false)
      })
    )

    it.scoped("learns that no device of the mailbox is let in any more", () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const waiting = yield* parkedPing(handset)
        const mailboxId = yield* aliceId
        const setDeviceSync = (maySync: boolean) =>
          asOperator(({ devices }, signal) => devices.setDeviceSync({ mailboxId, maySync }, { signal }))
        yield* setDeviceSync(false)
        assert.strictEqual(statusOf(yield* Fiber.join(waiting)), "7")
        assert.strictEqual(yield* folderSync(handset), "126")
        yield* setDeviceSync(true)
      })
    )

    it.scoped("learns that the person's account is suspended", () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const waiting = yield* parkedPing(handset)
        const mailboxId = yield* aliceId
        const setStatus = (status: UserStatus) =>
          asOperator(({ admin }, signal) => admin.setUserStatus({ userId: mailboxId, status }, { signal }))
        yield* setStatus(UserStatus.DISABLED)
        assert.strictEqual(statusOf(yield* Fiber.join(waiting)), "7")
        yield* setStatus(UserStatus.ACTIVE)
      })
    )
  }
)
