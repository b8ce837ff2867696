import type { DeviceId, FolderId, SyncKey } from "../../domain/ids.ts"
import type { Cursor } from "../../domain/sync/Cursor.ts"
import { type Collection, collectionOf, ofFolder } from "../../domain/sync/material.ts"

/**
 * Cursors of the devices that are about, without the answers before the last: those are read where a device asks for one
 * again. As true as the mailbox's state beside it, and let go with it.
 */
export interface CursorCache {
  /**
   * The cursors of these collections; undefined where the cache cannot answer for all of them, or one stands at another key
   * than the one presented. A collection that has none is left out.
   */
  readonly find: (
    deviceId: DeviceId,
    presented: ReadonlyMap<Collection, SyncKey | null> | null
  ) => ReadonlyArray<Cursor> | undefined
  /** What was read of a device: of these collections these cursors, of the others none. */
  readonly putFound: (
    deviceId: DeviceId,
    collections: ReadonlyArray<Collection>,
    found: ReadonlyArray<Cursor>
  ) => void
  /** After a commit. */
  readonly put: (cursors: ReadonlyArray<Cursor>) => void
  readonly forget: (deviceId: DeviceId, folderId: FolderId | null) => void
}

/** Of one mailbox: about ten devices with all their folders. */
const maxCursors = 512

export const makeCursorCache = (): CursorCache => {
  // In the order of their last use.
  const held = new Map<string, Cursor | null>()
  const nameOf = (deviceId: DeviceId, collection: Collection): string => `${collection} of ${deviceId}`
  const hold = (name: string, cursor: Cursor | null): void => {
    held.delete(name)
    held.set(name, cursor)
  }
  const trim = (): void => {
    for (const name of held.keys()) {
      if (held.size <= maxCursors) break
      held.delete(name)
    }
  }
  const put = (cursors: ReadonlyArray<Cursor>): void => {
    for (const cursor of cursors) hold(nameOf(cursor.deviceId, collectionOf(cursor)), withoutFormer(cursor))
    trim()
  }
  return {
    find: (deviceId, presented) => {
      if (presented === null) return undefined
      const found: Array<Cursor> = []
      for (const [collection, key] of presented) {
        const name = nameOf(deviceId, collection)
        const cursor = held.get(name)
        if (cursor === undefined || !fits(cursor, key)) return undefined
        hold(name, cursor)
        if (cursor !== null) found.push(cursor)
      }
      return found
    },
    putFound: (deviceId, collections, found) => {
      for (const collection of collections) hold(nameOf(deviceId, collection), null)
      put(found)
    },
    put,
    forget: (deviceId, folderId) => {
      for (const [name, cursor] of held) {
        if (cursor?.deviceId !== deviceId) continue
        if (folderId === null || collectionOf(cursor) === ofFolder(folderId)) held.set(name, null)
      }
    }
  }
}

const fits = (cursor: Cursor | null, key: SyncKey | null): boolean =>
  key === null || cursor === null || cursor._tag === "Kept" || cursor.key === key

const withoutFormer = (cursor: Cursor): Cursor => {
  if (cursor._tag === "Kept") return cursor
  const { former: _former, ...rest } = cursor
  return rest
}
