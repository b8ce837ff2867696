import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { metrics } from "../../../src/observability/metrics.ts"
import { DeviceRequests, type UnderWay } from "../../../src/protocols/activesync/DeviceRequests.ts"

const parkedNow = Effect.promise(() => metrics.activesyncParked.get()).pipe(
  Effect.map(({ values }) => values[0]?.value ?? 0)
)

const begun = (requests: DeviceRequests, device: string, command: "Ping" | "Sync" | "Settings"): UnderWay => {
  const underWay = requests.begin(device, command)
  if (underWay === null) throw new Error("refused")
  return underWay
}

/** A fiber that waits, as a parked Ping does. */
const park = ({ gone }: UnderWay) => Effect.tap(Effect.fork(gone), () => Effect.yieldNow())

// One after the other: all count in the same gauge.
describe.sequential("requests of a device", () => {
  it.effect("a newer Ping or Sync ends the parked one, other commands and other devices leave it", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const ping = yield* park(begun(requests, "a", "Ping"))
      begun(requests, "a", "Settings")
      begun(requests, "b", "Ping")
      assert.isNull(
        yield* Fiber.poll(ping).pipe(Effect.map((polled) => (polled._tag === "None" ? null : polled)))
      )
      const sync = yield* park(begun(requests, "a", "Sync"))
      yield* Fiber.join(ping)
      begun(requests, "a", "Ping")
      yield* Fiber.join(sync)
    })
  )

  it.effect("who waits after the device has gone is told at once", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const underWay = begun(requests, "a", "Ping")
      underWay.leave()
      yield* underWay.gone
      assert.isTrue(underWay.isGone)
    })
  )

  it("are bounded; those that were told to go do not count", () => {
    const requests = new DeviceRequests(2)
    const first = begun(requests, "a", "Settings")
    begun(requests, "a", "Ping")
    assert.isNull(requests.begin("a", "Settings"))
    // It takes the place of the older one.
    begun(requests, "a", "Ping")
    assert.isNull(requests.begin("a", "Settings"))
    first.end()
    begun(requests, "a", "Settings")
    begun(requests, "b", "Settings")
  })

  it.effect("stopping ends all that are parked and lets nobody in", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const parked = yield* Effect.forEach(["a", "b", "c"], (device) => park(begun(requests, device, "Ping")))
      requests.stop()
      yield* Fiber.joinAll(parked)
      assert.isNull(requests.begin("d", "Ping"))
    })
  )

  it.effect("that were answered are forgotten; that wait are counted", () =>
    Effect.gen(function* () {
      const before = yield* parkedNow
      const requests = new DeviceRequests(8)
      const underWay = begun(requests, "a", "Ping")
      assert.isFalse(underWay.hasParked)
      const fiber = yield* park(underWay)
      assert.strictEqual(yield* parkedNow, before + 1)
      assert.isTrue(underWay.hasParked)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(yield* parkedNow, before)
      underWay.end()
      assert.strictEqual(requests.size, 0)
    })
  )
})
