import { assert, layer } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { defaultRules, permissivePolicy } from "../../src/domain/DevicePolicy.ts"
import { DeviceId, type MailboxId, TenantId } from "../../src/domain/ids.ts"
import { DeviceStore, type NewDevice, type Sighting } from "../../src/storage/devices/DeviceStore.ts"
import * as DeviceStorePg from "../../src/storage/devices/DeviceStorePg.ts"
import { mailboxNumber } from "../support/actors.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { query, tenantId } from "../support/upkeepWorld.ts"

const layerDevices = DeviceStorePg.layer.pipe(Layer.provideMerge(layerTestPostgres), Layer.orDie)

const newDevice = (mailboxId: MailboxId, id: string, parts: Partial<NewDevice> = {}): NewDevice => ({
  mailboxId,
  deviceId: DeviceId(id),
  type: "SmartPhone",
  userAgent: "phone/1",
  protocolVersion: "14.1",
  access: "allowed",
  ...parts
})

/** A device of a new mailbox. */
const registered = (parts: Partial<NewDevice> = {}) =>
  Effect.gen(function* () {
    const store = yield* DeviceStore
    const device = newDevice(yield* newMailbox, "one", parts)
    yield* store.register(device, 10)
    const { mailboxId, deviceId } = device
    return { mailboxId, deviceId }
  })

const sighting = (parts: Pick<Sighting, "mailboxId" | "deviceId"> & Partial<Sighting>): Sighting => ({
  type: "SmartPhone",
  userAgent: "phone/1",
  userAgentChanges: 0,
  protocolVersion: "14.1",
  at: Date.UTC(2030, 0, 1),
  heartbeats: { count: 0, changed: 0, expired: 0, gone: 0, lastSeconds: 0, longestSeconds: 0 },
  ...parts
})

