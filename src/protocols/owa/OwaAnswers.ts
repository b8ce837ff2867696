import type { Address, Part } from "../../domain/Content.ts"
import type { Category, Flag } from "../../domain/Flags.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FollowUp, LastVerb } from "../../domain/FollowUp.ts"
import type { FolderId, MessageId, ModSeq, OperationId, ThreadId, Uid } from "../../domain/ids.ts"
import type { Place } from "../../domain/MessageList.ts"
import type { NamedOperation } from "../../domain/Operation.ts"

/** What the browser is told. Plain JSON, as it is here. */

/** A folder as a tree of folders shows it. */
export type FolderRow = Pick<Folder, "id" | "parentId" | "name" | "role" | "total" | "unread">

/** A row of a list of messages. */
export interface MessageRow {
  readonly id: MessageId
  readonly folderId: FolderId
  /** Its number in the folder: what came last has the highest. */
  readonly uid: Uid
  readonly threadId: ThreadId
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly followUp: FollowUp | null
  readonly lastVerb: LastVerb | null
  readonly subject: string
  readonly from: ReadonlyArray<Address>
  readonly to: ReadonlyArray<Address>
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly preview: string
  readonly hasAttachments: boolean
  readonly sizeBytes: number
  /** The last change of this message: of two rows of it the higher one is right. */
  readonly modSeq: ModSeq
}

export interface Folders {
  /** Parents before what they hold. */
  readonly folders: ReadonlyArray<FolderRow>
  readonly modSeq: ModSeq
}

export interface Page {
  /** Newest first, by the date received. */
  readonly messages: ReadonlyArray<MessageRow>
  /** The last of them, where there are older ones. */
  readonly older: Place | null
  /** The first of them, where there are newer ones. */
  readonly newer: Place | null
  /** How long the list is, and how many of it are newer than the page; null where it begins at a place. */
  readonly counts: { readonly total: number; readonly skipped: number } | null
  /** The page is at least this new. */
  readonly modSeq: ModSeq
}

/** A part as a reader sees it: where its octets lie is nobody's matter. */
export type PartRow = Pick<
  Part,
  "path" | "parent" | "type" | "charset" | "disposition" | "fileName" | "contentId" | "decodedSizeBytes"
>

/** A file that came with a message, as people see it. */
export interface AttachmentRow extends Pick<Part, "path" | "type" | "contentId"> {
  /** As its sender named it; "" where he did not. */
  readonly name: string
  readonly sizeBytes: number
  /** For the text to show it (`cid:`), where the text does so. */
  readonly isInline: boolean
}

export interface OpenMessage {
  readonly message: MessageRow
  readonly cc: ReadonlyArray<Address>
  readonly bcc: ReadonlyArray<Address>
  readonly replyTo: ReadonlyArray<Address>
  readonly sender: ReadonlyArray<Address>
  /** The Date field, epoch milliseconds; null where it cannot be read. */
  readonly date: number | null
  readonly internetMessageId: string | null
  /** Kept fields, lower-case name → decoded value. */
  readonly headers: Readonly<Record<string, string>>
  /** Depth first; the first is the message itself. */
  readonly parts: ReadonlyArray<PartRow>
  readonly attachments: ReadonlyArray<AttachmentRow>
}

export interface Text {
  readonly content: string
  readonly mediaType: string
  readonly isTruncated: boolean
  /** UTF-8 octets of the whole; an upper bound where it was cut. */
  readonly sizeBytes: number
}

export interface Found {
  /** Newest first. */
  readonly hits: ReadonlyArray<{
    readonly message: MessageRow
    /** The pieces in a row are the snippet. */
    readonly snippet: ReadonlyArray<{ readonly text: string; readonly isMatch: boolean }>
  }>
  /** Where the next page begins; null at the end. */
  readonly after: { readonly messageId: MessageId; readonly receivedAt: number } | null
  /** False where so much mail waits for the index that not all of it was looked at. */
  readonly isComplete: boolean
}

/** What came of a command. What it changed comes with the changes. */
export interface Done {
  /** Once the changes have come this far, they tell of the command. */
  readonly modSeq: ModSeq
  readonly missing: ReadonlyArray<MessageId>
  /** The folder that was made; null for other commands. */
  readonly folderId: FolderId | null
  /** There is more to do than one call does: ask again, under another operation. */
  readonly more: boolean
}

/** How many things are as they were before, and how many not: others have changed them since, or they cannot be. */
export interface Undone extends Done {
  readonly restored: number
  readonly changedSince: number
  readonly gone: number
  readonly noPlace: number
}

/** What can be undone, newest first. */
export interface Operations {
  readonly operations: ReadonlyArray<NamedOperation>
}

/** Where the octets of an attachment are: handed in by `POST /owa/uploads`, or a part of a stored message. */
export type AttachmentSource =
  | { readonly _tag: "Upload"; readonly uploadId: string }
  | { readonly _tag: "Part"; readonly messageId: MessageId; readonly path: string }

export interface DraftAttachment {
  readonly source: AttachmentSource
  readonly fileName: string
  /** By which the text shows it (`cid:` without the scheme, RFC 2392); null = it is attached. */
  readonly contentId: string | null
}

