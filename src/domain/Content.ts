/** One correspondent. `address` is as written (case kept), "" when only a name was readable. */
export interface Address {
  readonly name: string
  readonly address: string
  /** Name of the RFC 5322 group the address was listed in. An empty group leaves one entry without address. */
  readonly group?: string
}

/** What the header fields of RFC 5322 3.6 say, decoded; nothing here is made up when a field is missing. */
export interface Envelope {
  readonly subject: string
  readonly from: ReadonlyArray<Address>
  readonly sender: ReadonlyArray<Address>
  readonly replyTo: ReadonlyArray<Address>
  readonly to: ReadonlyArray<Address>
  readonly cc: ReadonlyArray<Address>
  readonly bcc: ReadonlyArray<Address>
  /** Date header in epoch milliseconds; null when absent or unreadable, never the current time. */
  readonly sentAt: number | null
  /** Without angle brackets. */
  readonly internetMessageId: string | null
  readonly inReplyTo: ReadonlyArray<string>
  readonly references: ReadonlyArray<string>
}

/** `unknown` is kept apart so that nobody decodes what RFC 2045 6.4 says must stay opaque. */
export type TransferEncoding =
  | "7bit"
  | "8bit"
  | "binary"
  | "base64"
  | "quoted-printable"
  | "uuencode"
  | "unknown"

/**
 * One entity of the body structure. The three offsets are bytes into the raw message; the body, still transfer
 * encoded, is `[bodyStart, bodyEnd)` and does not contain the line break that belongs to the next boundary.
 */
export interface Part {
  /**
   * IMAP section (RFC 9051 6.4.5.1) such that `BODY[path]` is the body: `1`, `2.1`; a multipart without a number
   * of its own is `TEXT` or `2.TEXT`.
   */
  readonly path: string
  /** Index of the enclosing part, -1 for the root. Parents come before children, siblings are in order. */
  readonly parent: number
  /** `type/subtype` in lower case. */
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  /** As declared, lower case; null when the part does not say. */
  readonly charset: string | null
  readonly encoding: TransferEncoding
  /** Lower case; null when there is no readable Content-Disposition. */
  readonly disposition: string | null
  readonly fileName: string | null
  /** Without angle brackets. */
  readonly contentId: string | null
  readonly contentLocation: string | null
  readonly description: string | null
  readonly headerStart: number
  readonly bodyStart: number
  readonly bodyEnd: number
  /** Octets of the body as it is on the wire. */
  readonly sizeBytes: number
  /** Octets after transfer decoding: exact for identity and well-formed base64, an upper bound otherwise. */
  readonly decodedSizeBytes: number
  /** Line breaks in the encoded body. */
  readonly lines: number
}

/** A part shown as an attachment. */
export interface Attachment {
  /** Index into `parts`. */
  readonly part: number
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  readonly isInline: boolean
  readonly contentId: string | null
}

/** What was wrong with a message, or what a limit cut off. A closed set, safe as a metric label. */
export type Defect =
  | "header-too-long"
  | "too-many-header-fields"
  | "invalid-header-line"
  | "too-many-addresses"
  | "too-many-encoded-words"
  | "too-many-parameters"
  | "too-many-references"
  | "too-many-parts"
  | "nested-too-deep"
  | "missing-boundary"
  | "boundary-not-found"
  | "boundary-not-closed"
  | "invalid-date"
  | "invalid-content-type"
  | "unknown-charset"
  | "unknown-transfer-encoding"
  | "text-truncated"
  | "parser-failed"
  | "parser-timed-out"

/** Everything that reading a message once yields. JSON-safe; contains no bytes and no storage keys. */
export interface MessageContent {
  readonly sizeBytes: number
  readonly envelope: Envelope
  /** Kept header fields by lower-case name, decoded; the topmost where a field repeats. */
  readonly headers: Readonly<Record<string, string>>
  /** Number of Received fields: hops so far. */
  readonly receivedCount: number
  /** Base subject for threading, lower case, in the spirit of RFC 5256 2.1. */
  readonly topic: string
  /** Flat body structure; `parts[0]` is the root and always exists. */
  readonly parts: ReadonlyArray<Part>
  /** Indexes of the parts that make up the body as text, as HTML (RFC 8621 4.1.4). */
  readonly textBody: ReadonlyArray<number>
  readonly htmlBody: ReadonlyArray<number>
  readonly attachments: ReadonlyArray<Attachment>
  /** True when an attachment is neither inline nor a signature. */
  readonly hasAttachments: boolean
  /** First readable characters, white space folded. */
  readonly preview: string
  /** Decoded body text for search. */
  readonly text: string
  readonly defects: ReadonlyArray<Defect>
}
