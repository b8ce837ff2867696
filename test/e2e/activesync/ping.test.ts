import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import {
  childOf,
  childrenOf,
  childText,
  element,
  textOf
} from "../../../src/protocols/activesync/wbxml/element.ts"
import {
  ask,
  askSync,
  catchUp,
  folderIds,
  type Handset,
  handsetAt,
  keyOf,
  statusOf,
  syncAll,
  syncFolders,
  syncOne
} from "../../support/activesync/handset.ts"
import { parked } from "../../support/activesync/parked.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"
import { markRead } from "../../support/activesync/talk.ts"

const { inbox, deleted } = folderIds

const pingDocument = (ids: ReadonlyArray<string> | null, seconds: number | string | null) =>
  element(
    "Ping:Ping",
    seconds === null ? null : element("Ping:HeartbeatInterval", seconds),
    ids === null
      ? null
      : element(
          "Ping:Folders",
          ids.map((id) => element("Ping:Folder", element("Ping:Id", id), element("Ping:Class", "Email")))
        )
  )

const ping = (handset: Handset, ids: ReadonlyArray<string> | null, seconds: number | string | null) =>
  Effect.map(ask(handset, "Ping", pingDocument(ids, seconds)), (document) => ({
    status: statusOf(document),
    folders: childrenOf(childOf(document ?? undefined, "Ping:Folders"), "Ping:Folder").map(textOf),
    heartbeat: childText(document ?? undefined, "Ping:HeartbeatInterval")
  }))

layer(
  Running.layer({ POSTROOM_ACTIVESYNC_MIN_HEARTBEAT: "1 second", POSTROOM_ACTIVESYNC_PING_FOLDERS: "10" }),
  {
    timeout: 60_000,
    excludeTestServices: true
  }
)("Ping", (it) => {
  it.scoped("MS-ASCMD Ping_ChangesOccurred: new mail ends the wait, and the folders are named", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* syncAll(handset, deleted)
      const waiting = yield* Effect.fork(ping(handset, [inbox, deleted], 600))
      yield* parked(1)
      yield* letters(["wakes"])
      assert.deepInclude(yield* Fiber.join(waiting), { status: "2", folders: [inbox] })
    })
  )

  it.scoped("MS-ASCMD_R5636: mail that came before the Ping and was not synced is told at once", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* letters(["between"])
      assert.deepInclude(yield* ping(handset, [inbox], 600), { status: "2", folders: [inbox] })
      yield* catchUp(handset, inbox)
      assert.strictEqual((yield* ping(handset, [inbox], 1)).status, "1")
    })
  )

  it.scoped("the device's own changes wake nobody but others", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["own"])
      const [one, other] = [yield* phone(), yield* phone()]
      yield* syncAll(one, inbox)
      yield* syncAll(other, inbox)
      const waiting = yield* Effect.fork(ping(other, [inbox], 600))
      yield* parked(1)
      yield* syncOne(one, inbox, { commands: [markRead(id, true)] })
      assert.strictEqual((yield* Fiber.join(waiting)).status, "2")
      assert.strictEqual((yield* ping(one, [inbox], 1)).status, "1")
    })
  )

  it.scoped("MS-ASCMD Ping_Status3: both must have been said once", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      assert.strictEqual(statusOf(yield* ask(handset, "Ping", null)), "3")
      assert.strictEqual((yield* ping(handset, null, 60)).status, "3")
      assert.strictEqual((yield* ping(handset, [inbox], null)).status, "3")
    })
  )

  it.scoped("MS-ASCMD Ping_WithoutRequestBody, MS-ASCMD_R5836/R3152: later each may be left out", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      assert.strictEqual((yield* ping(handset, [inbox], 1)).status, "1")
      assert.strictEqual(statusOf(yield* ask(handset, "Ping", null)), "1")
      assert.strictEqual((yield* ping(handset, [inbox], null)).status, "1")
      yield* letters(["for the one without a body"])
      assert.strictEqual(statusOf(yield* ask(handset, "Ping", null)), "2")
    })
  )

  it.scoped(
    "MS-ASCMD Ping_HeartbeatIntervalSetTooLarge, MS-ASCMD Ping_Status5: heartbeats out of range",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.deepInclude(yield* ping(handset, [inbox], 99_999), { status: "5", heartbeat: "3540" })
        assert.deepInclude(yield* ping(handset, [inbox], -1), { status: "5", heartbeat: "1" })
      })
  )

  it.scoped("MS-ASCMD_R4254: too many folders", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const many = Array.from({ length: 11 }, (_, index) => String(index + 1))
      assert.strictEqual((yield* ping(handset, many, 60)).status, "6")
    })
  )

  it.scoped("MS-ASCMD Ping_Status7_SyncRequired, MS-ASCMD Ping_Status7_Outdate: folders come first", () =>
    Effect.gen(function* () {
      const fresh = yield* handsetAt(yield* Running, { deviceId: "NOFOLDERS" })
      assert.strictEqual((yield* ping(fresh, [inbox], 600)).status, "7")
      const [one, other] = [yield* phone(), yield* phone()]
      yield* syncAll(one, inbox)
      const waiting = yield* Effect.fork(ping(one, [inbox], 600))
      yield* parked(1)
      yield* ask(
        other,
        "FolderCreate",
        element(
          "FolderHierarchy:FolderCreate",
          element("FolderHierarchy:SyncKey", other.hierarchyKey),
          element("FolderHierarchy:ParentId", "0"),
          element("FolderHierarchy:DisplayName", "New for one"),
          element("FolderHierarchy:Type", 12)
        )
      )
      assert.strictEqual((yield* Fiber.join(waiting)).status, "7")
      assert.strictEqual((yield* ping(one, [inbox], 600)).status, "7")
      yield* syncFolders(one)
      assert.strictEqual((yield* ping(one, [inbox], 1)).status, "1")
    })
  )

  it.scoped("a new Ping ends the former of the same phone at once", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      const former = yield* Effect.fork(ping(handset, [inbox], 600))
      yield* parked(1)
      assert.strictEqual((yield* ping(handset, [inbox], 1)).status, "1")
      assert.strictEqual((yield* Fiber.join(former)).status, "1")
    })
  )

  it.scoped(
    "hanging Sync: only folders that changed, as soon as they do; nothing at the end of the wait",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* syncAll(handset, inbox)
        yield* syncAll(handset, deleted)
        const collections = [inbox, deleted].map((id) => ({ id, key: keyOf(handset, id) }))
        const waiting = yield* Effect.fork(askSync(handset, { collections, wait: 10 }))
        yield* parked(1)
        yield* letters(["hung for"], { folderId: 4 })
        const answered = yield* Fiber.join(waiting).pipe(Effect.timeout(Duration.seconds(20)), Effect.orDie)
        assert.deepStrictEqual(
          answered.collections.map(({ id }) => id),
          [deleted]
        )
      })
  )
})
