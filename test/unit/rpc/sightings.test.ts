import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Logger, Scope, TestClock } from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import { DeviceId } from "../../../src/domain/ids.ts"
import type { Heartbeat } from "../../../src/rpc/Devices.ts"
import { makeSightings } from "../../../src/rpc/handlers/sightings.ts"
import { DeviceStore, type Sighting } from "../../../src/storage/devices/DeviceStore.ts"
import { alice } from "./fakes.ts"

const interval = Duration.minutes(2)

const seen = (id: string, parts: Partial<Sighting> = {}) => ({
  mailboxId: alice,
  deviceId: DeviceId(id),
  type: "Phone",
  userAgent: "phone/1",
  protocolVersion: "16.1",
  at: 1,
  ...parts
})

const heartbeat = (parts: Partial<Heartbeat>): Heartbeat => ({
  deviceId: DeviceId("one"),
  deviceType: "Phone",
  userAgent: "phone/1",
  protocolVersion: "16.1",
  seconds: 900,
  lastedSeconds: 900,
  end: "expired",
  ...parts
})

/** What was recorded, write by write. `failing` writes fail first. */
const recording = (failing = 0) =>
  Effect.gen(function* () {
    const written: Array<ReadonlyArray<Sighting>> = []
    let left = failing
    const store = yield* Effect.provide(
      DeviceStore,
      Layer.mock(DeviceStore, {
        record: (sightings) =>
          Effect.suspend(() => {
            if (left-- > 0) return new Unavailable({ what: "storage" })
            written.push(sightings)
            return Effect.void
          })
      })
    )
    return { written, sightings: yield* makeSightings(store, interval) }
  })

describe("sightings of devices", () => {
  it.scoped("are written together, once for each device, however often it came", () =>
    Effect.gen(function* () {
      const { written, sightings } = yield* recording()
      for (let n = 1; n <= 100; n++) sightings.see(seen("one", { at: n }), "phone/1")
      sightings.see(seen("two"), "phone/1")
      yield* TestClock.adjust("1 minute")
      assert.deepEqual(written, [])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(written.length, 1)
      assert.deepEqual(
        written[0]?.map(({ deviceId, at }) => [deviceId, at]),
        [
          [DeviceId("one"), 100],
          [DeviceId("two"), 1]
        ]
      )
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(written.length, 1)
    })
  )

  it.scoped("of very many devices take several writes", () =>
    Effect.gen(function* () {
      const { written, sightings } = yield* recording()
      for (let n = 0; n < 2_500; n++) sightings.see(seen(`device ${n}`), "phone/1")
      yield* TestClock.adjust(interval)
      assert.deepEqual(
        written.map(({ length }) => length),
        [1_000, 1_000, 500]
      )
    })
  )

  it.scoped("count what two devices by one name call themselves (pain 19)", () =>
    Effect.gen(function* () {
      const { written, sightings } = yield* recording()
      for (const userAgent of ["phone/1", "phone/2", "phone/1", "phone/1", "phone/2"]) {
        sightings.see(seen("one", { userAgent }), "phone/1")
      }
      yield* TestClock.adjust(interval)
      assert.deepEqual(
        written[0]?.map(({ userAgent, userAgentChanges }) => [userAgent, userAgentChanges]),
        [["phone/2", 3]]
      )
    })
  )

  it.scoped("add up how long its requests waited, also of a device that was not seen since", () =>
    Effect.gen(function* () {
      const { written, sightings } = yield* recording()
      const ends = [
        heartbeat({ seconds: 600, lastedSeconds: 600 }),
        heartbeat({ seconds: 900, lastedSeconds: 900 }),
        heartbeat({ seconds: 1_200, lastedSeconds: 1_100, end: "gone" }),
        heartbeat({ seconds: 900, lastedSeconds: 5, end: "changed" })
      ]
      for (const end of ends) sightings.count(seen("one"), end)
      yield* TestClock.adjust(interval)
      assert.deepEqual(written[0]?.[0]?.heartbeats, {
        count: 4,
        changed: 1,
        expired: 2,
        gone: 1,
        lastSeconds: 900,
        longestSeconds: 900
      })
      assert.strictEqual(written[0]?.[0]?.userAgentChanges, 0)
    })
  )

  it.effect("are written when the process stops", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { written, sightings } = yield* Scope.extend(recording(), scope)
      sightings.see(seen("one"), "phone/1")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(written.length, 1)
    })
  )

  it.scoped("go on after the database was away", () =>
    Effect.gen(function* () {
      const { written, sightings } = yield* recording(1)
      sightings.see(seen("one"), "phone/1")
      yield* TestClock.adjust(interval)
      sightings.see(seen("two"), "phone/1")
      yield* TestClock.adjust(interval)
      assert.deepEqual(
        written.map((all) => all.map(({ deviceId }) => deviceId)),
        [[DeviceId("two")]]
      )
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})
