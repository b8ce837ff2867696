import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Random } from "effect"
import { backoffMillis } from "../../../src/storage/streams/backoff.ts"

const settings = { retryBase: Duration.seconds(1), retryCap: Duration.seconds(30) }
const longest = (attempt: number) =>
  backoffMillis(attempt, settings).pipe(Effect.withRandom(Random.fixed([1])))

describe("backoff", () => {
  it.effect("grows by four with each attempt, up to the cap", () =>
    Effect.gen(function* () {
      assert.deepEqual(
        yield* Effect.forEach([1, 2, 3, 4, 50], longest),
        [1_000, 4_000, 16_000, 30_000, 30_000]
      )
    })
  )

  it.effect("spreads over the whole of the wait", () =>
    Effect.gen(function* () {
      const waits = yield* Effect.replicateEffect(backoffMillis(2, settings), 500)
      assert.isBelow(Math.min(...waits), 400)
      assert.isAbove(Math.max(...waits), 3_600)
      assert.isAtMost(Math.max(...waits), 4_000)
    }).pipe(Effect.withRandom(Random.make("backoff")))
  )
})
