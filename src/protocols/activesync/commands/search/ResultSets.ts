import type { MessageId } from "../../../../domain/ids.ts"

/** What a device found last. */
export interface ResultSet {
  /** Of what it looked for. */
  readonly key: string
  readonly messageIds: ReadonlyArray<MessageId>
  /** Epoch milliseconds. */
  readonly foundAt: number
}

/** A set is paged through this long after it was found. */
const keptMillis = 15 * 60_000

/** Devices whose last result is kept: some hundred numbers each. */
export const keptSets = 10_000

/**
 * The last result of each device, so that mail which comes meanwhile does not shift the pages of it (MS-ASCMD_R3738,
 * R3757). It may be gone at any time: then the search begins anew.
 */
export class ResultSets {
  readonly #capacity: number
  /** In the order of finding. */
  readonly #sets = new Map<string, ResultSet>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Undefined where the device looked for something else since, or long ago. */
  get(device: string, key: string, now: number): ResultSet | undefined {
    const set = this.#sets.get(device)
    return set?.key === key && now - set.foundAt < keptMillis ? set : undefined
  }

  keep(device: string, set: ResultSet): void {
    this.#sets.delete(device)
    this.#sets.set(device, set)
    const [oldest] = this.#sets.keys()
    if (this.#sets.size > this.#capacity && oldest !== undefined) this.#sets.delete(oldest)
  }
}
