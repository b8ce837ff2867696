import type { Dice } from "./mutate.ts"

/** What is fuzzed. Each has a file of its name in `targets/`. */
export interface Target {
  /** Files whose code the search is to reach. */
  readonly source: RegExp
  /** What to begin with. */
  readonly seeds: ReadonlyArray<Uint8Array>
  /** Bytes that mean something to it, to be put in. */
  readonly words: ReadonlyArray<Uint8Array>
  /** Changes an input as what it means, and not as bytes; half of the inputs are made so. */
  readonly mutated?: (dice: Dice, corpus: ReadonlyArray<Uint8Array>) => Uint8Array
  /** Inputs between two looks at the coverage, which takes as long as some hundred quick ones. */
  readonly batchSize: number
  /** Throws (or rejects) where an input breaks it. Says what kind of end it came to: an input with a new one is kept. */
  readonly check: (input: Uint8Array) => string | Promise<string>
}
