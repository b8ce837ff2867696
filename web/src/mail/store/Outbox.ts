import type { Done, Refusal } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Command } from "../wire/calls.ts"
import type { WireClient } from "../wire/WireClient.ts"

/** A command under its name. */
export interface Named {
  readonly operationId: string
  readonly command: Command
}

export interface OutboxEvents {
  readonly done: (named: Named, done: Done) => void
  readonly refused: (named: Named, refusal: Refusal) => void
}

const pauses = { first: 500, longest: 15_000 }

/**
 * Commands on their way, one at a time and in order: of two that touch the same message the later one must win. Asked
 * again under the same name until there is an answer, whatever happens to the connection.
 */
export class Outbox {
  readonly #events: OutboxEvents
  readonly #waiting: Array<Named> = []
  #client: WireClient | null = null
  #isAsking = false
  #failures = 0

  constructor(events: OutboxEvents) {
    this.#events = events
  }

  put(named: Named): void {
    this.#waiting.push(named)
    void this.#next()
  }

  /** There is a connection, until it ends. */
  opened(client: WireClient): void {
    this.#client = client
    void this.#next()
  }

  async #next(): Promise<void> {
    const [named] = this.#waiting
    const client = this.#client
    if (named === undefined || client === null || this.#isAsking) return
    this.#isAsking = true
    const outcome = await client.order(named.command, named.operationId)
    this.#isAsking = false
    if (outcome._tag === "Lost") {
      if (this.#client === client) this.#client = null
    } else if (outcome._tag === "Refused" && outcome.isTemporary) {
      return this.#later()
    } else {
      this.#failures = 0
      this.#waiting.shift()
      if (outcome._tag === "Answered") this.#events.done(named, outcome.value)
      else this.#events.refused(named, outcome)
    }
    void this.#next()
  }

  #later(): void {
    const pause = Math.min(pauses.longest, pauses.first * 2 ** this.#failures++)
    setTimeout(() => void this.#next(), pause)
  }
}
