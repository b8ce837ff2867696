import type { Change, Origin } from "./Change.ts"
import type { Category, Flag } from "./Flags.ts"
import type { FolderRole } from "./Folder.ts"
import type { FollowUp, LastVerb } from "./FollowUp.ts"
import type { DeviceId, FolderId, MessageId, ModSeq, OperationId, SyncKey, TaskId } from "./ids.ts"
import type { NewMessage } from "./Message.ts"
import type { Undone } from "./Operation.ts"
import type { Cursor, SyncOptions } from "./sync/Cursor.ts"
import type {
  FoldersWish,
  KnownDevice,
  SyncedCollection,
  SyncedFolders,
  SyncWish
} from "./sync/Synchronise.ts"

/** Makes the system folders; the first change of every mailbox. */
export interface CreateMailbox {
  readonly _tag: "CreateMailbox"
}

/** Puts an accepted message where mail arrives. Applied once per task, however often it is asked for. */
export interface Deliver {
  readonly _tag: "Deliver"
  readonly taskId: TaskId
  readonly target: FolderRole
  readonly message: NewMessage
}

/** Stores a message at a client's wish (IMAP APPEND, drafts, the Sent copy). */
export interface Append {
  readonly _tag: "Append"
  readonly folderId: FolderId
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly followUp?: FollowUp
  readonly message: NewMessage
}

export interface ChangeFlags {
  readonly _tag: "ChangeFlags"
  readonly messageIds: ReadonlyArray<MessageId>
  readonly addFlags: ReadonlyArray<Flag>
  readonly removeFlags: ReadonlyArray<Flag>
  readonly addCategories: ReadonlyArray<Category>
  readonly removeCategories: ReadonlyArray<Category>
  /** null = none any more; absent = as it is. */
  readonly followUp?: FollowUp | null
  readonly lastVerb?: LastVerb
}

export interface MoveMessages {
  readonly _tag: "MoveMessages"
  readonly messageIds: ReadonlyArray<MessageId>
  readonly toFolderId: FolderId
}

export interface CopyMessages {
  readonly _tag: "CopyMessages"
  readonly messageIds: ReadonlyArray<MessageId>
  readonly toFolderId: FolderId
}

/** Moves messages to Deleted Items; those that lie there stay. */
export interface DeleteMessages {
  readonly _tag: "DeleteMessages"
  readonly messageIds: ReadonlyArray<MessageId>
}

/** Removes messages for good. */
export interface ExpungeMessages {
  readonly _tag: "ExpungeMessages"
  readonly messageIds: ReadonlyArray<MessageId>
  /** Only those that lie there: one that was moved since somebody looked is missing. */
  readonly folderId?: FolderId
}

export interface CreateFolder {
  readonly _tag: "CreateFolder"
  readonly name: string
  readonly parentId: FolderId | null
}

export interface RenameFolder {
  readonly _tag: "RenameFolder"
  readonly folderId: FolderId
  readonly name: string
}

export interface MoveFolder {
  readonly _tag: "MoveFolder"
  readonly folderId: FolderId
  readonly parentId: FolderId | null
}

/** Moves a folder into Deleted Items; with `permanently`, or where it lies there, removes it with all it holds. */
export interface DeleteFolder {
  readonly _tag: "DeleteFolder"
  readonly folderId: FolderId
  readonly permanently: boolean
}

export interface MarkAllRead {
  readonly _tag: "MarkAllRead"
  readonly folderId: FolderId
}

/** Moves what a folder holds to Deleted Items; with `permanently`, or in Deleted Items and Junk, removes it. */
export interface EmptyFolder {
  readonly _tag: "EmptyFolder"
  readonly folderId: FolderId
  readonly permanently: boolean
}

/** Puts back what an operation changed and what is still as it left it. */
export interface Undo {
  readonly _tag: "Undo"
  readonly undoes: OperationId
}

/** What a device did, and what it is told (`sync/`). Changes and cursors are one commit. */
export interface Synchronise {
  readonly _tag: "Synchronise"
  readonly wish: SyncWish<NewMessage>
  /** Of the collections in order, without their keys: equal for equal requests. */
  readonly digests: ReadonlyArray<string>
  /** Makes the new keys ones that nobody can guess. */
  readonly nonce: string
}

