import { Clock, Context, Duration, Effect, Layer } from "effect"
import { makeExpiringMap } from "../directory/ExpiringMap.ts"

/** Who is counted, and at what. */
export interface RateKey {
  /** An address, the network that counts as one caller, or an account. */
  readonly who: string
  /** From a closed set. */
  readonly route: string
}

/** How often something may be done: so many times freely, then with a wait after each further time. */
export interface Limit {
  readonly free: number
  /** After one more than that; doubled by each further one. */
  readonly firstWaitMillis: number
  readonly longestWaitMillis: number
  /** All is forgotten so long after the first time, or after the last. */
  readonly forgetMillis: number
  readonly since: "first" | "last"
}

/** So many in a time that begins with the first of them. */
export const perWindow = (max: number, window: Duration.DurationInput): Limit => {
  const millis = Duration.toMillis(window)
  return {
    free: max - 1,
    firstWaitMillis: millis,
    longestWaitMillis: millis,
    forgetMillis: millis,
    since: "first"
  }
}

/** What was done how often, and when: `since` is the first time or the last. Times are epoch milliseconds. */
export interface Count {
  readonly count: number
  readonly since: number
}

/** How long after that the next one must wait; 0 = it need not. */
export const waitMillis = ({ count, since }: Count, limit: Limit, now: number): number => {
  const beyond = count - limit.free
  if (beyond <= 0) return 0
  const wait = limit.firstWaitMillis * 2 ** Math.min(beyond - 1, 40)
  return Math.max(0, Math.min(wait, limit.longestWaitMillis) - Math.max(0, now - since))
}

export interface Verdict {
  readonly isWithin: boolean
  /** How long the next one must wait; 0 = it need not. */
  readonly waitMillis: number
}

/**
 * Counters `rate:{who}:{route}`, shared by all front doors where they have a Valkey. They never fail: without it each
 * process counts for itself.
 */
export class RateLimits extends Context.Tag("postroom/storage/RateLimits")<
  RateLimits,
  {
    /** Counts one more where that is allowed. Asking and counting are one step. */
    readonly take: (key: RateKey, limit: Limit) => Effect.Effect<Verdict>
    /** Takes back one `take` that was within the limit. */
    readonly giveBack: (key: RateKey) => Effect.Effect<void>
    readonly forget: (key: RateKey) => Effect.Effect<void>
  }
>() {
  /** In this process. Beyond the capacity the longest unused of a route makes room. */
  static readonly layerLocal = (capacity?: number): Layer.Layer<RateLimits> =>
    Layer.sync(RateLimits, () => makeLocalLimits(capacity))
}

export const makeLocalLimits = (capacity = 50_000): typeof RateLimits.Service => {
  // Apart, so that who floods one route makes no room in the others.
  const routes = new Map<string, ReturnType<typeof makeExpiringMap<Count & { readonly endsAt: number }>>>()
  const countsOf = ({ route }: RateKey) => {
    const known = routes.get(route) ?? makeExpiringMap(capacity)
    routes.set(route, known)
    return known
  }
  return {
    take: (key, limit) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const counts = countsOf(key)
        const before = counts.get(key.who, now) ?? { count: 0, since: now }
        const wait = waitMillis(before, limit, now)
        if (wait > 0) return { isWithin: false, waitMillis: wait }
        const after = { count: before.count + 1, since: limit.since === "last" ? now : before.since }
        const endsAt = after.since + limit.forgetMillis
        counts.set(key.who, { ...after, endsAt }, endsAt)
        return { isWithin: true, waitMillis: waitMillis(after, limit, now) }
      }),
    giveBack: (key) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const counts = countsOf(key)
        const found = counts.get(key.who, now)
        if (found === undefined) return
        if (found.count > 1) counts.set(key.who, { ...found, count: found.count - 1 }, found.endsAt)
        else counts.remove(key.who)
      }),
    forget: (key) => Effect.sync(() => countsOf(key).remove(key.who))
  }
}
