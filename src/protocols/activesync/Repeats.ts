import { type Limit, waitMillis } from "../../storage/limits/RateLimits.ts"

/** What came of a request that was asked before. */
interface Last {
  /** Digest; null until it is answered. */
  readonly answer: string | null
  /** How often the same came of it before. */
  readonly repeats: number
  /** Epoch milliseconds when it was asked last. */
  readonly askedAt: number
}

/** `null`: as usual. `delay`: answer so much later. `refuse`: it must come back after so long. */
export type Slowing =
  | null
  | { readonly _tag: "delay"; readonly millis: number }
  | { readonly _tag: "refuse"; readonly millis: number }

export interface RepeatLimits {
  /** Repetitions without any delay; 0 = any number. */
  readonly free: number
  /** Requests that are remembered; the longest unused makes room. */
  readonly capacity: number
}

/** What comes so long after the last time is no loop, beyond what it was told to wait. A Ping lasts longer. */
const quickMillis = 10_000
/** The longest that an answer is held back; who must wait longer is refused. */
const longestDelayMillis = 8_000
const longestWaitMillis = 300_000

/**
 * Finds devices that ask the same and are told the same, again and again, which neither side ends by itself: a phone has
 * asked 100,000 times a day. Slows them down, then refuses them.
 */
export class Repeats {
  readonly #limit: Limit
  readonly #capacity: number
  /** In the order of last use. */
  readonly #last = new Map<string, Last>()

  constructor({ free, capacity }: RepeatLimits) {
    this.#capacity = capacity
    this.#limit = {
      free: free === 0 ? Number.POSITIVE_INFINITY : free,
      firstWaitMillis: 1_000,
      longestWaitMillis,
      forgetMillis: longestWaitMillis,
      since: "last"
    }
  }

  get size(): number {
    return this.#last.size
  }

  /** `request`: who asks, and the digest of what. */
  ask(request: string, now: number): Slowing {
    const last = this.#last.get(request)
    const wait = last === undefined ? 0 : this.#waitAfter(last)
    const since = last === undefined ? 0 : now - last.askedAt
    if (last === undefined || since >= wait + quickMillis) {
      this.#set(request, { answer: null, repeats: 0, askedAt: now })
      return null
    }
    const left = Math.max(0, wait - since)
    if (left > longestDelayMillis) return { _tag: "refuse", millis: left }
    this.#set(request, { ...last, askedAt: now + left })
    return left > 0 ? { _tag: "delay", millis: left } : null
  }

  /** `answer`: its digest. */
  answered(request: string, answer: string): void {
    const last = this.#last.get(request)
    if (last === undefined) return
    this.#set(request, { ...last, answer, repeats: last.answer === answer ? last.repeats + 1 : 0 })
  }

  #waitAfter({ repeats, askedAt }: Last): number {
    return waitMillis({ count: repeats, since: askedAt }, this.#limit, askedAt)
  }

  #set(request: string, last: Last): void {
    this.#last.delete(request)
    this.#last.set(request, last)
    const [oldest] = this.#last.keys()
    if (this.#last.size > this.#capacity && oldest !== undefined) this.#last.delete(oldest)
  }
}
