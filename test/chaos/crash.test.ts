import { ok, strictEqual } from "node:assert/strict"
import { layer } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Random } from "effect"
import { type Boundary, boundaryNames } from "../../src/observability/boundaries.ts"
import { everybody, faultPlatform } from "../support/faultPlatform.ts"
import { assertInvariants } from "../support/invariants.ts"
import type { Offer } from "../support/offers.ts"
import type { PlatformProcess } from "../support/platformProcess.ts"
import { chaosRounds } from "../support/rounds.ts"
import { repeatWishes, startTraffic } from "../support/traffic.ts"
import { type Watched, watch } from "../support/watching.ts"
import type { Wish } from "../support/wishes.ts"

/** Passes of a boundary at which the process is killed. */
const passes = [1, 6]

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

const crashAt = (boundary: Boundary, pass: number) =>
  Effect.gen(function* () {
    const { platform, offers, wishes, watched } = yield* Story
    yield* platform.kill("SIGKILL")
    yield* platform.restart({ POSTROOM_CRASH_AT: `${boundary}:${pass}` })
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
    yield* Effect.logInfo(`killed at ${boundary}:${pass}`).pipe(Effect.annotateLogs({ ...figures }))
  }).pipe(Effect.scoped)

const randomPass = Random.nextIntBetween(1, 60)

layer(Story.layer, { timeout: Duration.minutes(2), excludeTestServices: true })(
  "Postroom killed with SIGKILL in the middle of traffic",
  (it) => {
    for (const boundary of boundaryNames) {
      it.effect(
        `loses nothing and doubles nothing at ${boundary}`,
        () =>
          Effect.gen(function* () {
            for (const pass of passes) yield* crashAt(boundary, pass)
            for (let round = 0; round < chaosRounds; round++) yield* crashAt(boundary, yield* randomPass)
          }),
        (passes.length + chaosRounds) * 120_000
      )
    }
  }
)
