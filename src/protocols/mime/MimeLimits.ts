/** Bounds of one reading. Beyond a bound the rest is left unread and a defect is noted; nothing ever fails. */
export interface MimeLimits {
  /** Entities inside entities; a deeper multipart or message stays opaque. */
  readonly depth: number
  /** Entities in all; the last one then reaches to the end of the message. */
  readonly parts: number
  /** Header octets decoded per entity. */
  readonly headerBytes: number
  /** Header octets decoded of all entities together: what bounds the size of the content. */
  readonly totalHeaderBytes: number
  /** Octets of one header field decoded. */
  readonly fieldBytes: number
  /** Header fields looked at per entity. */
  readonly headerFields: number
  /** Addresses per field. */
  readonly addresses: number
  /** Encoded words (RFC 2047) decoded per field; the rest stays as it is written. */
  readonly encodedWords: number
  /** Parameters, or segments of them (RFC 2231 3), per field. */
  readonly parameters: number
  /** Message ids kept of References and In-Reply-To each, the newest ones. */
  readonly references: number
  /** Kept header fields, and characters of each. */
  readonly keptHeaders: number
  readonly keptHeaderLength: number
  /** Characters of subject, names, file names. */
  readonly nameLength: number
  /** Characters of preview and of text for search. */
  readonly previewLength: number
  readonly textLength: number
  /** Encoded octets of text parts decoded for text and preview, in all. */
  readonly textBytes: number
}

export const defaultMimeLimits: MimeLimits = {
  depth: 50,
  parts: 1000,
  headerBytes: 256 * 1024,
  totalHeaderBytes: 1024 * 1024,
  fieldBytes: 128 * 1024,
  headerFields: 2000,
  addresses: 2000,
  encodedWords: 1000,
  parameters: 200,
  references: 200,
  keptHeaders: 40,
  keptHeaderLength: 4096,
  nameLength: 4096,
  previewLength: 255,
  textLength: 256 * 1024,
  textBytes: 2 * 1024 * 1024
}
