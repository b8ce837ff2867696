import { isIPv6 } from "node:net"
import { Duration } from "effect"
import { makeExpiringMap } from "../storage/directory/ExpiringMap.ts"

export interface ThrottleOptions {
  /** Failures without any delay. */
  readonly freeFailures: number
  /** After one failure more; doubled by each further one. */
  readonly firstDelay: Duration.DurationInput
  readonly maxDelay: Duration.DurationInput
  /** Failures are forgotten when this long nothing failed; not shorter than `maxDelay`. */
  readonly forgetAfter: Duration.DurationInput
  /** Keys remembered at most; the one that failed longest ago makes room. */
  readonly capacity: number
}

/** Counts failures per key and says how long the key must wait; null is never counted. Times are epoch milliseconds. */
export interface Throttle {
  /** Milliseconds until the key may try again; 0 = now. */
  readonly waitMillis: (key: string | null, now: number) => number
  /** Counts an attempt as failed before it is made, so that many at once cannot slip through. */
  readonly begin: (key: string | null, now: number) => void
  /** Takes back one `begin`: the attempt did not fail. */
  readonly undo: (key: string | null, now: number) => void
  /** Forgets the key. */
  readonly reset: (key: string | null) => void
  readonly size: () => number
}

interface Failures {
  readonly count: number
  readonly lastAt: number
}

export const makeThrottle = (options: ThrottleOptions): Throttle => {
  const failures = makeExpiringMap<Failures>(options.capacity)
  const firstDelay = Duration.toMillis(options.firstDelay)
  const maxDelay = Duration.toMillis(options.maxDelay)
  const forgetAfter = Math.max(Duration.toMillis(options.forgetAfter), maxDelay)

  const delayAfter = (count: number) =>
    count <= options.freeFailures
      ? 0
      : Math.min(firstDelay * 2 ** Math.min(count - options.freeFailures - 1, 40), maxDelay)

  const remember = (key: string, found: Failures) => failures.set(key, found, found.lastAt + forgetAfter)

  return {
    waitMillis: (key, now) => {
      const found = key === null ? undefined : failures.get(key, now)
      return found === undefined ? 0 : Math.max(0, found.lastAt + delayAfter(found.count) - now)
    },
    begin: (key, now) => {
      if (key !== null) remember(key, { count: (failures.get(key, now)?.count ?? 0) + 1, lastAt: now })
    },
    undo: (key, now) => {
      const found = key === null ? undefined : failures.get(key, now)
      if (key === null || found === undefined) return
      if (found.count <= 1) failures.remove(key)
      else remember(key, { ...found, count: found.count - 1 })
    },
    reset: (key) => {
      if (key !== null) failures.remove(key)
    },
    size: failures.size
  }
}

/** What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer is given at the least (RFC 6177). */
export const networkOf = (ip: string | null): string | null => {
  if (ip === null) return null
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(ip)) return ip
  const [head = "", tail] = (ip.split("%")[0] ?? "").toLowerCase().split("::")
  const groups = (text: string) => text.split(":").filter((group) => group !== "")
  const before = groups(head)
  const after = groups(tail ?? "")
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0")
  const all = [...before, ...zeros, ...after].slice(0, 4)
  return `${all.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`
}
