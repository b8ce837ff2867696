import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import fc from "fast-check"
import { FrameReader, frameOf, greeting, signOfLife } from "../../../../src/actors/remote/frames.ts"

const maxBytes = 1000

const readAll = (pieces: ReadonlyArray<Buffer>) => {
  const reader = new FrameReader(maxBytes)
  return Either.map(Either.all(pieces.map((piece) => reader.take(piece))), (texts) => texts.flat())
}

const cutAt = (bytes: Buffer, places: ReadonlyArray<number>) => {
  const ends = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

describe("frames", () => {
  it("are the texts that were sent, in whatever pieces they come", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (texts, places) => {
          const bytes = Buffer.concat([greeting, ...texts.flatMap((one) => [frameOf(one), signOfLife])])
          assert.deepStrictEqual(Either.getOrThrow(readAll(cutAt(bytes, places))), texts)
        }
      )
    )
  })

  it("are refused by their length, before they come", () => {
    const header = (size: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(size)
      return bytes
    }
    assert.isTrue(Either.isRight(readAll([greeting, header(maxBytes)])))
    assert.deepStrictEqual(
      readAll([greeting, header(maxBytes + 1)]),
      Either.left("sends a frame of 1001 bytes; 1000 are the most")
    )
  })

  it("come after a greeting", () => {
    const refused = (text: string) => Either.getOrThrow(Either.flip(readAll([Buffer.from(text)])))
    assert.strictEqual(refused("EHLO"), "is no runner of ours")
    assert.strictEqual(refused(greeting.toString().replace("\n", " ")), "is no runner of ours")
    assert.match(refused(greeting.toString().replace(/\d+/, "9999")), /^speaks version 9999 of/)
    assert.isTrue(Either.isRight(readAll([greeting.subarray(0, 3)])))
  })
})
