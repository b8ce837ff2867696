import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import fc from "fast-check"
import { type Element, element, type Tag } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { isOpaque } from "../../../src/protocols/activesync/wbxml/tokens.ts"
import { allTags, anyDocument } from "../../support/activesync/anyWbxml.ts"
import {
  decodedByLibwbxml,
  encodedByLibwbxml,
  isKnownToLibwbxml,
  xmlByLibwbxml
} from "../../support/activesync/libwbxml.ts"
import { decoded, hasLint, toXml } from "../../support/activesync/wbxml.ts"

const knownTags = allTags.filter(isKnownToLibwbxml)

/** One document with each of these tags in it: every process costs, a tag does not. */
const withEach = (tags: ReadonlyArray<Tag>, content: (tag: Tag) => string | Uint8Array | null): Element =>
  element(
    "AirSync:Sync",
    tags.map((tag) => element(tag, content(tag)))
  )

const documents = {
  "an inline string or opaque data in every tag": withEach(knownTags, (tag) =>
    isOpaque(tag) ? Buffer.from([0, 1, 254, 255]) : `in ${tag} <&> äöü €😀`
  ),
  "every tag without content": withEach(knownTags, () => null),
  "tags of pages that alternate": withEach(
    knownTags.map((_, index) => knownTags[(index * 97) % knownTags.length] ?? "AirSync:Sync"),
    (tag) => (isOpaque(tag) ? null : "x")
  )
}

/** What libwbxml cannot say: tags that it does not know, elements in byte arrays, white space around a text. */
const isBeyondLibwbxml = ({ tag, children }: Element): boolean =>
  !isKnownToLibwbxml(tag) ||
  children.some((child) => {
    if (typeof child === "string") return child !== child.trim()
    return !(child instanceof Uint8Array) && (isOpaque(tag) || isBeyondLibwbxml(child))
  })

describe.skipIf(!hasLint)("libwbxml, a codec that is not ours (needs libwbxml2-utils)", () => {
  it("knows all tags but 25", () => {
    const unknown = allTags.filter((tag) => !isKnownToLibwbxml(tag))
    assert.lengthOf(unknown, 25)
    assert.lengthOf(
      unknown.filter((tag) => tag.startsWith("Find:")),
      22
    )
  })

  for (const [name, document] of Object.entries(documents)) {
    it.effect(`reads what we write: ${name}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(toXml(yield* decodedByLibwbxml(encode(document))), toXml(document))
      })
    )

    it.effect(`writes what we read, and we write the same bytes: ${name}`, () =>
      Effect.gen(function* () {
        const bytes = yield* encodedByLibwbxml(document)
        assert.strictEqual(toXml(decoded(bytes)), toXml(document))
        assert.strictEqual(Buffer.from(encode(document)).toString("hex"), bytes.toString("hex"))
      })
    )
  }

  it.effect("writes text as opaque data where it is CDATA, and we read it as text", () =>
    Effect.gen(function* () {
      const texts = withEach(
        knownTags.filter((tag) => !isOpaque(tag)),
        (tag) => `in ${tag} <&> ä`
      )
      const bytes = yield* encodedByLibwbxml(texts, "cdata")
      assert.isTrue(bytes.includes(0xc3))
      assert.notStrictEqual(bytes.toString("hex"), Buffer.from(encode(texts)).toString("hex"))
      assert.strictEqual(toXml(decoded(bytes)), toXml(texts))
    })
  )

  it.effect("agrees about documents of any shape, both ways", () =>
    Effect.gen(function* () {
      const usable = fc.sample(anyDocument, 1000).filter((one) => !isBeyondLibwbxml(one))
      assert.isAbove(usable.length, 100)
      const document = element("AirSync:Sync", usable)
      assert.strictEqual(toXml(yield* decodedByLibwbxml(encode(document))), toXml(document))
      assert.strictEqual(toXml(decoded(yield* encodedByLibwbxml(document))), toXml(document))
    })
  )

  it.effect("does not know what came with 16.1, but reads on behind it", () =>
    Effect.gen(function* () {
      const document = withEach(["Find:Find", "AirSync:Status"], () => "1")
      const xml = yield* xmlByLibwbxml(encode(document))
      assert.match(xml, /<unknown[^>]*>1<\/unknown><Status[^>]*>1<\/Status>/)
    })
  )
})
