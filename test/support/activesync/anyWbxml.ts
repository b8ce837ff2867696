import fc from "fast-check"
import type { Element, Tag } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { codePages } from "../../../src/protocols/activesync/wbxml/gen/codePages.ts"
import { isOpaque, isTag, placeOf } from "../../../src/protocols/activesync/wbxml/tokens.ts"

const isCurrent = (name: string): name is Tag => isTag(name) && placeOf(name) !== undefined

const allNames = Object.entries(codePages).flatMap(([namespace, { tags }]) =>
  Object.keys(tags).map((name) => `${namespace}:${name}`)
)

export const allTags: ReadonlyArray<Tag> = allNames.filter(isCurrent)
const anyTag: fc.Arbitrary<Tag> = fc.constantFrom(...allTags)

/** Text that is on both sides the same: XML has its characters, and it is not white space alone. */
const anyText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("<", "&", ">", '"', "\n", "\t", "ä", "€", "😀"),
      fc.string({ minLength: 1, maxLength: 1 })
    )
  })
  .filter((text) => text.trim() !== "")
const anyContent = fc.uint8Array({ minLength: 1, maxLength: 300 })

const anyLeaf: fc.Arbitrary<Element> = anyTag.chain((tag) =>
  fc
    .option(isOpaque(tag) ? anyContent : anyText.map((text): string | Uint8Array => text))
    .map((content) => ({ tag, children: content === null ? [] : [content] }))
)

/** An element with elements in it, or content, or nothing. */
export const anyDocument: fc.Arbitrary<Element> = fc.letrec<{ readonly element: Element }>((tie) => ({
  element: fc.oneof(
    { depthSize: "small" },
    anyLeaf,
    fc.record({ tag: anyTag, children: fc.array(tie("element"), { minLength: 1, maxLength: 4 }) })
  )
})).element

/** Bytes with which something begins. */
const telling = fc.constantFrom(0, 1, 2, 3, 4, 0x40, 0x43, 0x45, 0x4b, 0x50, 0x7f, 0x80, 0x83, 0xc3, 0xff)

const anyChange = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(4),
  insert: fc.array(fc.oneof(telling, fc.nat(255)), { maxLength: 4 })
})

/** A document with a few bytes taken out and others put in; or bytes of any kind behind the header. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(anyDocument, fc.array(anyChange, { maxLength: 6 })).map(([document, changes]) =>
    changes.reduce(
      (bytes, { at, remove, insert }) => {
        const from = Math.floor(at * bytes.length)
        return Buffer.concat([bytes.subarray(0, from), Buffer.from(insert), bytes.subarray(from + remove)])
      },
      Buffer.from(encode(document))
    )
  ),
  fc
    .array(fc.oneof(telling, fc.nat(255)), { maxLength: 200 })
    .map((bytes) => Buffer.from([3, 1, 0x6a, 0, ...bytes])),
  fc.uint8Array({ maxLength: 100 })
)
