/**
 * Which words of a document stand beside each other, in a few hundred octets: a Bloom filter of its pairs of words. It
 * keeps a search for a phrase of common words from reading every text in which they all occur.
 */
export type Pairs = Uint8Array

/** Of more pairs there is no filter: it would let everything through, or make the rows wide. */
export const maxPairs = 2_048
const bits = { least: 64, perPair: 6 }

/** FNV-1a. */
const hashOf = (word: string): number => {
  let hash = 0x811c9dc5
  for (let n = 0; n < word.length; n++) hash = Math.imul(hash ^ word.charCodeAt(n), 0x01000193)
  return hash
}

/** Stirred, because the low half is one place in the filter, and the high half the other. */
const pairOf = (first: number, second: number): number => {
  let hash = Math.imul(first, 0x2c1b3c6d) ^ second
  hash = Math.imul(hash ^ (hash >>> 15), 0x297a2d39)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** The two places that a pair takes, to be counted within the size of the filter. */
const placesOf = (pair: number): readonly [number, number] => [pair & 0xffff, pair >>> 16]

/** Gathers the pairs of a document. */
export class PairsWriter {
  readonly #pairs = new Set<number>()
  #last: number | null = null

  /** More of the text; its first word stands behind the last one of what was added before. */
  add(words: ReadonlyArray<string>): void {
    this.#last = this.#row(this.#last, words)
  }

  /** A row of words that stands for itself. */
  row(words: ReadonlyArray<string>): void {
    this.#row(null, words)
  }

  /** What was added before and what is added next are no pair. */
  gap(): void {
    this.#last = null
  }

  #row(before: number | null, words: ReadonlyArray<string>): number | null {
    let last = before
    for (const word of words) {
      const hash = hashOf(word)
      if (last !== null && this.#pairs.size <= maxPairs) this.#pairs.add(pairOf(last, hash))
      last = hash
    }
    return last
  }

  /** Null = there are too many: any pair may be there. */
  finish(): Pairs | null {
    if (this.#pairs.size > maxPairs) return null
    const wanted = Math.max(bits.least, this.#pairs.size * bits.perPair)
    const size = 2 ** Math.ceil(Math.log2(wanted))
    const filter = new Uint8Array(size / 8)
    for (const pair of this.#pairs) {
      for (const place of placesOf(pair)) {
        const at = place & (size - 1)
        filter[at >>> 3] = (filter[at >>> 3] ?? 0) | (1 << (at & 7))
      }
    }
    return filter
  }
}

/** The places in the filter that words in a row take. `isOpen`: the last of them may go on. */
export const placesOfRow = (
  words: ReadonlyArray<string>,
  { isOpen }: { readonly isOpen: boolean }
): ReadonlyArray<number> => {
  const hashes = (isOpen ? words.slice(0, -1) : words).map(hashOf)
  return hashes.slice(1).flatMap((second, n) => placesOf(pairOf(hashes[n] ?? 0, second)))
}