/** What a draft answers, and how. */
export interface Answered {
  readonly messageId: MessageId
  readonly verb: "reply" | "replyAll" | "forward"
}

/** A message as its author writes it. */
export interface Draft {
  readonly to: ReadonlyArray<Correspondent>
  readonly cc: ReadonlyArray<Correspondent>
  readonly bcc: ReadonlyArray<Correspondent>
  readonly subject: string
  /** Null = text alone. Pictures in it are `cid:` addresses of attachments. */
  readonly html: string | null
  /** The same without markup. */
  readonly text: string
  /** Null = it answers nothing. */
  readonly answers: Answered | null
  readonly attachments: ReadonlyArray<DraftAttachment>
}

export type Correspondent = Pick<Address, "name" | "address">

export interface StoredAttachment extends DraftAttachment {
  readonly mediaType: string
  readonly sizeBytes: number
}

/** A draft as it lies in Drafts. */
export interface StoredDraft extends Draft {
  /** Another one with each time that it is saved. */
  readonly messageId: MessageId
  /** Parts of the stored draft. */
  readonly attachments: ReadonlyArray<StoredAttachment>
}

export interface SavedDraft {
  readonly messageId: MessageId
  /** Once the changes have come this far, they tell of it. */
  readonly modSeq: ModSeq
  /** In the order given; their octets are parts of the draft from now on. */
  readonly attachments: ReadonlyArray<StoredAttachment>
  /**
   * What this was to replace was not there any more: another window or device has saved, sent or discarded it meanwhile.
   * This one was kept beside whatever that left.
   */
  readonly isFormerGone: boolean
}

export interface Sent {
  readonly modSeq: ModSeq
  /** Epoch milliseconds until which `CancelSend` may take it back; null = it is under way. */
  readonly heldUntil: number | null
  /** It had been asked for before under this name: nothing was sent now. */
  readonly isDuplicate: boolean
}

/** Taken back: what was to be sent is a draft again. */
export interface SendCancelled {
  readonly messageId: MessageId
  readonly modSeq: ModSeq
}

/** A message that waits to be sent. */
export interface HeldSend {
  /** The operation of its `Send`. */
  readonly sendId: OperationId
  /** Epoch milliseconds. */
  readonly sendAt: number
  readonly subject: string
  readonly to: ReadonlyArray<Correspondent>
}

export interface HeldSends {
  /** The next to go first. */
  readonly sends: ReadonlyArray<HeldSend>
}

export interface Recipients {
  readonly people: ReadonlyArray<Correspondent>
}

/** What somebody who writes must know before. What is over a limit is refused as `limit`, `what` being its name here. */
export interface WritingRules {
  /** As whom one writes: the primary address first. */
  readonly from: ReadonlyArray<Correspondent>
  readonly recipients: number
  readonly attachments: number
  /** Octets of one attachment. */
  readonly attachmentSize: number
  /** UTF-8 octets of `html` and `text` together. */
  readonly bodySize: number
  /** Octets of all, as they are sent: attachments are a third larger then. */
  readonly messageSize: number
  /** How long after `Send` it can be taken back. */
  readonly holdMillis: number
  /** How far ahead `sendAt` may lie. */
  readonly scheduleMillis: number
}

/** Of `POST /owa/uploads`: the file is the body, Content-Type its type. A refusal has a `Refusal` as its body. */
export interface Uploaded {
  readonly uploadId: string
  readonly sizeBytes: number
  /** Epoch milliseconds: by then it has to be in a draft that was saved. */
  readonly expiresAt: number
}

/** The first of the changes: from where they go on, and all folders as they are. */
export interface Hello {
  readonly _tag: "Hello"
  readonly modSeq: ModSeq
  readonly folders: ReadonlyArray<FolderRow>
}

/**
 * What is another than before, as it is now and not what happened to it: whoever takes a row where it is newer than its
 * own, has what the server has, in whatever order it hears. Empty to say that there is no news.
 */
export interface News {
  readonly _tag: "News"
  /** Everything up to here was told. */
  readonly modSeq: ModSeq
  /** There is more at once: what is shown is not up to date yet. */
  readonly more: boolean
  /** Added, changed, moved. */
  readonly messages: ReadonlyArray<MessageRow>
  /** Gone for good, or out of sight. */
  readonly goneMessages: ReadonlyArray<MessageId>
  readonly folders: ReadonlyArray<FolderRow>
  readonly goneFolders: ReadonlyArray<FolderId>
}

/** Why the browser is not told what it asked for. */
export interface Refusal {
  readonly _tag: "Refused"
  readonly reason:
    | "invalid"
    | "notFound"
    | "exists"
    | "signedOut"
    | "denied"
    | "notAllowed"
    | "limit"
    /** It was sent already. */
    | "tooLate"
    /** The changes cannot go on from there: read afresh. */
    | "expired"
    | "busy"
    | "away"
  /** What is not there or is there already, or which limit it is; null where there is nothing to name. */
  readonly what: string | null
  /** The same call may succeed later. */
  readonly isTemporary: boolean
}
