import { Context, type Effect } from "effect"
import type { CoreError } from "../domain/errors.ts"
import type { DeviceId, FolderId, ModSeq, SyncKey } from "../domain/ids.ts"
import type { SyncOptions, Told } from "../domain/sync/Cursor.ts"
import type {
  CollectionAnswer,
  FoldersWish,
  KnownDevice,
  SyncedFolders,
  SyncWish
} from "../domain/sync/Synchronise.ts"
import type { Call } from "./Call.ts"
import type { MessageView, OfFolder, OfMailbox } from "./Core.ts"

/** What a device writes: raw mail (RFC 5322). */
export interface RawContent {
  readonly raw: Uint8Array
  /** Of all that the device said of it: what is made from that depends on when it is asked. */
  readonly digest: string
}

/** `view` is of what is told as Add; null elsewhere, and where the message is gone since: leave it out. */
export type ToldItem = Told & { readonly view: MessageView | null }

export interface Synced {
  /** One per collection asked for, in order. */
  readonly collections: ReadonlyArray<CollectionAnswer<ToldItem>>
  /** The device's folders are out of date (status 12): Sync is answered all the same. */
  readonly isHierarchyStale: boolean
}

export interface News {
  /** Those of the folders asked for that have something; empty where only the hierarchy changed. */
  readonly folderIds: ReadonlyArray<FolderId>
  readonly isHierarchyChanged: boolean
}

type Reply<A> = Effect.Effect<A, CoreError>

/**
 * Devices in step with mailboxes: what they were told, by key. The caller's `origin` names the device's own changes, which
 * it is not told again; a call of another origin (MoveItems, EmptyFolderContents, SendMail) is told like anybody's.
 * Only a mailbox's owner may.
 */
export interface SyncMethods {
  /**
   * Applies what the device did, then tells it what is new, folder after folder. Durable when it answers. Asked again with
   * the same key and changes it gives the same answer; with the same key and other changes it does nothing twice.
   */
  readonly synchronise: (call: Call, input: OfMailbox & SyncWish<RawContent>) => Reply<Synced>
  /** The same for folders. Key null: all folders are told as Add. */
  readonly syncFolders: (call: Call, input: OfMailbox & FoldersWish) => Reply<SyncedFolders>
  /** How many items `synchronise` would tell in the end, whatever the windows; null where the key is unknown. */
  readonly estimate: (
    call: Call,
    input: OfFolder & {
      readonly deviceId: DeviceId
      readonly key: SyncKey
      /** null = as before. */
      readonly options: SyncOptions | null
      /** Absent = as before. */
      readonly conversations?: boolean
    }
  ) => Reply<number | null>
  /** What is remembered of a device; of these folders, or of all. Changes nothing. */
  readonly getCursors: (
    call: Call,
    input: OfMailbox & {
      readonly deviceId: DeviceId
      /** null = all. */
      readonly folderIds: ReadonlyArray<FolderId> | null
    }
  ) => Reply<KnownDevice>
  /** Forgets what a device was told: its next request with a key begins anew. */
  readonly resetCursors: (
    call: Call,
    input: OfMailbox & {
      readonly deviceId: DeviceId
      /** null = everything of the device. */
      readonly folderId: FolderId | null
    }
  ) => Reply<void>
  /**
   * Calls `wake` once: when one of the folders goes beyond its modseq (at once where it is there already), or with null when
   * the time is over. Costs one callback while it waits. The effect's success ends it early; calling that twice does no harm.
   */
  readonly subscribe: (
    call: Call,
    input: OfMailbox & {
      readonly folders: ReadonlyArray<{ readonly folderId: FolderId; readonly beyond: ModSeq }>
      /** null = changes of the hierarchy are no news. */
      readonly hierarchyBeyond: ModSeq | null
      readonly forMillis: number
      readonly wake: (news: News | null) => void
    }
  ) => Reply<() => void>
}

export class Sync extends Context.Tag("postroom/rpc/Sync")<Sync, SyncMethods>() {}
