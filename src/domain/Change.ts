import type { Category, Flag } from "./Flags.ts"
import type { FolderRole } from "./Folder.ts"
import type { FollowUp, LastVerb } from "./FollowUp.ts"
import type { FolderId, MessageId, ModSeq, Uid } from "./ids.ts"
import type { FormerMarks, MarkBlock } from "./Message.ts"

/** A message came into a folder: delivered, appended or copied. */
export interface MessageAdded {
  readonly _tag: "MessageAdded"
  readonly messageId: MessageId
  readonly folderId: FolderId
  readonly uid: Uid
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly sizeBytes: number
  /** In older entries of copies neither this nor the last verb is told. */
  readonly followUp?: FollowUp
  readonly lastVerb?: LastVerb
}

/** The flags or categories of a message are now these. */
export interface FlagsChanged {
  readonly _tag: "FlagsChanged"
  readonly messageId: MessageId
  readonly folderId: FolderId
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  /** Before the change; the folder's unread count needs it. */
  readonly wasSeen: boolean
  /** In older entries it is not told. */
  readonly uid?: Uid
  readonly followUp?: FollowUp
  readonly lastVerb?: LastVerb
  /** What is another than before; in older entries it is not told. */
  readonly changed?: ReadonlyArray<MarkBlock>
  /** Of what is another than before, what it was; in older entries it is not told. */
  readonly was?: FormerMarks
}

export interface MessageMoved {
  readonly _tag: "MessageMoved"
  readonly messageId: MessageId
  readonly folderId: FolderId
  readonly uid: Uid
  readonly fromFolderId: FolderId
  readonly fromUid: Uid
  readonly seen: boolean
  readonly sizeBytes: number
  /** Epoch milliseconds. In older entries it is not told. */
  readonly receivedAt?: number
}

/** A message is gone for good (RFC 9051 7.5.1). */
export interface Expunged {
  readonly _tag: "Expunged"
  readonly messageId: MessageId
  readonly folderId: FolderId
  readonly uid: Uid
  readonly seen: boolean
  readonly sizeBytes: number
  /** Epoch milliseconds. In older entries it is not told. */
  readonly receivedAt?: number
}

export interface FolderCreated {
  readonly _tag: "FolderCreated"
  readonly folderId: FolderId
  readonly parentId: FolderId | null
  readonly name: string
  readonly role: FolderRole
  readonly uidValidity: number
}

export interface FolderRenamed {
  readonly _tag: "FolderRenamed"
  readonly folderId: FolderId
  readonly name: string
  /** In older entries it is not told. */
  readonly fromName?: string
}

export interface FolderMoved {
  readonly _tag: "FolderMoved"
  readonly folderId: FolderId
  readonly parentId: FolderId | null
  /** In older entries it is not told. */
  readonly fromParentId?: FolderId | null
}

/** The folder is gone; it was empty. */
export interface FolderDeleted {
  readonly _tag: "FolderDeleted"
  readonly folderId: FolderId
}

/** One committed fact of a mailbox. Each takes its own ModSeq, so that a cursor over the journal is one number. */
export type Change =
  | MessageAdded
  | FlagsChanged
  | MessageMoved
  | Expunged
  | FolderCreated
  | FolderRenamed
  | FolderMoved
  | FolderDeleted

/** Who wished the change: a device or protocol session, e.g. `smtp`, `grpc:<session>`, `eas:<device>`. Never an address. */
export type Origin = string

/** A change as the journal keeps it. */
export interface JournalEntry {
  readonly modSeq: ModSeq
  readonly change: Change
  readonly origin: Origin
  /** Epoch milliseconds of the commit. */
  readonly at: number
}

/** True where it is the folders themselves that change. */
export const isOfHierarchy = ({ _tag }: Change): boolean =>
  _tag === "FolderCreated" || _tag === "FolderRenamed" || _tag === "FolderMoved" || _tag === "FolderDeleted"

/** The folders that a change touches; a move touches two. */
export const foldersOf = (change: Change): ReadonlyArray<FolderId> =>
  change._tag === "MessageMoved" ? [change.folderId, change.fromFolderId] : [change.folderId]
