import { inputBytes } from "./watched.ts"

/** A number from 0 up to but not including `below`. */
export type Dice = (below: number) => number

/** The same numbers for the same seed (mulberry32). */
export const diceOf = (seed: number): Dice => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export const oneOf = <A>(dice: Dice, all: ReadonlyArray<A>): A => {
  const one = all[dice(all.length)]
  if (one === undefined) throw new Error("nothing to choose from")
  return one
}

interface Place {
  readonly bytes: Buffer
  readonly at: number
  readonly dice: Dice
  readonly corpus: ReadonlyArray<Uint8Array>
  readonly words: ReadonlyArray<Uint8Array>
}

const spliced = ({ bytes, at }: Place, removed: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])

const changes: ReadonlyArray<(place: Place) => Buffer> = [
  (place) => spliced(place, 1, Buffer.of((place.bytes[place.at] ?? 0) ^ (1 << place.dice(8)))),
  (place) => spliced(place, 1, Buffer.of(place.dice(256))),
  (place) => spliced(place, place.dice(2), oneOf(place.dice, place.words)),
  (place) => spliced(place, 0, Buffer.alloc(place.dice(300), place.dice(256))),
  (place) => spliced(place, 1 + place.dice(16), Buffer.alloc(0)),
  (place) => place.bytes.subarray(0, place.at),
  // Once more what follows.
  (place) => spliced(place, 0, place.bytes.subarray(place.at, place.at + 1 + place.dice(64))),
  // A part of another.
  (place) => {
    const other = oneOf(place.dice, place.corpus)
    const from = place.dice(other.length + 1)
    return spliced(place, place.dice(32), other.subarray(from, from + place.dice(64)))
  }
]

/** One of these inputs, changed in a few places. */
export const mutated = (
  dice: Dice,
  corpus: ReadonlyArray<Uint8Array>,
  words: ReadonlyArray<Uint8Array>
): Uint8Array => {
  let bytes: Buffer = Buffer.from(oneOf(dice, corpus))
  for (let left = 1 + dice(5); left > 0; left--) {
    bytes = oneOf(dice, changes)({ bytes, at: dice(bytes.length + 1), dice, corpus, words })
  }
  return bytes.subarray(0, inputBytes)
}
