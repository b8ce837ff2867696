import { assert } from "@effect/vitest"
import { Either } from "effect"
import { DecodeError } from "../../../src/protocols/activesync/wbxml/DecodeError.ts"
import { Decoder, decode } from "../../../src/protocols/activesync/wbxml/decode.ts"
import type { Child, Element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { placeOf } from "../../../src/protocols/activesync/wbxml/tokens.ts"

/** What holds for whatever bytes a device sends; throws where it does not. Says what came of them. */
export const soundWbxml = (bytes: Uint8Array): string => {
  const whole = decode(bytes)
  // In pieces of a size that differs from input to input.
  assert.deepStrictEqual(summary(inPieces(bytes, 1 + (bytes.length % 7))), summary(whole))
  if (Either.isLeft(whole)) {
    assert.instanceOf(whole.left, DecodeError)
    assert.include([101, 102, 103], whole.left.status)
    assert.isTrue(whole.left.offset >= 0 && whole.left.offset <= bytes.length)
    return `${whole.left.reason} after 2^${Math.ceil(Math.log2(whole.left.offset + 1))} bytes`
  }
  assertSoundElement(whole.right)
  const kept = withoutLegacy(whole.right)
  if (kept !== undefined) assert.deepStrictEqual(Either.getOrThrow(decode(encode(whole.right))), kept)
  return `read: ${[...new Set(traits(whole.right))].sort().join(", ")}`
}

/** What is special about a document. */
function* traits({ tag, children }: Element, depth = 0): Generator<string> {
  if (placeOf(tag) === undefined) yield "legacy"
  if (depth >= 10) yield "deep"
  const inner = children.filter((child) => typeof child === "object" && "tag" in child)
  if (inner.length > 0 && inner.length < children.length) yield "mixed"
  if (inner.length === 0 && children.length > 1) yield "bytes in parts"
  for (const child of inner) yield* traits(child, depth + 1)
}

const summary = (read: Either.Either<Element, DecodeError>) =>
  Either.match(read, {
    onLeft: ({ reason, offset }) => ({ reason, offset }),
    onRight: (document) => document
  })

const inPieces = (bytes: Uint8Array, size: number): Either.Either<Element, DecodeError> => {
  const decoder = new Decoder()
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.slice(at, at + size))
  return decoder.end()
}

/** XML 1.0 2.2: neither NUL nor half a surrogate pair, which no database takes. */
const isXmlCharacter = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code <= 0xd7ff || (code >= 0xe000 && code !== 0xfffe && code !== 0xffff)
}

const assertSoundElement = ({ children }: Element): void => {
  for (const child of children) {
    if (typeof child === "string") {
      assert.isTrue([...child].every(isXmlCharacter))
      assert.notStrictEqual(child, "")
    } else if (!(child instanceof Uint8Array)) assertSoundElement(child)
  }
}

/** What is left when it is sent: texts that come to stand side by side are one. */
const withoutLegacy = ({ tag, children }: Element): Element | undefined => {
  if (placeOf(tag) === undefined) return undefined
  const kept: Array<Child> = []
  for (const child of children) {
    const last = kept.at(-1)
    if (typeof child === "string" && typeof last === "string") kept[kept.length - 1] = last + child
    else if (typeof child === "string" || child instanceof Uint8Array) kept.push(child)
    else kept.push(...[withoutLegacy(child) ?? []].flat())
  }
  return { tag, children: kept }
}
