import { assert, describe, it } from "@effect/vitest"
import type { MessageContent } from "../../../src/domain/Content.ts"
import { decodePart } from "../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { corpusReader, hasCorpus, readConsensus, withCrlf, withLf } from "../../support/consensus.ts"

/** Everything but offsets and sizes, which count the line ends. */
const withoutSizes = (content: MessageContent) => ({
  ...content,
  sizeBytes: 0,
  attachments: content.attachments.map((attachment) => ({ ...attachment, sizeBytes: 0 })),
  parts: content.parts.map(
    ({ headerStart, bodyStart, bodyEnd, sizeBytes, decodedSizeBytes, ...part }) => part
  )
})

const bareCr = /\r(?!\n)/

describe("line ends", () => {
  it.skipIf(!hasCorpus)(
    "make no difference to what is read",
    () => {
      const read = corpusReader()
      let compared = 0
      for (const { file } of readConsensus()) {
        const raw = read(file)
        // Without CR of its own and without UTF-16, a message has exactly two forms.
        if (bareCr.test(raw.toString("latin1")) || raw.includes("=0D") || raw.includes(0)) continue
        compared++
        assert.deepStrictEqual(
          withoutSizes(readMessage(withLf(raw))),
          withoutSizes(readMessage(withCrlf(raw))),
          file
        )
      }
      assert.isAbove(compared, 1900)
    },
    60_000
  )

  it("make no difference to the decoded size of base64", () => {
    const body = Buffer.from("x".repeat(1000)).toString("base64").replace(/.{76}/g, "$&\n")
    const lf = Buffer.from(`Content-Transfer-Encoding: base64\n\n${body}\n`)
    for (const raw of [lf, withCrlf(lf)]) {
      const part = readMessage(raw).parts[0]
      assert.strictEqual(part?.decodedSizeBytes, 1000)
    }
  })
})

describe.skipIf(!hasCorpus)("decoded sizes", () => {
  it("are exact for clean base64 and never too small", () => {
    const read = corpusReader()
    let exact = 0
    let encoded = 0
    for (const { file } of readConsensus()) {
      const raw = read(file)
      for (const part of readMessage(raw).parts) {
        const size = decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part).length
        assert.isAtLeast(part.decodedSizeBytes + 2, size, `${file} ${part.path}`)
        if (part.encoding !== "base64") continue
        encoded++
        if (part.decodedSizeBytes === size) exact++
      }
    }
    assert.isAbove(exact / encoded, 0.9)
  }, 60_000)
})
