import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, TestClock } from "effect"
import { networkOf } from "../../../src/identity/network.ts"
import { makeThrottle, type Throttle } from "../../../src/identity/throttle.ts"
import { makeLocalLimits } from "../../../src/storage/limits/RateLimits.ts"

const options = {
  route: "password",
  freeFailures: 3,
  firstDelay: "1 second",
  maxDelay: "10 seconds",
  forgetAfter: "1 minute"
} satisfies Parameters<typeof makeThrottle>[1]

const newThrottle = () => makeThrottle(makeLocalLimits(), options)

const failTimes = (throttle: Throttle, times: number) => Effect.replicateEffect(throttle.begin("key"), times)

const mustWait = (throttle: Throttle, who: string | null = "key") =>
  Effect.map(Clock.currentTimeMillis, (now) => throttle.mustWait(who, now))

describe("a throttle", () => {
  it.effect(
    "lets the free failures pass, then doubles the delay up to its cap, from the last failure on",
    () =>
      Effect.gen(function* () {
        const throttle = newThrottle()
        assert.deepStrictEqual(yield* failTimes(throttle, 5), [true, true, true, true, false])
        for (const seconds of [1, 2, 4, 8, 10, 10]) {
          yield* TestClock.adjust(seconds * 1000 - 1)
          assert.isTrue(yield* mustWait(throttle))
          assert.isFalse(yield* throttle.begin("key"))
          yield* TestClock.adjust(1)
          assert.isFalse(yield* mustWait(throttle))
          assert.isTrue(yield* throttle.begin("key"))
        }
      })
  )

  it.effect("forgets after a while without a failure, and at a reset", () =>
    Effect.gen(function* () {
      const throttle = newThrottle()
      yield* failTimes(throttle, 4)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* failTimes(throttle, 5), [true, true, true, true, false])
      yield* throttle.reset("key")
      assert.isFalse(yield* mustWait(throttle))
      assert.deepStrictEqual(yield* failTimes(throttle, 5), [true, true, true, true, false])
    })
  )

  it.effect("takes back what did not fail", () =>
    Effect.gen(function* () {
      const throttle = newThrottle()
      yield* failTimes(throttle, 4)
      assert.isTrue(yield* mustWait(throttle))
      yield* throttle.undo("key")
      assert.isFalse(yield* mustWait(throttle))
      assert.deepStrictEqual(yield* failTimes(throttle, 2), [true, false])
    })
  )

  it.effect("does not let one key pay for another, nor one route, and never counts null", () =>
    Effect.gen(function* () {
      const limits = makeLocalLimits()
      const throttle = makeThrottle(limits, options)
      const tokens = makeThrottle(limits, { ...options, route: "token" })
      yield* failTimes(throttle, 9)
      assert.isTrue(yield* throttle.begin("other"))
      assert.isTrue(yield* tokens.begin("key"))
      for (let n = 0; n < 50; n++) assert.isTrue(yield* throttle.begin(null))
      assert.isFalse(yield* mustWait(throttle, null))
    })
  )

  it.effect("shares its counts with every other on the same limits", () =>
    Effect.gen(function* () {
      const limits = makeLocalLimits()
      const [here, there] = [makeThrottle(limits, options), makeThrottle(limits, options)]
      yield* failTimes(here, 4)
      assert.isFalse(yield* mustWait(there), "nobody told it yet")
      assert.isFalse(yield* there.begin("key"))
      assert.isTrue(yield* mustWait(there))
    })
  )
})

describe("a network", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1:0:0:0:9", "2001:db8:0:1::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"]
  ])("of %s is %s", (ip, network) => {
    assert.strictEqual(networkOf(ip), network)
  })
})
