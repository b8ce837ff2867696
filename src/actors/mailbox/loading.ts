import { Effect } from "effect"
import type { SyncCommand, Undo } from "../../domain/Command.ts"
import type { DeviceId, MessageId, SyncKey } from "../../domain/ids.ts"
import type { StoredMessage } from "../../domain/Message.ts"
import { select } from "../../domain/mailbox/decide/decide.ts"
import { messagesOf } from "../../domain/mailbox/decide/undo.ts"
import type { Undoing } from "../../domain/mailbox/decide/View.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"
import type { Cursor } from "../../domain/sync/Cursor.ts"
import { hierarchyCursor } from "../../domain/sync/hierarchyCursor.ts"
import {
  type Collection,
  collectionOf,
  type FolderRead,
  hierarchy,
  ofFolder,
  ofKept,
  type SyncMaterial
} from "../../domain/sync/material.ts"
import { readOfEstimate, readsOf } from "../../domain/sync/plan.ts"
import type { StoreUnavailable } from "../../storage/mailbox/MailboxStore.ts"
import type { CursorCache } from "./CursorCache.ts"
import type { ActorServices } from "./MailboxActor.ts"
import type { Ask } from "./MailboxProtocol.ts"

type LoadServices = Pick<ActorServices, "store" | "settings">

export interface Loaded {
  readonly messages: ReadonlyArray<StoredMessage>
  readonly sync: Omit<SyncMaterial, "origin" | "now"> | null
  readonly undoing: Undoing | null
}

/** All that the commands of a batch must see, before they are decided. */
export const load = (
  services: LoadServices,
  active: { readonly state: MailboxState; readonly cursors: CursorCache },
  { asks, now }: { readonly asks: ReadonlyArray<Ask>; readonly now: number }
): Effect.Effect<Loaded, StoreUnavailable> => {
  const command = asks[0]?.command
  if (command?._tag === "Undo") return loadUndo(services, active.state, { command, asks, now })
  const messages = loadMessages(services, active.state, asks)
  return command !== undefined && isAboutDevice(command)
    ? Effect.zipWith(messages, loadSync(services, active, { command, now }), (found, sync) => ({
        messages: found,
        sync,
        undoing: null
      }))
    : Effect.map(messages, (found) => ({ messages: found, sync: null, undoing: null }))
}

const loadUndo = Effect.fnUntraced(function* (
  services: LoadServices,
  state: MailboxState,
  { command, asks, now }: { readonly command: Undo; readonly asks: ReadonlyArray<Ask>; readonly now: number }
) {
  const operation = yield* services.store.operation(state.mailboxId, command.undoes)
  const ids = operation === null ? [] : messagesOf(operation)
  const messages = yield* loadMessages(services, state, asks, ids)
  return { messages, sync: null, undoing: { operation, now } }
})

const isAboutDevice = (command: Ask["command"]): command is SyncCommand =>
  command._tag === "Synchronise" ||
  command._tag === "SyncFolders" ||
  command._tag === "LookUpDevice" ||
  command._tag === "Estimate" ||
  command._tag === "ResetDevice"

const loadMessages = (
  { store, settings }: LoadServices,
  state: MailboxState,
  asks: ReadonlyArray<Ask>,
  besides: ReadonlyArray<MessageId> = []
): Effect.Effect<ReadonlyArray<StoredMessage>, StoreUnavailable> => {
  const selections = asks.map(({ command }) => select(state, command))
  const named = selections.flatMap((selection) => (selection._tag === "Ids" ? selection.ids : []))
  const ids = [...new Set([...named, ...besides])]
  const folders = selections.filter((selection) => selection._tag === "Folders")
  // One more than a chunk, so that a bulk command knows whether something is left.
  const limit = settings.limits.bulkChunk + 1
  const reads = [
    ...(ids.length > 0 ? [store.select(state.mailboxId, { _tag: "Ids", ids }, ids.length)] : []),
    ...folders.map((selection) => store.select(state.mailboxId, selection, limit))
  ]
  if (reads.length === 0) return Effect.succeed([])
  return Effect.map(Effect.all(reads), (found) => found.flat())
}

type Active = Parameters<typeof load>[1]

