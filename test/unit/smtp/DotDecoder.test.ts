import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { DotDecoder } from "../../../src/protocols/smtp/DotDecoder.ts"

interface Decoded {
  readonly content: string
  readonly rest: string | null
}

const decode = (pieces: ReadonlyArray<string>): Decoded => {
  const decoder = new DotDecoder()
  let content = ""
  for (const [index, piece] of pieces.entries()) {
    const step = decoder.push(Buffer.from(piece, "latin1"))
    content += step.content.toString("latin1")
    if (step.rest !== null)
      return { content, rest: step.rest.toString("latin1") + pieces.slice(index + 1).join("") }
  }
  return { content, rest: null }
}

/** RFC 5321 4.5.2 said over the whole text. */
const byTheBook = (wire: string): Decoded => {
  const end = /(^|\r\n)\.\r\n/.exec(wire)
  const data = end === null ? wire : wire.slice(0, end.index + (end[1] ?? "").length)
  const rest = end === null ? null : wire.slice(end.index + end[0].length)
  return { content: data.replaceAll(/(^|\r\n)\./g, "$1"), rest }
}

const wirePieces = fc.array(
  fc.constantFrom("\r\n", "\r", "\n", ".", "..", "\r\n.", "\r\n.\r", "x", "\0", "long text")
)

describe("DotDecoder", () => {
  it("ends at a line of one dot and leaves what follows alone", () => {
    assert.deepStrictEqual(decode(["a\r\n.\r\nQUIT\r\n"]), { content: "a\r\n", rest: "QUIT\r\n" })
    assert.deepStrictEqual(decode([".\r\n"]), { content: "", rest: "" })
  })

  it("takes one dot from each line that begins with dots", () => {
    assert.deepStrictEqual(decode(["..\r\n...\r\n.x\r\ny.\r\n.\r\n"]), {
      content: ".\r\n..\r\nx\r\ny.\r\n",
      rest: ""
    })
  })

  it("knows no line end but CRLF", () => {
    for (const wire of ["a\n.\nb", "a\n.\r\nb", "a\r.\rb", "a\r.\r\nb", "a\n..b"]) {
      assert.deepStrictEqual(decode([wire]), { content: wire, rest: null })
    }
    assert.deepStrictEqual(decode(["a\r\n.\nb"]), { content: "a\r\n\nb", rest: null })
    assert.deepStrictEqual(decode(["a\r\n.\rb"]), { content: "a\r\n\rb", rest: null })
  })

  it("reads the same in whatever pieces it comes, and as the standard says", () => {
    fc.assert(
      fc.property(wirePieces, (pieces) => {
        const whole = decode([pieces.join("")])
        assert.deepStrictEqual(decode(pieces), whole)
        assert.deepStrictEqual(decode([...pieces.join("")]), whole)
        if (whole.rest !== null) assert.deepStrictEqual(whole, byTheBook(pieces.join("")))
      }),
      { numRuns: 1000 }
    )
  })

  it("gives back what a client stuffed", () => {
    fc.assert(
      fc.property(wirePieces, (pieces) => {
        const content = `${pieces.join("").replaceAll(/\r(?!\n)|(?<!\r)\n/g, "\r\n")}\r\n`
        const stuffed = content.replaceAll(/(^|\r\n)\./g, "$1..")
        assert.deepStrictEqual(decode([...`${stuffed}.\r\n`]), { content, rest: "" })
      })
    )
  })
})
