import { Either } from "effect"
import { legalText } from "./characters.ts"
import { DecodeError, type DecodeReason } from "./DecodeError.ts"
import type { AnyTag, Child, Element } from "./element.ts"
import { header, isOpaque, tagAt, token } from "./tokens.ts"

/** Bounds of one document. */
export interface DecodeLimits {
  /** Of the whole document. */
  readonly maxBytes: number
  /** Elements inside each other. */
  readonly maxDepth: number
  /** Elements, texts and page switches in all: what bounds the memory of the document beside its texts. */
  readonly maxTokens: number
}

export const defaultDecodeLimits: DecodeLimits = {
  /** A message of the greatest size that SMTP takes, and what stands around it. */
  maxBytes: 65 * 1024 * 1024,
  /** The deepest elements, of an attendee of an exception, are in eleven. */
  maxDepth: 32,
  /** 1,000 collections with all their options are 20,000. */
  maxTokens: 100_000
}

export const decode = (
  bytes: Uint8Array,
  limits: DecodeLimits = defaultDecodeLimits
): Either.Either<Element, DecodeError> => {
  const decoder = new Decoder(limits)
  return Either.flatMap(decoder.push(bytes), () => decoder.end())
}

interface Open {
  readonly tag: AnyTag
  readonly children: Array<Child>
}

const tagBits = 0x3f
const attributes = 0x80
/** The smallest token of a tag; what is below, whatever its two highest bits, is global. */
const firstTag = 0x05

/**
 * Reads a document (MS-ASWBXML 2.1, WBXML 1.3) from pieces as they arrive; says at the first byte that is wrong that it
 * is none. One decoder per document.
 *
 * Understood beyond what a device should send: OPAQUE where text belongs, STR_I where bytes belong, an element that says
 * it has content and has none, tags from before 12.1. Bytes that are no UTF-8 become U+FFFD, and characters that XML
 * does not have are left out: an item refused for one of them would be sent again and again.
 */
export class Decoder {
  readonly #limits: DecodeLimits
  readonly #open: Array<Open> = []
  #root: Element | undefined
  #page = 0
  #tokens = 0
  #failed: DecodeError | undefined

  /** Arrived but not read: the begin of a token whose end has not arrived. */
  #held: Array<Uint8Array> = []
  #heldBytes = 0
  /** Offset of the first held byte in the document. */
  #offset = 0
  /** The held bytes are worth reading again when there are so many of them ... */
  #neededBytes = header.length
  /** ... and, inside of a string, when its end has arrived. */
  #needsNul = false

  constructor(limits: DecodeLimits = defaultDecodeLimits) {
    this.#limits = limits
  }

