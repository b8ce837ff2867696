import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import { decode } from "../../../../src/protocols/activesync/wbxml/decode.ts"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../../src/protocols/activesync/wbxml/encode.ts"
import { codePages, legacyPages } from "../../../../src/protocols/activesync/wbxml/gen/codePages.ts"
import { placeOf } from "../../../../src/protocols/activesync/wbxml/tokens.ts"
import { decoded, fromXml, toXml } from "../../../support/activesync/wbxml.ts"

/** Rows of Microsoft's requirement table: a tag, or, without a token, the namespace of a page. */
const rows = readFileSync(new URL("../../../golden/activesync/tokens.tsv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [requirement = "", page = "", token = "", name = ""] = line.split("\t")
    return { requirement, page: Number(page), token: Number(token), name }
  })
const tags = rows.filter(({ token }) => token !== 0)
/** The table of requirements writes GAL where namespaces are named Gal. */
const namespaces = new Map(
  rows.filter(({ token }) => token === 0).map(({ page, name }) => [page, name === "GAL" ? "Gal" : name])
)

/** On its page and with that token, without content. */
const bytesOf = (page: number, token: number) =>
  Uint8Array.of(3, 1, 0x6a, 0, ...(page === 0 ? [token] : [0, page, token]))

describe("the code pages of MS-ASWBXML 2.1.2.1", () => {
  for (const { requirement, page, token, name } of tags) {
    it(`${requirement}: ${name} is ${token} on page ${page}`, () => {
      const tag = `${namespaces.get(page)}:${name}`
      assert.strictEqual(toXml(decoded(bytesOf(page, token))), `<${tag}/>`)
      assert.deepStrictEqual(encode(fromXml(`<${tag}/>`)), Buffer.from(bytesOf(page, token)))
    })
  }

  for (const { requirement, page } of rows.filter(({ token }) => token === 0)) {
    it(`${requirement}: page ${page} is ${namespaces.get(page)} and has no tag beyond the table`, () => {
      const listed = new Set(tags.filter((row) => row.page === page).map((row) => row.token))
      for (let token = 5; token < 64; token++) {
        const tag = Option.map(Either.getRight(decode(bytesOf(page, token))), (read) => read.tag)
        // What versions before 12.1 had is understood as well.
        const isCurrent = Option.exists(tag, (known) => placeOf(known) === page * 64 + token)
        assert.strictEqual(isCurrent, listed.has(token))
        if (Option.isSome(tag)) assert.match(tag.value, new RegExp(`^${namespaces.get(page)}:`))
      }
    })
  }

  it("has 26 pages, each of them as the table has it, and nothing twice", () => {
    assert.lengthOf([...namespaces], 26)
    const all = Object.values(codePages).flatMap(({ page, tags }) =>
      Object.values<number>(tags).map((token) => page * 64 + token)
    )
    assert.strictEqual(new Set(all).size, all.length)
    assert.deepStrictEqual(new Set(all), new Set(tags.map(({ page, token }) => page * 64 + token)))
  })

  it("MS-ASWBXML_R825: Class of page 6, which 12.1 uses, and Class of page 0 are two tags", () => {
    assert.deepStrictEqual(decoded(bytesOf(6, 0x09)), element("GetItemEstimate:Class"))
    assert.deepStrictEqual(decoded(bytesOf(0, 0x10)), element("AirSync:Class"))
  })

  it("a tag from before 12.1 is understood, and never sent", () => {
    for (const [namespace, { page, tags }] of Object.entries(legacyPages)) {
      for (const [name, token] of Object.entries<number>(tags)) {
        assert.strictEqual(decoded(bytesOf(page, token)).tag, `${namespace}:${name}`)
      }
    }
    const old = fromXml(
      "<AirSync:Sync><Status>1</Status><Email:Attachments><Attachment>x</Attachment></Email:Attachments></AirSync:Sync>"
    )
    assert.strictEqual(toXml(decoded(encode(old))), "<AirSync:Sync>\n  <Status>1</Status>\n</AirSync:Sync>")
  })

  it("Find has three tags that some clients write with other tokens: both are understood, Microsoft's are sent", () => {
    assert.deepStrictEqual(decoded(bytesOf(25, 0x1a)), element("Find:MaxPictures"))
    assert.deepStrictEqual(encode(element("Find:MaxPictures")), Buffer.from(bytesOf(25, 0x20)))
  })
})