layer(layerDevices)("devices in Postgres", (it) => {
  it.effect("a device is registered once, and stands as it was registered", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const device = newDevice(yield* newMailbox, "one", { access: "quarantined" })
      const before = yield* store.standing(device, tenantId)
      assert.deepEqual(before, { isActive: true, maySync: true, rules: defaultRules, device: null })
      const { device: first } = yield* store.register(device, 10)
      const again = yield* store.register({ ...device, access: "allowed" }, 10)
      assert.deepEqual(again, { device: first, forgotten: null })
      assert.deepEqual((yield* store.standing(device, tenantId)).device, first)
      assert.strictEqual(first?.access, "quarantined")
      assert.deepEqual(first?.protocolVersions, ["14.1"])
      assert.deepEqual([first?.offered, first?.acknowledged, first?.wipe], [null, null, null])
    })
  )

  it.effect("MS-ASCMD_R4980: a mailbox has no more devices than it may have, however many come at once", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const mailboxId = yield* newMailbox
      const many = Array.from({ length: 8 }, (_, n) => newDevice(mailboxId, `device ${n}`))
      const all = yield* Effect.forEach(many, (device) => store.register(device, 3), {
        concurrency: "unbounded"
      })
      assert.strictEqual(all.filter(({ device }) => device !== null).length, 3)
      assert.strictEqual((yield* store.devices(mailboxId, { after: null, limit: 10 })).length, 3)
    })
  )

  it.effect(
    "where a mailbox is full, one that nobody saw for a month makes room; none that somebody keeps out",
    () =>
      Effect.gen(function* () {
        const store = yield* DeviceStore
        const mailboxId = yield* newMailbox
        const register = (id: string) => store.register(newDevice(mailboxId, id), 4)
        const unseen = (id: string, days: number) =>
          query(
            `UPDATE mail_state.devices SET last_seen_at = now() - make_interval(days => $3)
            WHERE user_id = $1 AND device_id = $2`,
            [mailboxId, id, days]
          )
        const devices = Effect.map(store.devices(mailboxId, { after: null, limit: 10 }), (all) =>
          all.map(({ deviceId }) => deviceId)
        )
        yield* Effect.forEach(["blocked", "newest", "oldest", "wiped"], register)
        assert.deepEqual(yield* register("one more"), { device: null, forgotten: null })
        yield* store.setAccess(
          { mailboxId, deviceId: DeviceId("blocked") },
          { access: "blocked", reason: "" }
        )
        yield* store.setWipe({ mailboxId, deviceId: DeviceId("wiped") }, "device")
        yield* unseen("blocked", 400)
        yield* unseen("wiped", 400)
        yield* unseen("oldest", 32)
        yield* unseen("newest", 31)
        assert.strictEqual((yield* register("newest")).forgotten, null)
        assert.strictEqual((yield* register("one more")).forgotten, "oldest")
        assert.deepEqual(yield* devices, ["blocked", "newest", "one more", "wiped"].map(DeviceId))
        assert.strictEqual((yield* register("two more")).forgotten, "newest")
        assert.deepEqual(yield* register("three more"), { device: null, forgotten: null })
      })
  )

  it.effect("a person who is not there has no devices", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const device = newDevice(mailboxNumber(404), "one")
      assert.strictEqual((yield* Effect.flip(store.standing(device, tenantId)))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(store.register(device, 10)))._tag, "NotFound")
      assert.strictEqual((yield* Effect.flip(store.setMaySync(device.mailboxId, false)))._tag, "NotFound")
    })
  )

  it.effect("devices are listed page by page, those of one mailbox alone", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const [mailboxId, other] = [yield* newMailbox, yield* newMailbox]
      yield* Effect.forEach(["b", "a", "c"], (id) => store.register(newDevice(mailboxId, id), 10))
      yield* store.register(newDevice(other, "d"), 10)
      const ids = (after: string | null) =>
        Effect.map(store.devices(mailboxId, { after, limit: 2 }), (page) =>
          page.map(({ deviceId }) => deviceId)
        )
      assert.deepEqual(yield* ids(null), ["a", "b"].map(DeviceId))
      assert.deepEqual(yield* ids("b"), [DeviceId("c")])
    })
  )

  it.effect("sightings of many devices are recorded together; counts are added", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const [one, two] = [yield* registered(), yield* registered()]
      const heartbeats = { count: 2, changed: 1, expired: 1, gone: 0, lastSeconds: 900, longestSeconds: 880 }
      yield* store.record([
        sighting({ ...one, heartbeats, protocolVersion: "16.1", userAgent: "phone/2", userAgentChanges: 1 }),
        sighting(two),
        sighting({ mailboxId: one.mailboxId, deviceId: DeviceId("gone") })
      ])
      yield* store.record([
        sighting({
          ...one,
          at: Date.UTC(2029, 0, 1),
          protocolVersion: "14.1",
          heartbeats: { ...heartbeats, lastSeconds: 0, longestSeconds: 10 }
        })
      ])
      const device = yield* store.device(one)
      assert.strictEqual(device.lastSeenAt, Date.UTC(2030, 0, 1))
      assert.deepEqual(device.protocolVersions, ["14.1", "16.1"])
      assert.strictEqual(device.userAgentChanges, 1)
      assert.deepEqual(device.heartbeats, {
        count: 4,
        changed: 2,
        expired: 2,
        gone: 0,
        lastSeconds: 900,
        longestSeconds: 880
      })
      assert.strictEqual((yield* store.device(two)).heartbeats.count, 0)
      yield* store.record([])
    })
  )

  it.effect("rules are the tenant's, read anew when they change, and the same object as long as not", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = yield* registered()
      const seen = Effect.map(store.standing(key, tenantId), ({ rules }) => rules)
      const policy = { ...permissivePolicy, settings: { DevicePasswordEnabled: true }, refreshHours: 8 }
      yield* store.setRules(tenantId, { policy, defaultAccess: "blocked", maxDevices: 3 })
      const first = yield* seen
      assert.deepEqual(first, { policy, defaultAccess: "blocked", maxDevices: 3 })
      assert.strictEqual(yield* seen, first)
      assert.deepEqual(yield* store.rules(tenantId), first)
      yield* store.setRules(tenantId, defaultRules)
      assert.deepEqual(yield* seen, defaultRules)
      const stranger = yield* Effect.flip(
        store.setRules(TenantId("ffffffff-0000-4000-8000-000000000000"), defaultRules)
      )
      assert.strictEqual(stranger._tag, "NotFound")
    })
  )

  it.effect("whether devices may synchronise at all is said for each person", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = yield* registered()
      yield* store.setMaySync(key.mailboxId, false)
      assert.isFalse((yield* store.standing(key, tenantId)).maySync)
      yield* store.setMaySync(key.mailboxId, true)
      assert.isTrue((yield* store.standing(key, tenantId)).maySync)
      yield* query("UPDATE mail_state.users SET status = 'disabled' WHERE id = $1", [key.mailboxId])
      assert.isFalse((yield* store.standing(key, tenantId)).isActive)
    })
  )

  it.effect(
    "MS-ASPROV_R657: only the key that was offered last acknowledges a policy, and it may do so again",
    () =>
      Effect.gen(function* () {
        const store = yield* DeviceStore
        const key = yield* registered()
        const acknowledge = (offeredKey: number, newKey: number) =>
          store.acknowledge(key, { offeredKey, newKey, compliance: "full" })
        assert.isFalse(yield* acknowledge(0, 1))
        yield* store.offer(key, { key: 4_294_967_295, version: "old" })
        yield* store.offer(key, { key: 77, version: "new" })
        assert.isFalse(yield* acknowledge(4_294_967_295, 1))
        assert.isTrue(yield* acknowledge(77, 2))
        // The answer was lost: the device says it again and gets another key.
        assert.isTrue(yield* acknowledge(77, 3))
        const { acknowledged } = yield* store.device(key)
        assert.deepEqual(
          [acknowledged?.key, acknowledged?.version, acknowledged?.compliance],
          [3, "new", "full"]
        )
      })
  )

  it.effect("what a device says of itself is kept until it says otherwise", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = yield* registered()
      yield* store.describe(key, { model: "x1", os: "os 1" })
      yield* store.describe(key, { os: "os 2", phoneNumber: "+123" })
      assert.deepEqual((yield* store.device(key)).information, {
        model: "x1",
        os: "os 2",
        phoneNumber: "+123"
      })
    })
  )

  it.effect(
    "a wipe goes its way, and a device that was wiped is blocked until somebody lets it in again",
    () =>
      Effect.gen(function* () {
        const store = yield* DeviceStore
        const key = yield* registered()
        const state = Effect.map(store.device(key), ({ access, wipe }) => [access, wipe?.scope, wipe?.state])
        assert.isFalse(yield* store.settleWipe(key, true))
        yield* store.setWipe(key, "account")
        assert.deepEqual(yield* state, ["allowed", "account", "pending"])
        yield* store.markWipeSent(key)
        assert.deepEqual(yield* state, ["allowed", "account", "sent"])
        assert.isTrue(yield* store.settleWipe(key, false))
        assert.deepEqual(yield* state, ["allowed", "account", "failed"])
        assert.isTrue(yield* store.settleWipe(key, true))
        assert.deepEqual(yield* state, ["blocked", "account", "acknowledged"])
        yield* store.setWipe(key, null)
        assert.deepEqual(yield* state, ["blocked", "account", "acknowledged"])
        yield* store.setAccess(key, { access: "quarantined", reason: "look" })
        assert.deepEqual(yield* state, ["quarantined", "account", "acknowledged"])
        yield* store.setAccess(key, { access: "allowed", reason: "" })
        assert.deepEqual(yield* state, ["allowed", undefined, undefined])
      })
  )

  it.effect("a wipe that was not acknowledged can be taken back", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = yield* registered()
      yield* store.setWipe(key, "device")
      yield* store.markWipeSent(key)
      yield* store.setWipe(key, null)
      assert.isNull((yield* store.device(key)).wipe)
    })
  )

  it.effect("of a device that is not there nothing can be said", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = { mailboxId: yield* newMailbox, deviceId: DeviceId("nobody") }
      const all = [
        store.device(key),
        store.setAccess(key, { access: "blocked", reason: "" }),
        store.setWipe(key, "device"),
        store.setWipe(key, null),
        store.describe(key, {}),
        store.offer(key, { key: 1, version: "" })
      ]
      for (const one of all) assert.strictEqual((yield* Effect.flip(Effect.asVoid(one)))._tag, "NotFound")
      assert.isFalse(yield* store.remove(key))
    })
  )

  it.effect("a device that was removed is a new one when it comes again", () =>
    Effect.gen(function* () {
      const store = yield* DeviceStore
      const key = yield* registered()
      yield* store.setAccess(key, { access: "blocked", reason: "lost" })
      assert.isTrue(yield* store.remove(key))
      const { device: again } = yield* store.register(newDevice(key.mailboxId, key.deviceId), 10)
      assert.strictEqual(again?.access, "allowed")
      assert.strictEqual(again?.accessReason, "")
    })
  )

  it.effect(
    "whose standing changed is heard by every process, and what does not matter to devices is not",
    () =>
      Effect.gen(function* () {
        const store = yield* DeviceStore
        const device = yield* registered()
        const { mailboxId, deviceId } = device
        const listening = yield* Deferred.make<void>()
        const first = DeviceId("first")
        yield* store.register(newDevice(mailboxId, first), 10)
        const heard = yield* store.standingChanges.pipe(
          Stream.tap(() => Deferred.succeed(listening, undefined)),
          Stream.filter((change) => change.deviceId !== first),
          Stream.take(6),
          Stream.runCollect,
          Effect.fork
        )
        // Until it listens.
        yield* Effect.repeat(
          store.setAccess({ mailboxId, deviceId: first }, { access: "blocked", reason: "" }),
          { until: () => Deferred.isDone(listening) }
        )
        yield* store.describe(device, { model: "new" })
        yield* store.setAccess(device, { access: "blocked", reason: "lost" })
        yield* store.setWipe(device, "device")
        yield* store.markWipeSent(device)
        yield* store.setMaySync(mailboxId, false)
        yield* store.setRules(tenantId, { ...defaultRules, policy: permissivePolicy })
        yield* store.setRules(tenantId, { ...defaultRules, policy: permissivePolicy, maxDevices: 3 })
        yield* store.setRules(tenantId, { ...defaultRules, policy: null })
        yield* store.remove(device)
        assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(heard)), [
          { tenantId: null, mailboxId, deviceId },
          { tenantId: null, mailboxId, deviceId },
          { tenantId: null, mailboxId, deviceId: null },
          { tenantId, mailboxId: null, deviceId: null },
          { tenantId, mailboxId: null, deviceId: null },
          { tenantId: null, mailboxId, deviceId }
        ])
      })
  )
})
