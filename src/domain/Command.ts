import type { Change } from "./Change.ts"
import type { Category, Flag } from "./Flags.ts"
import type { FolderRole } from "./Folder.ts"
import type { FolderId, MessageId, ModSeq, TaskId } from "./ids.ts"
import type { NewMessage } from "./Message.ts"

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
  readonly message: NewMessage
}

export interface ChangeFlags {
  readonly _tag: "ChangeFlags"
  readonly messageIds: ReadonlyArray<MessageId>
  readonly addFlags: ReadonlyArray<Flag>
  readonly removeFlags: ReadonlyArray<Flag>
  readonly addCategories: ReadonlyArray<Category>
  readonly removeCategories: ReadonlyArray<Category>
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
}

/** The answer to a command once it is committed. JSON-safe: a retry of the same operation gets it again. */
export interface CommandResult {
  /** The mailbox's newest change after this command. */
  readonly modSeq: ModSeq
  readonly changes: ReadonlyArray<Change>
  readonly missing: ReadonlyArray<MessageId>
  readonly more: boolean
  /** True where the command had been applied before and nothing was done now. */
  readonly duplicate: boolean
}
