import { Data } from "effect"

/** Why bytes are no ActiveSync document, and the common status that says so (MS-ASCMD 2.2.2). */
const statusOf = {
  /** No byte at all where a document belongs. */
  Empty: 101,
  /** Not WBXML 1.3 of public id 1 in UTF-8: text, XML, another kind of document. */
  NotWbxml: 101,
  /** More than `maxBytes`, or an OPAQUE that says it will be. */
  TooLarge: 101,
  /** A string table, attribute, entity, literal, extension or processing instruction: MS-ASWBXML 2.1.3 has none. */
  Unsupported: 102,
  /** A token that its code page does not have, or a page that there is none of. */
  UnknownTag: 102,
  /** A length that is no 32-bit number. */
  BadLength: 102,
  /** Text outside of every element, an END too many, anything after the document. */
  Misplaced: 102,
  /** The bytes end before the document does. */
  Truncated: 102,
  /** More elements inside each other than `maxDepth`: no command has such. */
  TooDeep: 103,
  /** More than `maxTokens`. */
  TooMany: 103
} as const

export type DecodeReason = keyof typeof statusOf

export class DecodeError extends Data.TaggedError("DecodeError")<{
  readonly reason: DecodeReason
  /** Of the byte that could not be read. */
  readonly offset: number
}> {
  /** 101 the body is no document, 102 it cannot be decoded, 103 it is none of this protocol's. */
  get status(): 101 | 102 | 103 {
    return statusOf[this.reason]
  }

  override get message(): string {
    return `${this.reason} at byte ${this.offset}`
  }
}
