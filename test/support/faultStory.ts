import { ok, strictEqual } from "node:assert/strict"
import { Effect, type Scope } from "effect"
import type { Boundary } from "../../src/observability/boundaries.ts"
import { everybody, type FaultPlatform } from "./faultPlatform.ts"
import { assertInvariants, logAsserted } from "./invariants.ts"
import type { Offer } from "./offers.ts"
import type { Platform } from "./platform.ts"
import type { Sleepers } from "./sleepers.ts"
import { repeatWishes, startTraffic, type Traffic, type TrafficOptions } from "./traffic.ts"
import { watch } from "./watching.ts"
import type { Wish } from "./wishes.ts"

const nobody: Sleepers = { addresses: [], count: 0, wake: Effect.succeed([]) }

type Harmed = Platform & Pick<FaultPlatform, "blobFolder">

/** One platform and all that befalls it, with all that it was ever told and has ever told anybody. */
export interface FaultStory<Told extends Harmed = FaultPlatform> {
  readonly platform: Told
  /**
   * Traffic over faults that `act` makes and takes away again, so many of them, and then all that must hold. Gives what was
   * offered meanwhile.
   */
  readonly through: <E, R>(
    what: string,
    act: (traffic: Traffic) => Effect.Effect<void, E, R>,
    faults?: number
  ) => Effect.Effect<ReadonlyArray<Offer>, E, R>
}

export type Pace = Pick<TrafficOptions, "pause" | "maxOffers">

/** `asleep`: phones to be woken at the end of each chapter. */
export const faultStory = <Told extends Harmed>(
  platform: Told,
  pace: Pace = {},
  asleep: Sleepers = nobody
): Effect.Effect<FaultStory<Told>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const offers: Array<Offer> = []
    const wishes: Array<Wish> = []
    const watched = yield* Effect.forEach(everybody, (address) => watch(platform, address))
    const addresses = [...everybody, ...asleep.addresses]
    let chapters = 0
    return {
      platform,
      through: (what, act, faults = 1) =>
        Effect.gen(function* () {
          chapters += 1
          const traffic = yield* startTraffic(platform, { name: `chapter${chapters}`, ...pace })
          yield* act(traffic)
          yield* traffic.end
          offers.push(...traffic.offers, ...(yield* asleep.wake))
          wishes.push(...traffic.wishes)
          yield* repeatWishes(platform, traffic)
          const figures = yield* assertInvariants(
            { ...platform, dataFolder: yield* platform.blobFolder },
            { addresses, offers, wishes, watched }
          )
          ok(figures.recipients > 0, "nothing was accepted: the test shows nothing")
          yield* logAsserted(what, { traffic, figures, faults, pings: asleep.count })
          return traffic.offers
        }).pipe(Effect.scoped)
    }
  })

/** How many messages a worker takes at once, so that a crash finds it with few and with many. */
const batches = [1, 4, 32]

/** The platform dies with SIGKILL at the n-th pass of a boundary, in the middle of traffic, and comes back after `meanwhile`. */
export const throughCrash = (
  { platform, through }: FaultStory,
  {
    boundary,
    pass,
    meanwhile = Effect.void
  }: { readonly boundary: Boundary; readonly pass: number; readonly meanwhile?: Effect.Effect<unknown> }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* platform.kill("SIGKILL")
    yield* platform.restart({
      POSTROOM_CRASH_AT: `${boundary}:${pass}`,
      POSTROOM_INGEST_BATCH: `${batches[pass % batches.length]}`
    })
    yield* through(`killed at ${boundary}:${pass}`, () =>
      Effect.gen(function* () {
        const { signal } = yield* platform.ended.pipe(
          Effect.timeoutFail({
            duration: "60 seconds",
            onTimeout: () => new Error(`the platform never came to pass ${pass} of ${boundary}`)
          }),
          Effect.orDie
        )
        strictEqual(signal, "SIGKILL")
        yield* meanwhile
        yield* platform.restart()
      })
    )
  })