/** The device's cursors, from memory where they are, and then what they say must be read. Where nothing is new, nothing. */
const loadSync = Effect.fnUntraced(function* (
  { store }: LoadServices,
  active: Active,
  { command, now }: { readonly command: SyncCommand; readonly now: number }
) {
  const { state } = active
  const wanted = cursorsWanted(command)
  const found = wanted === null ? [] : yield* findCursors(store, active, wanted)
  const cursors = new Map(found.map((cursor) => [collectionOf(cursor), cursor]))
  const reads = folderReads(command, { state, cursors, now })
  const folders = yield* Effect.forEach(reads, (read) => store.readFolder(state.mailboxId, read), {
    concurrency: 4
  })
  const after = hierarchyAfter(command, { state, cursors })
  return {
    cursors,
    folders: new Map(
      reads.flatMap(({ folderId }, index) => {
        const reading = folders[index]
        return reading === undefined ? [] : [[folderId, reading] as const]
      })
    ),
    hierarchy: after === null ? null : yield* store.readHierarchy(state.mailboxId, after)
  }
})

const findCursors = Effect.fnUntraced(function* (
  store: ActorServices["store"],
  { state, cursors }: Active,
  { deviceId, collections, presented }: CursorsWanted
) {
  const held = cursors.find(deviceId, presented)
  if (held !== undefined) return held
  const found = yield* store.cursors(state.mailboxId, deviceId, collections)
  cursors.putFound(deviceId, collections ?? [], found)
  return found
})

interface CursorsWanted {
  readonly deviceId: DeviceId
  /** null = all. */
  readonly collections: ReadonlyArray<Collection> | null
  /** Collections, and the keys that the device presents for them; a cursor in memory serves where its key is the one. */
  readonly presented: ReadonlyMap<Collection, SyncKey | null> | null
}

const cursorsWanted = (command: SyncCommand): CursorsWanted | null => {
  switch (command._tag) {
    case "Synchronise": {
      const { wish } = command
      const presented = new Map<Collection, SyncKey | null>([
        ...wish.collections.map(({ folderId, key }) => [ofFolder(folderId), key] as const),
        [hierarchy, null],
        ...(wish.keep === null ? [] : [[ofKept(wish.keep.name), null] as const])
      ])
      return { deviceId: wish.deviceId, collections: [...presented.keys()], presented }
    }
    case "SyncFolders":
      return {
        deviceId: command.wish.deviceId,
        collections: [hierarchy],
        presented: new Map([[hierarchy, command.wish.key]])
      }
    case "LookUpDevice": {
      const { deviceId, folderIds } = command
      if (folderIds === null) return { deviceId, collections: null, presented: null }
      const collections = [...folderIds.map(ofFolder), hierarchy, ofKept("sync"), ofKept("ping")]
      return {
        deviceId,
        collections,
        presented: new Map(collections.map((collection) => [collection, null]))
      }
    }
    case "Estimate":
      return {
        deviceId: command.deviceId,
        collections: [ofFolder(command.folderId)],
        presented: new Map([[ofFolder(command.folderId), command.key]])
      }
    case "ResetDevice":
      return null
  }
}

const folderReads = (
  command: SyncCommand,
  known: {
    readonly state: MailboxState
    readonly cursors: ReadonlyMap<Collection, Cursor>
    readonly now: number
  }
): ReadonlyArray<FolderRead> => {
  if (command._tag === "Synchronise") return readsOf(command, known)
  const read = command._tag === "Estimate" ? readOfEstimate(command, known) : undefined
  return read === undefined ? [] : [read]
}

/** From where the changes of the folders must be read; null = they need not be. */
const hierarchyAfter = (
  command: SyncCommand,
  { state, cursors }: { readonly state: MailboxState; readonly cursors: ReadonlyMap<Collection, Cursor> }
) => {
  if (command._tag !== "SyncFolders" || command.wish.key === null || command.wish.change !== null) return null
  const cursor = hierarchyCursor(cursors)
  if (cursor === undefined) return null
  const view = cursor.key === command.wish.key ? cursor.view : cursor.former?.view
  return view === undefined || state.hierarchyModSeq <= view.cursor ? null : view.cursor
}
