/** Failures in a row after which an endpoint is left alone. */
const failuresAllowed = 5
/** For how long at first; doubled by each failure of the call that then tries it. */
const firstRestMillis = 500
const longestRestMillis = 2_000

interface Endpoint {
  readonly number: number
  failuresInRow: number
  restMillis: number
  /** Rests until then; 0 = in use. */
  restsUntil: number
  isTried: boolean
}

/** Which of the endpoints to call: in turn, those that answer. One that does not is tried again by single calls. */
export class Endpoints {
  readonly #endpoints: ReadonlyArray<Endpoint>
  #turn = 0

  constructor(count: number) {
    this.#endpoints = Array.from({ length: count }, (_, number) => ({
      number,
      failuresInRow: 0,
      restMillis: firstRestMillis,
      restsUntil: 0,
      isTried: false
    }))
  }

  /** Every call that it is given to ends in `succeeded`, `failed` or `abandoned`. `now`: of a clock that never jumps. */
  choose(now: number): number | undefined {
    const rested = this.#endpoints.find(
      (endpoint) => endpoint.restsUntil > 0 && endpoint.restsUntil <= now && !endpoint.isTried
    )
    if (rested !== undefined) {
      rested.isTried = true
      return rested.number
    }
    for (let step = 0; step < this.#endpoints.length; step++) {
      this.#turn = (this.#turn + 1) % this.#endpoints.length
      const endpoint = this.#endpoints[this.#turn]
      if (endpoint?.restsUntil === 0) return endpoint.number
    }
    return undefined
  }

  /** Answers whether this put it back to use. */
  succeeded(number: number): boolean {
    const endpoint = this.#endpoints[number]
    if (endpoint === undefined) return false
    const wasResting = endpoint.restsUntil > 0
    endpoint.failuresInRow = 0
    endpoint.restMillis = firstRestMillis
    endpoint.restsUntil = 0
    endpoint.isTried = false
    return wasResting
  }

  /** Answers whether this took it out of use. */
  failed(number: number, now: number): boolean {
    const endpoint = this.#endpoints[number]
    if (endpoint === undefined) return false
    endpoint.failuresInRow += 1
    if (endpoint.restsUntil === 0) {
      if (endpoint.failuresInRow < failuresAllowed) return false
      endpoint.restsUntil = now + endpoint.restMillis
      return true
    }
    // Calls that began before it was left alone say nothing new.
    if (!endpoint.isTried) return false
    endpoint.isTried = false
    endpoint.restMillis = Math.min(longestRestMillis, endpoint.restMillis * 2)
    endpoint.restsUntil = now + endpoint.restMillis
    return false
  }

  /** The call was given up by its caller, and says nothing of the endpoint. */
  abandoned(number: number): void {
    const endpoint = this.#endpoints[number]
    if (endpoint !== undefined) endpoint.isTried = false
  }
}
