import { hostname } from "node:os"
import { Effect, Layer } from "effect"
import { type Limit, makeLocalLimits, type RateKey, RateLimits } from "../limits/RateLimits.ts"
import { array } from "./replies.ts"
import { Valkey, type ValkeyCommand } from "./Valkey.ts"

/**
 * Counters for all processes. What this one counts it counts for itself, too: when Valkey goes away nobody begins anew,
 * and nobody is held up by it.
 */
export const layer: Layer.Layer<RateLimits, never, Valkey> = Layer.effect(
  RateLimits,
  Effect.map(Valkey, ({ run }) => {
    const local = makeLocalLimits()
    return RateLimits.of({
      take: (key, limit) =>
        Effect.flatMap(local.take(key, limit), (here) =>
          Effect.matchEffect(run(takeOf(key, limit)), {
            onFailure: () => Effect.succeed(here),
            onSuccess: ([reply]) => {
              const [isWithin, waitMillis = 0] = array(reply).map(Number)
              const verdict = { isWithin: isWithin === 1, waitMillis }
              // It is not to be done, so it was not done here either.
              return Effect.as(
                here.isWithin && !verdict.isWithin ? local.giveBack(key) : Effect.void,
                verdict
              )
            }
          })
        ),
      giveBack: (key) =>
        Effect.zipRight(local.giveBack(key), Effect.ignore(run(["eval", giveBackScript, 1, nameOf(key)]))),
      forget: (key) => Effect.zipRight(local.forget(key), Effect.ignore(run(["del", nameOf(key)])))
    })
  })
)

const takeOf = (
  key: RateKey,
  { free, firstWaitMillis, longestWaitMillis, forgetMillis, since }: Limit
): ValkeyCommand => [
  "eval",
  takeScript,
  1,
  nameOf(key),
  free,
  firstWaitMillis,
  longestWaitMillis,
  forgetMillis,
  since
]

/** Every machine has its own 127.0.0.1 (and ::1), which is a different caller. */
const nameOf = ({ who, route }: RateKey) =>
  who.startsWith("127.") || who === "0:0:0:0::/64"
    ? `rate:${who}@${hostname()}:${route}`
    : `rate:${who}:${route}`

/**
 * As `makeLocalLimits` has it: the counter is the count, and its end tells since when. A counter without an end, e.g. one
 * that somebody else set, gets one.
 */
const takeScript = `local free, first, longest, forget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local count = tonumber(redis.call('GET', KEYS[1]) or 0)
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = forget
  redis.call('PEXPIRE', KEYS[1], left)
end
local function wait(count, left)
  if count <= free then return 0 end
  local wait = math.min(first * 2 ^ math.min(count - free - 1, 40), longest)
  return math.max(0, wait - math.max(0, forget - left))
end
if wait(count, left) > 0 then return {0, wait(count, left)} end
if ARGV[5] == 'last' then left = forget end
redis.call('SET', KEYS[1], count + 1, 'PX', left)
return {1, wait(count + 1, left)}`

/** Never below nothing, nor without an end: it may be over meanwhile. */
const giveBackScript = `if tonumber(redis.call('GET', KEYS[1]) or 0) > 1 then redis.call('DECR', KEYS[1]) else redis.call('DEL', KEYS[1]) end`
