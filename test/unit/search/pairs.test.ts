import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { maxPairs, type Pairs, PairsWriter, placesOfRow } from "../../../src/storage/search/pairs.ts"

/** As the database looks (`Compiler.likely`): bit n is the n-th from the right of its octet. */
const mayHold = (pairs: Pairs | null, words: ReadonlyArray<string>, isOpen = false): boolean =>
  pairs === null ||
  placesOfRow(words, { isOpen }).every((place) => {
    const at = place & (8 * pairs.length - 1)
    return ((pairs[at >>> 3] ?? 0) & (1 << (at & 7))) !== 0
  })

const some = fc.array(fc.stringMatching(/^[a-e東]{1,3}$/), { minLength: 1, maxLength: 40 })

describe("pairs of words", () => {
  it("are known of every row, however the text came in", () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 5 }), some, fc.nat(), (pieces, single, cut) => {
        const writer = new PairsWriter()
        for (const piece of pieces) writer.add(piece)
        writer.row(single)
        const pairs = writer.finish()
        const text = pieces.flat()
        const from = cut % text.length
        assert.isTrue(mayHold(pairs, text.slice(from, from + 4)))
        assert.isTrue(mayHold(pairs, [...text.slice(from, from + 2), "beginn"], true))
        assert.isTrue(mayHold(pairs, single))
      })
    )
  })

  it("that were not there are rarely thought to be, and none across a gap", () => {
    const writer = new PairsWriter()
    const word = (n: number) => `w${n}`
    for (let n = 0; n < 500; n++) {
      writer.add([word(n)])
      if (n % 2 === 1) writer.gap()
    }
    const pairs = writer.finish()
    const wrong = Array.from({ length: 10_000 }, (_, n) => [word(n % 500), word((n * 7 + 13) % 500)]).filter(
      ([a = "", b = ""]) => Number(b.slice(1)) !== Number(a.slice(1)) + 1 && mayHold(pairs, [a, b])
    )
    assert.isBelow(wrong.length, 1_000)
    const across = Array.from({ length: 249 }, (_, n) => [word(2 * n + 1), word(2 * n + 2)])
    assert.isBelow(across.filter((pair) => mayHold(pairs, pair)).length, 25)
  })

  it("are given up where there are too many", () => {
    const writer = new PairsWriter()
    writer.add(Array.from({ length: maxPairs + 1 }, (_, n) => `w${n}`))
    assert.isAtMost(writer.finish()?.length ?? 0, 2_048)
    writer.add(["one", "more"])
    assert.isNull(writer.finish())
  })
})
