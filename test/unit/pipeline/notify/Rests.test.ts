import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { makeRests } from "../../../../src/pipeline/notify/Rests.ts"

const waitOf = <A>(asked: { readonly wait: Duration.Duration } | { readonly answer: A }) =>
  "wait" in asked ? Duration.toMillis(asked.wait) : null

describe("a receiver", () => {
  it.effect(
    "that does not answer is left alone, for longer each time, and only by those who ask for it",
    () =>
      Effect.gen(function* () {
        const rests = makeRests({ maxUnderWay: 2 })
        const asking = (id: string, call: Effect.Effect<string, string>) =>
          Effect.match(rests.asking(id, call), { onFailure: () => "failed", onSuccess: waitOf })
        for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
          assert.strictEqual(yield* asking("a", Effect.fail("away")), "failed")
          assert.strictEqual(yield* asking("a", Effect.succeed("yes")), seconds * 1000)
          assert.strictEqual(yield* asking("b", Effect.succeed("yes")), null)
          yield* TestClock.adjust(`${seconds} seconds`)
        }
        assert.strictEqual(yield* asking("a", Effect.succeed("yes")), null)
        yield* asking("a", Effect.fail("away"))
        assert.strictEqual(yield* asking("a", Effect.succeed("yes")), 1000)
      })
  )

  it.effect("is not asked more at a time than it may be, and by one alone after a failure", () =>
    Effect.gen(function* () {
      const rests = makeRests({ maxUnderWay: 2 })
      const answers = yield* Deferred.make<string, string>()
      const asking = Effect.fork(rests.asking("a", Deferred.await(answers)))
      const [first, second] = [yield* asking, yield* asking]
      yield* Effect.yieldNow()
      assert.strictEqual(waitOf(yield* rests.asking("a", Effect.succeed("yes"))), 1000)
      yield* Deferred.fail(answers, "away")
      yield* Fiber.awaitAll([first, second])
      yield* TestClock.adjust("2 seconds")
      const again = yield* Deferred.make<string, string>()
      const looking = yield* Effect.fork(rests.asking("a", Deferred.await(again)))
      yield* Effect.yieldNow()
      assert.strictEqual(waitOf(yield* rests.asking("a", Effect.succeed("yes"))), 1000)
      yield* Deferred.succeed(again, "back")
      yield* Fiber.join(looking)
      assert.strictEqual(waitOf(yield* rests.asking("a", Effect.succeed("yes"))), null)
    })
  )
})
