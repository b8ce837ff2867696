import type { Address, Envelope } from "./Content.ts"
import type { Category, Flag } from "./Flags.ts"
import type { FollowUp, LastVerb } from "./FollowUp.ts"
import type { BlobKey, ContentId, FolderId, MessageId, ModSeq, ThreadId, Uid } from "./ids.ts"

/** A message as ingest has read it, ready to be added to any mailbox of its tenant. */
export interface NewMessage {
  readonly contentId: ContentId
  readonly blobKey: BlobKey
  /** SHA-256 of the blob, lower-case hex. */
  readonly checksum: string
  readonly sizeBytes: number
  readonly envelope: Envelope
  /** Subject without reply marks and tags, for threading; "" where there is none. */
  readonly topic: string
  readonly preview: string
  /** Kept headers, lower-case name → decoded value. */
  readonly headers: Readonly<Record<string, string>>
  readonly hasAttachments: boolean
  /** Epoch milliseconds when we accepted it (INTERNALDATE, RFC 9051 2.3.3). */
  readonly receivedAt: number
}

/** What a decision needs to know of a stored message. */
export interface StoredMessage {
  readonly id: MessageId
  readonly folderId: FolderId
  readonly uid: Uid
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly sizeBytes: number
  /** Epoch milliseconds; stays over moves and copies. */
  readonly receivedAt: number
  /** What is planned with it, where more is known than `\Flagged` says. */
  readonly followUp?: FollowUp
  readonly lastVerb?: LastVerb
}

/** All that can be changed about a message where it lies. */
export type Marks = Pick<StoredMessage, "flags" | "categories" | "followUp" | "lastVerb">

/** Marks that were others before a change; null = there was none. */
export interface FormerMarks {
  readonly flags?: ReadonlyArray<Flag>
  readonly categories?: ReadonlyArray<Category>
  readonly followUp?: FollowUp | null
  readonly lastVerb?: LastVerb | null
}

/** Marks that a device is told together (MS-ASEMAIL 3.2.5.4.1). */
export type MarkBlock = "read" | "flag" | "categories" | "lastVerb"

/** A row of a message list. */
export interface MessageSummary extends StoredMessage {
  readonly threadId: ThreadId
  readonly subject: string
  readonly from: ReadonlyArray<Address>
  readonly to: ReadonlyArray<Address>
  readonly cc: ReadonlyArray<Address>
  readonly bcc: ReadonlyArray<Address>
  readonly replyTo: ReadonlyArray<Address>
  readonly sender: ReadonlyArray<Address>
  /** The Date header, epoch milliseconds; null where it cannot be read. */
  readonly date: number | null
  readonly preview: string
  readonly hasAttachments: boolean
  readonly internetMessageId: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly contentId: ContentId
  readonly blobKey: BlobKey
  readonly checksum: string
  /** The last change of this message. */
  readonly modSeq: ModSeq
}
