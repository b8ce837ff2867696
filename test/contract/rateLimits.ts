import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, type Scope } from "effect"
import { type Limit, perWindow, type RateKey, type RateLimits } from "../../src/storage/limits/RateLimits.ts"

/** What every driver of rate limits promises. `opened`: one that has counted nothing. */
export const rateLimitsContract = (
  name: string,
  opened: Effect.Effect<typeof RateLimits.Service, never, Scope.Scope>
) => {
  const test = (title: string, body: (limits: typeof RateLimits.Service) => Effect.Effect<void>) =>
    it.scopedLive(title, () => Effect.flatMap(opened, body))
  const key: RateKey = { who: "2001:db8::/64", route: "smtp" }
  const limit = perWindow(3, "1 minute")

  describe(`${name} as RateLimits`, () => {
    test("lets so many through, each caller and route for itself, and says how long the next must wait", (limits) =>
      Effect.gen(function* () {
        const taken = yield* Effect.forEach([1, 2, 3, 4, 5], () => limits.take(key, limit))
        assert.deepEqual(
          taken.map(({ isWithin }) => isWithin),
          [true, true, true, false, false]
        )
        for (const [n, { waitMillis }] of taken.entries()) {
          assert.isAbove(waitMillis, n < 2 ? -1 : 50_000)
          assert.isAtMost(waitMillis, n < 2 ? 0 : 60_000)
        }
        assert.isTrue((yield* limits.take({ ...key, who: "192.0.2.1" }, limit)).isWithin)
        assert.isTrue((yield* limits.take({ ...key, route: "imap" }, limit)).isWithin)
      }))

    test("lets no more through when they come at once", (limits) =>
      Effect.gen(function* () {
        const taken = yield* Effect.forEach(Array.from({ length: 50 }), () => limits.take(key, limit), {
          concurrency: "unbounded"
        })
        assert.strictEqual(taken.filter(({ isWithin }) => isWithin).length, 3)
      }))

    test("begins anew when the time since the first is over", (limits) =>
      Effect.gen(function* () {
        const brief = perWindow(1, Duration.millis(40))
        assert.isTrue((yield* limits.take(key, brief)).isWithin)
        assert.isFalse((yield* limits.take(key, brief)).isWithin)
        yield* Effect.repeat(Effect.delay(limits.take(key, brief), "5 millis"), {
          until: ({ isWithin }) => isWithin
        })
      }))

    test("makes each further one wait twice as long, up to a bound", (limits) =>
      Effect.gen(function* () {
        const doubling: Limit = {
          free: 2,
          firstWaitMillis: 30,
          longestWaitMillis: 100,
          forgetMillis: 60_000,
          since: "last"
        }
        const next = Effect.repeat(Effect.delay(limits.take(key, doubling), "5 millis"), {
          until: ({ isWithin }) => isWithin
        })
        const waits: Array<number> = []
        for (let n = 0; n < 6; n++) waits.push((yield* next).waitMillis)
        assert.deepEqual(waits, [0, 0, 30, 60, 100, 100])
        const refused = yield* limits.take(key, doubling)
        assert.isFalse(refused.isWithin)
        assert.isAtMost(refused.waitMillis, 100)
      }))

    test("takes back what was given back, and never more", (limits) =>
      Effect.gen(function* () {
        yield* limits.giveBack(key)
        yield* Effect.forEach([1, 2, 3], () => limits.take(key, limit))
        yield* limits.giveBack(key)
        assert.isTrue((yield* limits.take(key, limit)).isWithin)
        assert.isFalse((yield* limits.take(key, limit)).isWithin)
        yield* Effect.repeatN(limits.giveBack(key), 9)
        const taken = yield* Effect.forEach([1, 2, 3, 4], () => limits.take(key, limit))
        assert.strictEqual(taken.filter(({ isWithin }) => isWithin).length, 3)
      }))

    test("forgets whom it is told to forget", (limits) =>
      Effect.gen(function* () {
        yield* Effect.forEach([1, 2, 3, 4], () => limits.take(key, limit))
        yield* limits.forget(key)
        assert.isTrue((yield* limits.take(key, limit)).isWithin)
      }))
  })
}