export interface SyncFolders {
  readonly _tag: "SyncFolders"
  readonly wish: FoldersWish
  readonly digest: string
  readonly nonce: string
}

/** Changes nothing. */
export interface LookUpDevice {
  readonly _tag: "LookUpDevice"
  readonly deviceId: DeviceId
  /** null = all. */
  readonly folderIds: ReadonlyArray<FolderId> | null
}

/** How much a device would be told; changes nothing. */
export interface Estimate {
  readonly _tag: "Estimate"
  readonly deviceId: DeviceId
  readonly folderId: FolderId
  readonly key: SyncKey
  /** null = as before. */
  readonly options: SyncOptions | null
  readonly conversations?: boolean
}

export interface ResetDevice {
  readonly _tag: "ResetDevice"
  readonly deviceId: DeviceId
  /** null = everything of the device. */
  readonly folderId: FolderId | null
}

/** Commands about what devices know of the mailbox. */
export type SyncCommand = Synchronise | SyncFolders | LookUpDevice | Estimate | ResetDevice

/** A wish to change one mailbox, decided by its actor. */
export type Command =
  | CreateMailbox
  | Deliver
  | Append
  | ChangeFlags
  | MoveMessages
  | CopyMessages
  | DeleteMessages
  | ExpungeMessages
  | CreateFolder
  | RenameFolder
  | MoveFolder
  | DeleteFolder
  | MarkAllRead
  | EmptyFolder
  | Undo
  | SyncCommand

/** The messages that a decision must see before it can be made. */
export type Selection =
  | { readonly _tag: "None" }
  | { readonly _tag: "Ids"; readonly ids: ReadonlyArray<MessageId> }
  | { readonly _tag: "Folders"; readonly folderIds: ReadonlyArray<FolderId>; readonly unseenOnly: boolean }

/** What `decide` found: facts to commit, in order. */
export interface Decision {
  readonly changes: ReadonlyArray<Change>
  /** Copies: the new message's number → the one whose content it shares. */
  readonly copies: ReadonlyMap<MessageId, MessageId>
  /** Numbers in the command that name no message of this mailbox, or none where the command looks for it. */
  readonly missing: ReadonlyArray<MessageId>
  /** True where a bulk command has more to do than one commit takes: ask again. */
  readonly more: boolean
  /** What commands about devices have besides. */
  readonly sync?: SyncDecision
  readonly undone?: Undone
}

export interface SyncDecision {
  readonly answer: SyncAnswer
  readonly cursors: ReadonlyArray<CursorWrite>
  readonly reset: { readonly deviceId: DeviceId; readonly folderId: FolderId | null } | null
  /** Texts of the messages added. */
  readonly contents: ReadonlyMap<MessageId, NewMessage>
  /** Of the changes in order. */
  readonly origins: ReadonlyArray<Origin>
}

export interface CursorWrite {
  readonly cursor: Cursor
  /** The key that stands there before; null = there is no cursor. The same key again leaves `former` as it is. */
  readonly replaces: SyncKey | null
}

export type SyncAnswer =
  | {
      readonly _tag: "Collections"
      readonly collections: ReadonlyArray<SyncedCollection>
      readonly isHierarchyStale: boolean
    }
  | { readonly _tag: "Folders"; readonly folders: SyncedFolders }
  | { readonly _tag: "Device"; readonly device: KnownDevice }
  /** null where the key is unknown, expired or of a folder that is gone. */
  | { readonly _tag: "Estimate"; readonly items: number | null }
  | { readonly _tag: "Reset" }

/** The answer to a command once it is committed. JSON-safe: a retry of the same operation gets it again. */
export interface CommandResult {
  /** The mailbox's newest change after this command. */
  readonly modSeq: ModSeq
  readonly changes: ReadonlyArray<Change>
  readonly missing: ReadonlyArray<MessageId>
  readonly more: boolean
  /** True where the command had been applied before and nothing was done now. */
  readonly duplicate: boolean
  /** Of commands about devices. */
  readonly sync?: SyncAnswer
  /** Of an undo. */
  readonly undone?: Undone
}
