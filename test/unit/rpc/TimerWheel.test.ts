import { strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { makeTimerWheel } from "../../../src/rpc/TimerWheel.ts"
import { awaited } from "../../support/awaited.ts"
import { SkewedClock } from "../../support/SkewedClock.ts"

const hour = 3_600_000

describe("time-outs of requests that wait for minutes", () => {
  for (const [what, skewMillis] of Object.entries({ back: -hour, forward: hour })) {
    it.scopedLive(`end when they would have, whether or not somebody sets the wall clock ${what}`, () => {
      const clock = new SkewedClock()
      return Effect.gen(function* () {
        const wheel = yield* makeTimerWheel
        const called = yield* Deferred.make<void>()
        let isEarly = false
        wheel.after(60_000, () => {
          isEarly = true
        })
        wheel.after(1000, () => Deferred.unsafeDone(called, Effect.void))
        clock.skewMillis = skewMillis
        yield* awaited("what was due in a second", Deferred.await(called))
        strictEqual(isEarly, false)
      }).pipe(Effect.withClock(clock))
    })
  }
})
