import { ok, strictEqual } from "node:assert/strict"
import { layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Random } from "effect"
import { type Boundary, boundaryNames } from "../../src/observability/boundaries.ts"
import { everybody, faultPlatform } from "../support/faultPlatform.ts"
import { assertInvariants, logAsserted } from "../support/invariants.ts"
import type { Offer } from "../support/offers.ts"
import type { PlatformProcess } from "../support/platformProcess.ts"
import { chaosRounds } from "../support/rounds.ts"
import { repeatWishes, startTraffic } from "../support/traffic.ts"
import { type Watched, watch } from "../support/watching.ts"
import type { Wish } from "../support/wishes.ts"

/** The very first pass, and one in the middle of the stream. */
const passes = [1, 6]

/** Passes at which to kill: one of the two in turn, for long runs both, and as many again at random. */
const passesOf = (index: number) =>
  Effect.gen(function* () {
    if (chaosRounds === 0) return passes.slice(index % 2, (index % 2) + 1)
    const random = yield* Effect.replicateEffect(Random.nextIntBetween(1, 60), chaosRounds)
    return [...passes, ...random]
  })

/** One platform for all rounds, with all that it was ever told and has ever told anybody. */
class Story extends Context.Tag("postroom/test/chaos/Story")<
  Story,
  {
    readonly platform: PlatformProcess
    readonly offers: Array<Offer>
    readonly wishes: Array<Wish>
    readonly watched: ReadonlyArray<Watched>
  }
>() {
  static readonly layer = Layer.scoped(
    Story,
    Effect.gen(function* () {
      const platform = yield* faultPlatform()
      const watched = yield* Effect.forEach(everybody, (address) => watch(platform, address))
      return { platform, offers: [], wishes: [], watched }
    })
  )
}

/** How many messages a worker takes at once, so that a crash finds it with few and with many. */
const batches = [1, 4, 32]

const crashAt = (boundary: Boundary, pass: number) =>
  Effect.gen(function* () {
    const { platform, offers, wishes, watched } = yield* Story
    yield* platform.kill("SIGKILL")
    yield* platform.restart({
      POSTROOM_CRASH_AT: `${boundary}:${pass}`,
      POSTROOM_INGEST_BATCH: `${batches[offers.length % batches.length]}`
    })
    const traffic = yield* startTraffic(platform, { name: `${boundary}.${pass}.${offers.length}` })
    const { signal } = yield* platform.ended.pipe(
      Effect.timeoutFail({
        duration: "60 seconds",
        onTimeout: () => new Error(`the platform never came to pass ${pass} of ${boundary}`)
      }),
      Effect.orDie
    )
    strictEqual(signal, "SIGKILL")
    yield* traffic.end
    offers.push(...traffic.offers)
    wishes.push(...traffic.wishes)

    yield* platform.restart()
    yield* repeatWishes(platform, traffic)
    const figures = yield* assertInvariants(platform, { addresses: everybody, offers, wishes, watched })
    strictEqual(figures.imbalance, 0)
    ok(figures.recipients > 0)
    yield* logAsserted(`killed at ${boundary}:${pass}`, { traffic, figures, faults: 1 })
  }).pipe(Effect.scoped)

layer(Story.layer, { timeout: Duration.minutes(2), excludeTestServices: true })(
  "Postroom killed with SIGKILL in the middle of traffic",
  (it) => {
    boundaryNames.forEach((boundary, index) => {
      it.effect(
        `loses nothing and doubles nothing at ${boundary}`,
        () =>
          Effect.flatMap(passesOf(index), (chosen) =>
            Effect.forEach(chosen, (pass) => crashAt(boundary, pass), { discard: true })
          ),
        (passes.length + chaosRounds) * 120_000
      )
    })
  }
)
