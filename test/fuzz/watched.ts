import { createHash } from "node:crypto"

/** What the worker is given. */
export interface Work {
  readonly target: string
  /** Where inputs are kept. */
  readonly folder: string
  readonly minutes: number
  readonly seed: number
  readonly memory: SharedArrayBuffer
}

/** What the worker says. */
export type Heard =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "found"; readonly input: Uint8Array }
  | { readonly kind: "broken"; readonly input: Uint8Array; readonly why: string }
  | { readonly kind: "done" }

export const nameOf = (input: Uint8Array): string =>
  createHash("sha256").update(input).digest("hex").slice(0, 16)

/** Inputs are not longer than this. */
export const inputBytes = 64 * 1024

/** The input that is being tried, in memory that another thread reads when the trying does not end. */
export class Watched {
  readonly memory: SharedArrayBuffer
  /** How many were begun, and the length of the last. */
  readonly #numbers: Int32Array
  readonly #input: Uint8Array

  constructor(memory = new SharedArrayBuffer(8 + inputBytes)) {
    this.memory = memory
    this.#numbers = new Int32Array(memory, 0, 2)
    this.#input = new Uint8Array(memory, 8)
  }

  begin(input: Uint8Array): void {
    this.#input.set(input)
    Atomics.store(this.#numbers, 1, input.length)
    Atomics.add(this.#numbers, 0, 1)
  }

  count(): number {
    return Atomics.load(this.#numbers, 0)
  }

  input(): Uint8Array {
    return this.#input.slice(0, Atomics.load(this.#numbers, 1))
  }
}
