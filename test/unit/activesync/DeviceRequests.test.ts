import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream, TestClock } from "effect"
import { everyStanding } from "../../../src/domain/Device.ts"
import { DeviceId, TenantId } from "../../../src/domain/ids.ts"
import { metrics } from "../../../src/observability/metrics.ts"
import {
  DeviceRequests,
  type UnderWay,
  type Whose
} from "../../../src/protocols/activesync/DeviceRequests.ts"
import { tellParked } from "../../../src/protocols/activesync/tellParked.ts"
import { mailboxId, tenantId } from "../../support/alice.ts"

const parkedNow = Effect.promise(() => metrics.activesyncParked.get()).pipe(
  Effect.map(({ values }) => values[0]?.value ?? 0)
)

const whose = (device: string): Whose => ({ tenantId, mailboxId, deviceId: DeviceId(device) })

const begun = (requests: DeviceRequests, device: string, command: "Ping" | "Sync" | "Settings"): UnderWay => {
  const underWay = requests.begin(whose(device), command)
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
      underWay.leave("gone")
      yield* underWay.gone
      assert.isTrue(underWay.isGone)
    })
  )

  it("are bounded also where each new one ends those before it", () => {
    const requests = new DeviceRequests(2)
    for (let n = 0; n < 4; n++) begun(requests, "a", "Sync")
    assert.isNull(requests.begin(whose("a"), "Sync"))
    assert.strictEqual(requests.size, 4)
  })

  it("are bounded; those that were told to go do not count", () => {
    const requests = new DeviceRequests(2)
    const first = begun(requests, "a", "Settings")
    begun(requests, "a", "Ping")
    assert.isNull(requests.begin(whose("a"), "Settings"))
    // It takes the place of the older one.
    begun(requests, "a", "Ping")
    assert.isNull(requests.begin(whose("a"), "Settings"))
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
      assert.isNull(requests.begin(whose("d"), "Ping"))
    })
  )

  it.effect("a change of standing ends those that it is about, and says why", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const [lost, kept] = [
        yield* park(begun(requests, "lost", "Ping")),
        yield* park(begun(requests, "kept", "Ping"))
      ]
      const asking = begun(requests, "lost", "Settings")
      const change = { ...everyStanding, mailboxId, deviceId: DeviceId("lost") }
      const elsewhere = { ...everyStanding, tenantId: TenantId("another") }
      yield* tellParked({ standingChanges: Stream.make(elsewhere, change) }, requests)
      assert.strictEqual(yield* Fiber.join(lost), "standing")
      assert.isFalse(asking.isGone)
      assert.strictEqual((yield* Fiber.poll(kept))._tag, "None")
      yield* tellParked({ standingChanges: Stream.make({ ...everyStanding, tenantId }) }, requests)
      assert.strictEqual(yield* Fiber.join(kept), "standing")
    })
  )

  it.effect("where changes may have been missed, who would still be let in sleeps on", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const [kept, lost] = [begun(requests, "kept", "Ping"), begun(requests, "lost", "Sync")]
      const [sleeping, told] = [yield* park(kept), yield* park(lost)]
      kept.admitted(Effect.succeed(true))
      lost.admitted(Effect.succeed(false))
      yield* tellParked({ standingChanges: Stream.make(everyStanding) }, requests)
      assert.strictEqual(yield* Fiber.join(told), "standing")
      assert.strictEqual((yield* Fiber.poll(sleeping))._tag, "None")
    })
  )

  it.effect("a change that is about many ends some of them each second", () =>
    Effect.gen(function* () {
      const requests = new DeviceRequests(8)
      const all = Array.from({ length: 1200 }, (_, n) => begun(requests, `device${n}`, "Ping"))
      const ended = () => all.filter(({ isGone }) => isGone).length
      yield* Effect.fork(
        tellParked({ standingChanges: Stream.make({ ...everyStanding, tenantId }) }, requests)
      )
      const counts: Array<number> = []
      for (let second = 0; second < 3; second++) {
        yield* TestClock.adjust(second === 0 ? 0 : "1 second")
        counts.push(ended())
      }
      assert.deepStrictEqual(counts, [500, 1000, 1200])
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
