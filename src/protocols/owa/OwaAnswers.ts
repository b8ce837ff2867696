import type { Address, Part } from "../../domain/Content.ts"
import type { Category, Flag } from "../../domain/Flags.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { FollowUp, LastVerb } from "../../domain/FollowUp.ts"
import type { FolderId, MessageId, ModSeq, ThreadId, Uid } from "../../domain/ids.ts"
import type { NamedOperation } from "../../domain/Operation.ts"

/** What the browser is told. Plain JSON, as it is here. */

/** A folder as a tree of folders shows it. */
export type FolderRow = Pick<Folder, "id" | "parentId" | "name" | "role" | "total" | "unread">

/** A row of a list of messages. */
export interface MessageRow {
  readonly id: MessageId
  readonly folderId: FolderId
  /** Its place in the folder: the newest has the highest. */
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
  /** Newest first. */
  readonly messages: ReadonlyArray<MessageRow>
  /** Where the next page begins; null at the end of the folder. */
  readonly belowUid: Uid | null
  /** The page is at least this new. */
  readonly modSeq: ModSeq
}

/** A part as a reader sees it: where its octets lie is nobody's matter. */
export type PartRow = Pick<
  Part,
  "path" | "parent" | "type" | "charset" | "disposition" | "fileName" | "contentId" | "decodedSizeBytes"
>

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
    /** The changes cannot go on from there: read afresh. */
    | "expired"
    | "busy"
    | "away"
  /** What is not there or is there already, or which limit it is; null where there is nothing to name. */
  readonly what: string | null
  /** The same call may succeed later. */
  readonly isTemporary: boolean
}
