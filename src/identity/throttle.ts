import { Clock, Duration, Effect } from "effect"
import { makeExpiringMap } from "../storage/directory/ExpiringMap.ts"
import type { Limit, RateLimits } from "../storage/limits/RateLimits.ts"

export interface ThrottleOptions {
  /** Failures without any delay. */
  readonly freeFailures: number
  /** After one failure more; doubled by each further one. */
  readonly firstDelay: Duration.DurationInput
  readonly maxDelay: Duration.DurationInput
  /** Failures are forgotten when this long nothing failed; not shorter than `maxDelay`. */
  readonly forgetAfter: Duration.DurationInput
}

/** Counts failures of callers and keeps those waiting who failed too often; null is never counted. */
export interface Throttle {
  /** Whether this process has been told that the caller must wait. Asks nobody. */
  readonly mustWait: (who: string | null, now: number) => boolean
  /** Counts an attempt as failed before it is made, so that many at once cannot slip through; false = it must not be made. */
  readonly begin: (who: string | null) => Effect.Effect<boolean>
  /** Takes back one `begin`: the attempt did not fail. */
  readonly undo: (who: string | null) => Effect.Effect<void>
  /** Forgets the caller. */
  readonly reset: (who: string | null) => Effect.Effect<void>
}

const limitOf = ({ freeFailures, firstDelay, maxDelay, forgetAfter }: ThrottleOptions): Limit => ({
  free: freeFailures,
  firstWaitMillis: Duration.toMillis(firstDelay),
  longestWaitMillis: Duration.toMillis(maxDelay),
  forgetMillis: Math.max(Duration.toMillis(forgetAfter), Duration.toMillis(maxDelay)),
  since: "last"
})

/** Callers that are remembered as waiting, at most. */
const maxWaiting = 50_000

/** `route`: what the failures are counted as, for all front doors together. */
export const makeThrottle = (
  limits: typeof RateLimits.Service,
  { route, ...options }: ThrottleOptions & { readonly route: string }
): Throttle => {
  const limit = limitOf(options)
  const waiting = makeExpiringMap<true>(maxWaiting)
  const noLonger = (who: string | null, then: (key: { who: string; route: string }) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      if (who === null) return Effect.void
      waiting.remove(who)
      return then({ who, route })
    })
  return {
    mustWait: (who, now) => who !== null && waiting.get(who, now) === true,
    begin: (who) =>
      who === null
        ? Effect.succeed(true)
        : Effect.zipWith(
            limits.take({ who, route }, limit),
            Clock.currentTimeMillis,
            ({ isWithin, waitMillis }, now) => {
              if (waitMillis > 0) waiting.set(who, true, now + waitMillis)
              return isWithin
            }
          ),
    undo: (who) => noLonger(who, limits.giveBack),
    reset: (who) => noLonger(who, limits.forget)
  }
}
