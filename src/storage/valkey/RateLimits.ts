import { Clock, Context, Duration, Effect, Layer } from "effect"
import { makeExpiringMap } from "../directory/ExpiringMap.ts"
import { array } from "./replies.ts"
import { Valkey } from "./Valkey.ts"

/** Who is counted, and at what. */
export interface RateKey {
  /** An address, or the network that counts as one caller. */
  readonly ip: string
  readonly route: string
}

/** So many in a time that begins with the first of them. */
export interface RateLimit {
  readonly max: number
  readonly window: Duration.Duration
}

export interface Verdict {
  readonly isWithin: boolean
  /** Until all is forgotten. */
  readonly resetMillis: number
}

/** Counters `rate:{ip}:{route}`. They never fail: without Valkey each process counts for itself. */
export class RateLimits extends Context.Tag("postroom/storage/RateLimits")<
  RateLimits,
  {
    /** Counts one more, and says whether it is within the limit. */
    readonly take: (key: RateKey, limit: RateLimit) => Effect.Effect<Verdict>
    /** Takes back one `take`. */
    readonly giveBack: (key: RateKey) => Effect.Effect<void>
    readonly forget: (key: RateKey) => Effect.Effect<void>
  }
>() {
  /** In this process. Beyond the capacity the longest unused makes room. */
  static readonly layerLocal = (capacity = defaultCapacity): Layer.Layer<RateLimits> =>
    Layer.sync(RateLimits, () => makeLocal(capacity))

  /** For all processes. */
  static readonly layerValkey: Layer.Layer<RateLimits, never, Valkey> = Layer.effect(
    RateLimits,
    Effect.map(Valkey, ({ run }) => {
      const local = makeLocal(defaultCapacity)
      return RateLimits.of({
        take: (key, limit) =>
          Effect.matchEffect(run(["eval", takeScript, 1, nameOf(key), Duration.toMillis(limit.window)]), {
            onFailure: () => local.take(key, limit),
            onSuccess: ([reply]) => {
              const [count, left] = array(reply).map(Number)
              return Effect.succeed({ isWithin: (count ?? 0) <= limit.max, resetMillis: left ?? 0 })
            }
          }),
        giveBack: (key) =>
          Effect.catchAll(Effect.asVoid(run(["eval", giveBackScript, 1, nameOf(key)])), () =>
            local.giveBack(key)
          ),
        forget: (key) => Effect.zipRight(Effect.ignore(run(["del", nameOf(key)])), local.forget(key))
      })
    })
  )
}

const defaultCapacity = 50_000

const nameOf = ({ ip, route }: RateKey) => `rate:${ip}:${route}`

const makeLocal = (capacity: number): typeof RateLimits.Service => {
  const counters = makeExpiringMap<{ count: number; readonly endsAt: number }>(capacity)
  const counterOf = (key: RateKey, window: Duration.Duration, now: number) => {
    const known = counters.get(nameOf(key), now)
    if (known !== undefined) return known
    const endsAt = now + Duration.toMillis(window)
    const fresh = { count: 0, endsAt }
    counters.set(nameOf(key), fresh, endsAt)
    return fresh
  }
  return {
    take: (key, { max, window }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const counter = counterOf(key, window, now)
        counter.count += 1
        return { isWithin: counter.count <= max, resetMillis: counter.endsAt - now }
      }),
    giveBack: (key) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const counter = counters.get(nameOf(key), now)
        if (counter !== undefined && counter.count > 0) counter.count -= 1
      }),
    forget: (key) => Effect.sync(() => counters.remove(nameOf(key)))
  }
}

/** A counter without an end, e.g. one that somebody else set, gets one. */
const takeScript = `local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`

/** Never below nothing, nor without an end: it may be over meanwhile. */
const giveBackScript = `if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end`