  push(chunk: Uint8Array): Either.Either<void, DecodeError> {
    if (this.#failed === undefined) this.#take(chunk)
    return this.#failed === undefined ? Either.void : Either.left(this.#failed)
  }

  /** Nothing follows. */
  end(): Either.Either<Element, DecodeError> {
    if (this.#failed !== undefined) return Either.left(this.#failed)
    if (this.#root !== undefined && this.#heldBytes === 0) return Either.right(this.#root)
    const offset = this.#offset + this.#heldBytes
    return Either.left(new DecodeError({ reason: offset === 0 ? "Empty" : "Truncated", offset }))
  }

  #take(chunk: Uint8Array): void {
    if (this.#offset + this.#heldBytes + chunk.length > this.#limits.maxBytes) {
      this.#fail("TooLarge", this.#heldBytes)
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < this.#neededBytes || (this.#needsNul && !chunk.includes(0))) return
    const bytes = this.#held.length === 1 ? bufferOf(chunk) : Buffer.concat(this.#held)
    const rest = bytes.subarray(this.#read(bytes))
    if (this.#failed !== undefined) return
    this.#offset += bytes.length - rest.length
    this.#held = rest.length === 0 ? [] : [rest]
    this.#heldBytes = rest.length
  }

  /** Every whole token; the position behind them. */
  #read(bytes: Buffer): number {
    this.#neededBytes = 1
    this.#needsNul = false
    let at = 0
    while (at < bytes.length) {
      const next = this.#offset + at === 0 ? this.#header(bytes) : this.#token(bytes, at)
      if (next === undefined) break
      at = next
    }
    return at
  }

  #header(bytes: Buffer): number | undefined {
    const wrong = header.findIndex((byte, at) => bytes[at] !== byte)
    if (wrong === -1) return header.length
    return this.#fail(wrong === 3 ? "Unsupported" : "NotWbxml", wrong)
  }

  /** The position behind the token at `at`; undefined where it has not all arrived, or is wrong. */
  #token(bytes: Buffer, at: number): number | undefined {
    const byte = bytes[at] ?? 0
    if (byte === token.END) return this.#close(at)
    if (this.#root !== undefined) return this.#fail("Misplaced", at)
    if (byte === token.SWITCH_PAGE) return this.#switchPage(bytes, at)
    if (byte === token.STR_I) return this.#string(bytes, at)
    if (byte === token.OPAQUE) return this.#opaque(bytes, at)
    if (byte >= attributes || (byte & tagBits) < firstTag) return this.#fail("Unsupported", at)
    return this.#tag(byte, at)
  }

  #close(at: number): number | undefined {
    const element = this.#open.pop()
    if (element === undefined) return this.#fail("Misplaced", at)
    if (this.#open.length === 0) this.#root = element
    return at + 1
  }

  #tag(byte: number, at: number): number | undefined {
    const tag = tagAt(this.#page, byte & tagBits)
    if (tag === undefined) return this.#fail("UnknownTag", at)
    if (this.#open.length === this.#limits.maxDepth) return this.#fail("TooDeep", at)
    const element: Open = { tag, children: [] }
    this.#open.at(-1)?.children.push(element)
    if ((byte & token.content) !== 0) this.#open.push(element)
    else if (this.#open.length === 0) this.#root = element
    return this.#counted(at, at + 1)
  }

  #switchPage(bytes: Buffer, at: number): number | undefined {
    const page = bytes[at + 1]
    if (page === undefined) return this.#incomplete(2)
    this.#page = page
    return this.#counted(at, at + 2)
  }

  #string(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(0, at + 1)
    if (end === -1) {
      this.#needsNul = true
      return this.#incomplete(2)
    }
    return this.#content(bytes.subarray(at + 1, end), at, end + 1)
  }

  #opaque(bytes: Buffer, at: number): number | undefined {
    const length = lengthAt(bytes, at + 1)
    if (length === "bad") return this.#fail("BadLength", at)
    if (length === "incomplete") return this.#incomplete(bytes.length - at + 1)
    const end = length.at + length.value
    // Before any of it has arrived.
    if (this.#offset + end > this.#limits.maxBytes) return this.#fail("TooLarge", at)
    if (end > bytes.length) return this.#incomplete(end - at)
    return this.#content(bytes.subarray(length.at, end), at, end)
  }

  #content(content: Buffer, at: number, next: number): number | undefined {
    const parent = this.#open.at(-1)
    if (parent === undefined) return this.#fail("Misplaced", at)
    if (isOpaque(parent.tag)) {
      if (content.length > 0)
        parent.children.push(new Uint8Array(content.buffer, content.byteOffset, content.length))
    } else {
      append(parent.children, legalText(content.toString("utf8")))
    }
    return this.#counted(at, next)
  }

  #counted(at: number, next: number): number | undefined {
    this.#tokens += 1
    return this.#tokens > this.#limits.maxTokens ? this.#fail("TooMany", at) : next
  }

  #incomplete(neededBytes: number): undefined {
    this.#neededBytes = neededBytes
  }

  #fail(reason: DecodeReason, at: number): undefined {
    this.#failed = new DecodeError({ reason, offset: this.#offset + at })
    this.#open.length = 0
    this.#held = []
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Neighbouring texts are one. */
const append = (children: Array<Child>, text: string): void => {
  if (text === "") return
  const last = children.at(-1)
  if (typeof last === "string") children[children.length - 1] = last + text
  else children.push(text)
}

/** A mb_u_int32 (WBXML 5.1): seven bits a byte, the highest first, and a flag in all but the last. `at` is behind it. */
const lengthAt = (
  bytes: Buffer,
  from: number
): { readonly value: number; readonly at: number } | "bad" | "incomplete" => {
  let value = 0
  for (let at = from; at < from + 5; at++) {
    const byte = bytes[at]
    if (byte === undefined) return "incomplete"
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return value > 0xffff_ffff ? "bad" : { value, at: at + 1 }
  }
  return "bad"
}
