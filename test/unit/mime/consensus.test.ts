import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { decodePart } from "../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import {
  compareWithConsensus,
  corpusReader,
  hasCorpus,
  readConsensus,
  withCrlf
} from "../../support/consensus.ts"
import listed from "./consensus-exceptions.json" with { type: "json" }

const Exceptions = Schema.Array(
  Schema.Struct({ file: Schema.String, field: Schema.String, cause: Schema.String })
)
const exceptions = Schema.decodeUnknownSync(Exceptions)(listed)

const disagreements = (form: (raw: Buffer) => Buffer) => {
  const read = corpusReader()
  return readConsensus().flatMap((expected) => {
    const raw = form(read(expected.file))
    return compareWithConsensus(expected, {
      content: readMessage(raw),
      decoded: (part) => decodePart(raw.subarray(part.bodyStart, part.bodyEnd), part)
    })
  })
}

const key = ({ file, field }: { readonly file: string; readonly field: string }) => `${file} ${field}`

describe.skipIf(!hasCorpus)("the messages of the shared corpus", () => {
  it("have an oracle for nearly every file", () => {
    assert.isAbove(readConsensus().length, 2000)
  })

  it("are read as independent parsers agree, but for the listed exceptions", () => {
    const found = disagreements((raw) => raw)
    const known = new Set(exceptions.map(key))
    assert.deepStrictEqual(
      found.filter((disagreement) => !known.has(key(disagreement))),
      []
    )
    assert.deepStrictEqual(found.map(key).sort(), [...known].sort())
  }, 60_000)

  it("are read so too with the line ends they have after SMTP", () => {
    const known = new Set(exceptions.map(key))
    assert.deepStrictEqual(
      disagreements(withCrlf).filter((disagreement) => !known.has(key(disagreement))),
      []
    )
  }, 60_000)
})
