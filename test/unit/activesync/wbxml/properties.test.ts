import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { anyBytes, anyDocument } from "../../../support/activesync/anyWbxml.ts"
import { soundWbxml } from "../../../support/activesync/soundWbxml.ts"
import { decoded, fromXml, toXml } from "../../../support/activesync/wbxml.ts"

describe("any document", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(anyDocument, (document) => assert.deepStrictEqual(decoded(encode(document)), document))
    )
  })

  it("is the same as XML", () => {
    fc.assert(
      fc.property(anyDocument, (document) => assert.deepStrictEqual(fromXml(toXml(document)), document))
    )
  })
})

describe("any bytes", () => {
  it("are a document that can be sent, or are refused: the same, whatever pieces they arrive in", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => void soundWbxml(bytes)),
      { numRuns: 1000 }
    )
  })

  it("that fuzzing found worth keeping are", () => {
    const folder = fileURLToPath(new URL("../../../golden/activesync/fuzz/wbxml/", import.meta.url))
    const names = readdirSync(folder)
    assert.isNotEmpty(names)
    for (const name of names) soundWbxml(readFileSync(`${folder}${name}`))
  })
})
