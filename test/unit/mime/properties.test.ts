import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { decodePart, decodeText } from "../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { corpusReader, hasCorpus, readConsensus } from "../../support/consensus.ts"

/** What holds for whatever is read. */
const assertSound = (raw: Buffer): void => {
  const content = readMessage(raw)
  assert.deepStrictEqual(JSON.parse(JSON.stringify(content)), content)
  // Neither NUL nor half a surrogate pair: a database takes neither.
  assert.notMatch(JSON.stringify(content), /(?<!\\)\\u(?:0000|d[89a-f])/i)
  assert.isAbove(content.parts.length, 0)
  content.parts.forEach((part, index) => {
    assert.isTrue(0 <= part.headerStart && part.headerStart <= part.bodyStart, part.path)
    assert.isTrue(part.bodyStart <= part.bodyEnd && part.bodyEnd <= raw.length, part.path)
    assert.strictEqual(part.sizeBytes, part.bodyEnd - part.bodyStart)
    assert.isBelow(part.parent, index)
    const parent = content.parts[part.parent]
    if (parent === undefined) assert.strictEqual(index, 0)
    else assert.isTrue(parent.bodyStart <= part.headerStart && part.bodyEnd <= parent.bodyEnd, part.path)
    const body = raw.subarray(part.bodyStart, part.bodyEnd)
    decodePart(body, part)
    decodeText(body, part)
  })
  assert.strictEqual(new Set(content.parts.map(({ path }) => path)).size, content.parts.length)
}

/** Pieces that mail is made of, so that chance finds its way into the structure. */
const piece = fc.constantFrom(
  "Content-Type: multipart/mixed; boundary=a\r\n",
  'Content-Type: multipart/alternative; boundary="ab"\n',
  "Content-Type: message/rfc822\r\n",
  "Content-Type: text/html; charset=iso-2022-jp\r\n",
  "Content-Type: multipart/digest;\r\n boundary=a\r\n",
  "Content-Type: text/plain; charset=utf-16le; name*=utf-16''%00%D8\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: quoted-printable\n",
  "Content-Disposition: attachment; filename*0*=utf-8''%41; filename*1=b\r\n",
  "Subject: =?utf-8?q?=41?= =?utf-8?b?w6k=?=\r\n",
  'To: a: b@c.test, "d" <e@f.test>;\r\n',
  "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n",
  "\r\n",
  "\n",
  "--a\r\n",
  "--a--\r\n",
  "--ab\n",
  "--ab--",
  "text =3D <p>&amp;\r\n",
  "QUJD\r\n",
  "\0",
  "\r",
  " "
)

describe("any input", () => {
  it("of random bytes gives sound content", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => assertSound(Buffer.from(bytes))))
  })

  it("of shuffled pieces of mail gives sound content", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => assertSound(Buffer.from(pieces.join("")))),
      { numRuns: 1000 }
    )
  })

  it("is read as if it were alone, whatever memory it lies in", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.uint8Array({ maxLength: 50 }), (pieces, around) => {
        const raw = Buffer.from(pieces.join(""))
        const larger = Buffer.concat([around, raw, around])
        const view = new Uint8Array(larger.buffer, larger.byteOffset + around.length, raw.length)
        assert.deepStrictEqual(readMessage(view), readMessage(raw))
      })
    )
  })

  it.skipIf(!hasCorpus)(
    "of damaged real mail gives sound content",
    () => {
      const read = corpusReader()
      const files = readConsensus().map(({ file }) => file)
      const damage = fc.record({
        file: fc.constantFrom(...files),
        cutFrom: fc.double({ min: 0, max: 1, noNaN: true }),
        cutLength: fc.nat(200),
        flips: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
          maxLength: 20
        })
      })
      fc.assert(
        fc.property(damage, ({ file, cutFrom, cutLength, flips }) => {
          const whole = read(file)
          const at = Math.floor(whole.length * cutFrom)
          const raw = Buffer.concat([whole.subarray(0, at), whole.subarray(at + cutLength)])
          for (const [position, byte] of flips)
            if (raw.length > 0) raw[Math.floor(raw.length * position)] = byte
          assertSound(raw)
        }),
        { numRuns: 500 }
      )
    },
    60_000
  )
})
