import type { Category, Flag } from "../Flags.ts"
import type { FollowUp, LastVerb } from "../FollowUp.ts"
import type { DeviceId, FolderId, MessageId, ModSeq, SyncKey } from "../ids.ts"
import type { Json, KeptName, SyncOptions, Told, ToldOfFolders } from "./Cursor.ts"
import type { ChangeOutcome, FolderOutcome } from "./outcomes.ts"

/** What a device did to a message of the folder. `Content` is what it writes: bytes outside, read mail inside. */
export type DeviceChange<Content> =
  | ({ readonly _tag: "Change"; readonly messageId: MessageId } & MarksChange)
  /** To Deleted Items, or for good; from Deleted Items always for good. */
  | { readonly _tag: "Delete"; readonly messageId: MessageId; readonly permanently: boolean }
  /** `clientId` names the new item in this request and in its repetitions. */
  | ({ readonly _tag: "Add"; readonly clientId: string; readonly content: Content } & NewMarks)
  /** Another text for a draft. It becomes another message: the device is told a Delete and an Add. */
  | ({ readonly _tag: "Replace"; readonly messageId: MessageId; readonly content: Content } & NewMarks)

export interface MarksChange {
  readonly addFlags: ReadonlyArray<Flag>
  readonly removeFlags: ReadonlyArray<Flag>
  /** Instead of those that are there; null = as they are. */
  readonly categories: ReadonlyArray<Category> | null
  /** null = none any more; absent = as it is. */
  readonly followUp?: FollowUp | null
  readonly lastVerb?: LastVerb
}

export interface NewMarks {
  readonly flags: ReadonlyArray<Flag>
  readonly categories: ReadonlyArray<Category>
  readonly followUp?: FollowUp
}

/** What a device wishes of one folder. */
export interface CollectionWish<Content> {
  readonly folderId: FolderId
  /** The key that it holds; null = it begins anew ("0"). */
  readonly key: SyncKey | null
  /** null = as before. */
  readonly options: SyncOptions | null
  /** `SyncOptions.conversations`, which is no part of what options replace; absent = as before. */
  readonly conversations?: boolean
  /** Whether it wants to be told what is new (MS-ASCMD 2.2.3.84, GetChanges). */
  readonly tell: boolean
  /** Items that it wants to be told at most. */
  readonly maxItems: number
  readonly changes: ReadonlyArray<DeviceChange<Content>>
}

export interface SyncWish<Content> {
  readonly deviceId: DeviceId
  /** In this order, each at most once. */
  readonly collections: ReadonlyArray<CollectionWish<Content>>
  /** Of all collections together. */
  readonly maxItems: number
  /** Of all new items together, each counted with at most its folder's `maxItemBytes`; one item is always told. */
  readonly maxBytes: number
  /** Kept for an empty request, in the same commit; null = leave what is kept. */
  readonly keep: { readonly name: KeptName; readonly value: Json } | null
}

/** What one collection is answered. */
export type CollectionAnswer<Item> =
  | {
      readonly _tag: "Synced"
      readonly folderId: FolderId
      /** For the next request. The presented one where nothing was done and nothing told. */
      readonly key: SyncKey
      readonly options: SyncOptions
      /** True where this answer was given before. */
      readonly isReplay: boolean
      readonly outcomes: ReadonlyArray<ChangeOutcome>
      readonly told: ReadonlyArray<Item>
      /** There is more to tell at once. The key is a new one then. */
      readonly more: boolean
      /** All of the folder up to here was told or is part of `more`. */
      readonly modSeq: ModSeq
    }
  | {
      readonly _tag: "Refused"
      readonly folderId: FolderId
      /**
       * UnknownKey: neither the last key nor the one before. Expired: the journal no longer reaches back so far. Both:
       * begin anew. NoFolder: there is no such folder (any more).
       */
      readonly reason: "UnknownKey" | "Expired" | "NoFolder"
    }

export type SyncedCollection = CollectionAnswer<Told>

/** What a device did to the folders. */
export type DeviceFolderChange =
  | { readonly _tag: "Create"; readonly name: string; readonly parentId: FolderId | null }
  | {
      readonly _tag: "Update"
      readonly folderId: FolderId
      readonly name: string
      readonly parentId: FolderId | null
    }
  /** To Deleted Items, where the device finds it at its next look; from there for good. */
  | { readonly _tag: "Delete"; readonly folderId: FolderId }

export interface FoldersWish {
  readonly deviceId: DeviceId
  readonly key: SyncKey | null
  /** With one, nothing is told (FolderCreate, FolderUpdate, FolderDelete); without, what is new (FolderSync). */
  readonly change: DeviceFolderChange | null
}

export type SyncedFolders =
  | {
      readonly _tag: "Synced"
      readonly key: SyncKey
      readonly isReplay: boolean
      readonly outcome: FolderOutcome | null
      readonly told: ReadonlyArray<ToldOfFolders>
    }
  | { readonly _tag: "Refused"; readonly reason: "UnknownKey" | "Expired" }

/** What the server remembers of a device, as far as somebody outside has to know. */
export interface KnownDevice {
  readonly collections: ReadonlyArray<KnownCollection>
  /** Null where the device never synced its folders. */
  readonly hierarchy: {
    readonly key: SyncKey
    /** Folders changed since, other than by this device: it must sync them first. */
    readonly isStale: boolean
    /** Folder changes up to here were told. */
    readonly modSeq: ModSeq
  } | null
  readonly kept: Readonly<Partial<Record<KeptName, Json>>>
}

export interface KnownCollection {
  readonly folderId: FolderId
  readonly key: SyncKey
  readonly options: SyncOptions
  /** Changes of the folder beyond this were not told. What was told counts, whether or not it was acknowledged. */
  readonly modSeq: ModSeq
  /** A Sync now would tell something. */
  readonly isBehind: boolean
  readonly isFolderGone: boolean
}
