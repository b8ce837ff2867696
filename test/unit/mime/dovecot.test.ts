import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { corpusReader, withCrlf } from "../../support/consensus.ts"

const file = fileURLToPath(new URL("../../../../shared/corpus/expected/dovecot.jsonl.gz", import.meta.url))

const Line = Schema.parseJson(
  Schema.Struct({
    file: Schema.String,
    rfc822_size: Schema.optional(Schema.NullOr(Schema.Number)),
    bodystructure: Schema.optional(Schema.NullOr(Schema.String))
  })
)

const lines = (): ReadonlyArray<typeof Line.Type> =>
  gunzipSync(readFileSync(file))
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Schema.decodeUnknownSync(Line)(line))

/** Size, and lines where they are given, of the leaves of a BODYSTRUCTURE in their order. */
const leaves = (structure: string) =>
  [...structure.matchAll(/"(?:7bit|8bit|base64|quoted-printable|binary)" (\d+)(?: (\d+))?/gi)].map(
    (match) => ({
      size: Number(match[1]),
      lines: match[2] === undefined ? null : Number(match[2])
    })
  )

describe.skipIf(!existsSync(file))("sizes and line counts", () => {
  it("of text parts are those of Dovecot's BODYSTRUCTURE", () => {
    const read = corpusReader()
    let compared = 0
    for (const { file: name, rfc822_size, bodystructure } of lines()) {
      if (bodystructure === undefined || bodystructure === null || name.endsWith(".mbox")) continue
      const raw = withCrlf(read(name))
      // Dovecot was given some files with their mbox line, which makes another message of them.
      if (raw.length !== rfc822_size) continue
      const expected = leaves(bodystructure)
      const parts = readMessage(raw).parts.filter(({ type }) => !type.startsWith("multipart/"))
      // Where the trees differ the consensus decides, not Dovecot alone.
      if (parts.length !== expected.length) continue
      parts.forEach((part, index) => {
        if (!part.type.startsWith("text/")) return
        const wanted = expected[index]
        assert.strictEqual(part.sizeBytes, wanted?.size, `${name} ${part.path}`)
        // Dovecot does not count lines where it cannot read the type.
        if (wanted?.lines === null) return
        compared++
        assert.strictEqual(part.lines, wanted?.lines, `${name} ${part.path}`)
      })
    }
    assert.isAbove(compared, 1800)
  }, 60_000)
})
