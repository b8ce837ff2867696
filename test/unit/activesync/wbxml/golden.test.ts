import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { decoded, fromXml, itLints, toXml } from "../../../support/activesync/wbxml.ts"

const folder = fileURLToPath(new URL("../../../golden/activesync/", import.meta.url))
const files = ["spec", "libwbxml", "syncroton"].flatMap((part) =>
  readdirSync(`${folder}${part}`)
    .filter((name) => name.endsWith(".wbxml"))
    .map((name) => `${part}/${name.replace(".wbxml", "")}`)
)

/** What we write in another way than libwbxml. */
const rewritten = new Map([
  ["libwbxml/airsync-001", "a tag from before 12.1 is left out"],
  ["syncroton/contacttests-002", "a tag from before 12.1 is left out"],
  ["syncroton/contacttests-003", "a tag from before 12.1 is left out"],
  ["syncroton/synctests-065", "an element without content does not say that it has some"]
])

const bytesOf = (file: string) => readFileSync(`${folder}${file}.wbxml`)

describe("documents of others", () => {
  for (const file of files.filter((name) => existsSync(`${folder}${name}.xml`))) {
    it(`${file} means what its XML says`, () => {
      const xml = readFileSync(`${folder}${file}.xml`, "utf8")
      assert.strictEqual(toXml(decoded(bytesOf(file))), toXml(fromXml(xml)))
    })
  }

  for (const file of files) {
    const why = rewritten.get(file)
    it(`${file} is written ${why === undefined ? "as it was" : `anew: ${why}`}`, () => {
      const document = decoded(bytesOf(file))
      const bytes = Buffer.from(encode(document)).toString("hex")
      if (why === undefined) assert.strictEqual(bytes, bytesOf(file).toString("hex"))
      else assert.isBelow(bytes.length, bytesOf(file).toString("hex").length)
    })
  }
})

describe("answers of Exchange, written by us", () => {
  const answers = [
    "spec/ms-ascmd-multipart-part0",
    "libwbxml/activesync-021-folder_sync_initial_response",
    "libwbxml/activesync-040-search-response",
    "libwbxml/airsync-003-search_response_from_exchange",
    "libwbxml/airsync-004-binary_byte_array"
  ]
  itLints(answers.map((file) => encode(decoded(bytesOf(file)))))
})
