import type { Category, Flag } from "../Flags.ts"
import type { FolderRole } from "../Folder.ts"
import type { FollowUp, LastVerb } from "../FollowUp.ts"
import type { DeviceId, FolderId, MessageId, ModSeq, SyncKey, Uid } from "../ids.ts"
import type { MarkBlock } from "../Message.ts"
import type { ChangeOutcome, FolderOutcome } from "./outcomes.ts"

/** What JSON can say. Kept for a protocol, never looked at. */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [name: string]: Json }

/** How a device wants a folder told. Stays until other options come. */
export interface SyncOptions {
  /** Only messages received in the last days; null = all. */
  readonly days: number | null
  /** Of conversations that have one of those, the older messages, too. */
  readonly conversations?: boolean
  /** Whose change of a message stands where device and mailbox both changed it since they last met. */
  readonly conflict: "server" | "client"
  /** What is sent of one message at most. */
  readonly maxItemBytes: number
  /** The protocol's own: body preferences and the like. */
  readonly other: Json
}

/** A place in a folder by age: older messages come before, messages of the same millisecond by their uid. */
export interface Position {
  /** Epoch milliseconds. */
  readonly at: number
  readonly uid: Uid
}

export interface Removal {
  readonly id: MessageId
  readonly at: ModSeq
}

/**
 * What a device knows of a folder, O(1): the messages that lay in the folder at `cursor` and are not older than
 * `reached`, and `known`. Initial sync is `reached` on its way back through time, a wider filter its further way, a
 * narrower filter or the passing of days its way forth.
 */
export interface FolderView {
  readonly cursor: ModSeq
  readonly reached: Position
  /** Messages on the device that are older than `reached`: its own, and those of conversations. Bounded. */
  readonly known: ReadonlyArray<MessageId>
  /** There was no room to tell, or to take back, all of those of conversations. */
  readonly isKeptDue?: boolean
  /** Messages that came before `cursor`, left after it and were never told; absent = none. Bounded. */
  readonly skipped?: ReadonlyArray<MessageId>
  /** Messages that the device removed itself, `at` a modseq beyond `cursor`; absent = none. Bounded. */
  readonly removed?: ReadonlyArray<Removal>
  /** The device's own changes up to here are no news for it … */
  readonly ownUntil: ModSeq
  /** … but those of these messages `after` a modseq: it may never have got the answer that told of them. Bounded. */
  readonly unsure: ReadonlyArray<{ readonly id: MessageId; readonly after: ModSeq }>
  readonly options: SyncOptions
}

/** What a device knows of the folders themselves. */
export interface HierarchyView {
  readonly cursor: ModSeq
  readonly ownUntil: ModSeq
}

/** One thing that a device is told of a folder. Flags and categories are those of the moment it was told. */
export type Told =
  | ({ readonly op: "Add" | "Change"; readonly id: MessageId } & ToldMarks)
  /** SoftDelete: it still is in the folder, but out of the device's filter (MS-ASCMD 2.2.3.167). */
  | { readonly op: "Delete" | "SoftDelete"; readonly id: MessageId }

export interface ToldMarks {
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly followUp?: FollowUp
  readonly lastVerb?: LastVerb
  /** Of an Add: the message is older than the filter, and there for its conversation's sake. */
  readonly isKept?: boolean
  /** Of a Change: what is another since the device was told last (MS-ASEMAIL 3.2.5.4.1); absent = not known, so all of it. */
  readonly changed?: ReadonlyArray<MarkBlock>
}

/** A folder as a device is told of it. */
export interface ToldFolder {
  readonly id: FolderId
  readonly parentId: FolderId | null
  readonly name: string
  readonly role: FolderRole
}

export type ToldOfFolders =
  | { readonly op: "Add" | "Update"; readonly folder: ToldFolder }
  | { readonly op: "Delete"; readonly id: FolderId }

/** Enough of an answer to give it again. */
export interface FolderRecipe {
  readonly outcomes: ReadonlyArray<ChangeOutcome>
  readonly told: ReadonlyArray<Told>
  readonly more: boolean
}

export interface HierarchyRecipe {
  readonly outcome: FolderOutcome | null
  readonly told: ReadonlyArray<ToldOfFolders>
}

/** The answer before the last one is kept until the device shows, by its next key, that it has the last one. */
export interface Former<View, Recipe> {
  /** The key that was presented. */
  readonly key: SyncKey
  /** What the device knew then. */
  readonly view: View
  /** Of the request that was answered; "" where there is no answer to give again. */
  readonly digest: string
  readonly recipe: Recipe
  /** Items made and moved under this key, by what names them in a repeated request. Bounded. */
  readonly done: Readonly<Record<string, MessageId>>
}

interface CursorOf<Tag extends string, View, Recipe> {
  readonly _tag: Tag
  readonly deviceId: DeviceId
  /** The last key given out. */
  readonly key: SyncKey
  /** How many keys were given out. */
  readonly count: number
  /** What the device knows once it has the last answer. */
  readonly view: View
  /** Absent where there is none, or where nobody has to know: a cursor in memory comes without. */
  readonly former?: Former<View, Recipe>
}

export interface FolderCursor extends CursorOf<"Folder", FolderView, FolderRecipe> {
  readonly folderId: FolderId
}

export type HierarchyCursor = CursorOf<"Hierarchy", HierarchyView, HierarchyRecipe>

/** A request that a device may repeat by an empty one; opaque. */
export interface KeptRequest {
  readonly _tag: "Kept"
  readonly deviceId: DeviceId
  readonly name: KeptName
  readonly value: Json
}

export type KeptName = "sync" | "ping"

/** What the server remembers of one device and one collection. */
export type Cursor = FolderCursor | HierarchyCursor | KeptRequest
