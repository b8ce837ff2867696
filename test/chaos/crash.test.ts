import { layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Random } from "effect"
import { boundaryNames } from "../../src/observability/boundaries.ts"
import { faultPlatform } from "../support/faultPlatform.ts"
import { type FaultStory, faultStory, throughCrash } from "../support/faultStory.ts"
import { chaosRounds } from "../support/rounds.ts"

/** The very first pass, and one in the middle of the stream. */
const passes = [1, 6]

/** Passes at which to kill: one of the two in turn, for long runs both, and as many again at random. */
const passesOf = (index: number) =>
  Effect.gen(function* () {
    if (chaosRounds === 0) return passes.slice(index % 2, (index % 2) + 1)
    const random = yield* Effect.replicateEffect(Random.nextIntBetween(1, 60), chaosRounds)
    return [...passes, ...random]
  })

/** One platform for all rounds. */
class Story extends Context.Tag("postroom/test/chaos/Story")<Story, FaultStory>() {
  static readonly layer = Layer.scoped(Story, Effect.flatMap(faultPlatform(), faultStory))
}

layer(Story.layer, { timeout: Duration.minutes(2), excludeTestServices: true })(
  "Postroom killed with SIGKILL in the middle of traffic",
  (it) => {
    boundaryNames.forEach((boundary, index) => {
      it.effect(
        `loses nothing and doubles nothing at ${boundary}`,
        () =>
          Effect.gen(function* () {
            const story = yield* Story
            for (const pass of yield* passesOf(index)) yield* throughCrash(story, { boundary, pass })
          }),
        (passes.length + chaosRounds) * 120_000
      )
    })
  }
)
