import type { JournalEntry, Origin } from "../Change.ts"
import type { FolderId, MessageId, ModSeq } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { Cursor, KeptName, Position } from "./Cursor.ts"

/** What must be read of a folder before a device can be told of it. */
export interface FolderRead {
  readonly folderId: FolderId
  /** Entries of the folder in `(after, until]`; null = none are needed. */
  readonly journal: { readonly after: ModSeq; readonly until: ModSeq } | null
  /** Messages between two places, from the first on; null = none are needed. With `limit` null they are only counted. */
  readonly walk: { readonly from: Position; readonly to: Position; readonly limit: number | null } | null
  /**
   * Messages older than `from` whose conversation has one in the folder that is not, the newest first; null = none are
   * needed. Rows of `known` ones come with them.
   */
  readonly kept: {
    readonly from: Position
    readonly known: ReadonlyArray<MessageId>
    readonly limit: number
  } | null
}

export interface FolderReading {
  /** The journal reaches back no further. */
  readonly lowWater: ModSeq
  /** Oldest first. */
  readonly entries: ReadonlyArray<JournalEntry>
  /** The entries are complete up to here; null = none were needed. */
  readonly readTo: ModSeq | null
  /** Rows of the messages in the entries, on the walk and kept, as far as they exist. */
  readonly messages: ReadonlyArray<StoredMessage>
  /** Messages are complete from the walk's begin up to here; null = there was no walk. */
  readonly walkedTo: Position | null
  /** Messages on a walk that only counts; 0 elsewhere. */
  readonly count: number
  /** The newest first; null = they were not looked for. */
  readonly kept: ReadonlySet<MessageId> | null
}

export interface HierarchyReading {
  readonly lowWater: ModSeq
  /** Changes of the folders themselves, oldest first. */
  readonly entries: ReadonlyArray<JournalEntry>
}

/** What a decision about a device may look at, besides the mailbox. */
export interface SyncMaterial {
  readonly cursors: ReadonlyMap<Collection, Cursor>
  readonly folders: ReadonlyMap<FolderId, FolderReading>
  readonly hierarchy: HierarchyReading | null
  readonly origin: Origin
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a cursor is about, as its row says it: a folder's number, `hierarchy`, or a kept request. */
export type Collection = string

export const hierarchy: Collection = "hierarchy"
export const ofFolder = (folderId: FolderId): Collection => String(folderId)
export const ofKept = (name: KeptName): Collection => `kept ${name}`

export const collectionOf = (cursor: Cursor): Collection => {
  switch (cursor._tag) {
    case "Folder":
      return ofFolder(cursor.folderId)
    case "Hierarchy":
      return hierarchy
    case "Kept":
      return ofKept(cursor.name)
  }
}
