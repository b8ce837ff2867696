import type { JournalEntry, Origin } from "../Change.ts"
import { isOfHierarchy } from "../Change.ts"
import type { Folder } from "../Folder.ts"
import type { FolderId, ModSeq } from "../ids.ts"
import { ancestors, type MailboxState, subtree } from "../mailbox/State.ts"
import type { ToldFolder, ToldOfFolders } from "./Cursor.ts"

/** Of a device that removed a folder, which now lies in Deleted Items: to the device it is gone until it is told. */
export const ofRemoval = (origin: Origin): Origin => `${origin}/removed`

export interface FoldersFound {
  readonly added: ReadonlyArray<FolderId>
  readonly updated: ReadonlyArray<FolderId>
  readonly deleted: ReadonlyArray<FolderId>
}

interface Track {
  isOnDevice: boolean
  isNews: boolean
}

/** What a device must be told of the folders, one thing for each. */
export const foldFolders = (
  entries: ReadonlyArray<JournalEntry>,
  around: { readonly state: MailboxState; readonly origin: Origin; readonly ownUntil: ModSeq }
): FoldersFound => {
  const { state } = around
  const tracks = new Map<FolderId, Track>()
  for (const entry of entries) if (isOfHierarchy(entry.change)) follow(tracks, entry, around)
  const all = [...tracks]
  const there = all.filter(([id]) => state.folders.has(id))
  return {
    added: there.flatMap(([id, { isOnDevice }]) => (isOnDevice ? [] : [id])),
    updated: there.flatMap(([id, { isOnDevice, isNews }]) => (isOnDevice && isNews ? [id] : [])),
    deleted: all.flatMap(([id, { isOnDevice }]) => (isOnDevice && !state.folders.has(id) ? [id] : []))
  }
}

const follow = (
  tracks: Map<FolderId, Track>,
  { change, modSeq, origin }: JournalEntry,
  around: { readonly state: MailboxState; readonly origin: Origin; readonly ownUntil: ModSeq }
): void => {
  const id = change.folderId
  const trackOf = (folderId: FolderId, isOnDevice: boolean): Track => {
    const track = tracks.get(folderId) ?? { isOnDevice, isNews: false }
    tracks.set(folderId, track)
    return track
  }
  const track = trackOf(id, change._tag !== "FolderCreated")
  const isPast = modSeq <= around.ownUntil
  if (isPast && origin === ofRemoval(around.origin)) {
    // With all that lies below it.
    for (const folder of subtree(around.state, id)) trackOf(folder.id, true).isOnDevice = false
    track.isOnDevice = false
    return
  }
  if (!isPast || origin !== around.origin) {
    track.isNews = true
    return
  }
  if (change._tag === "FolderCreated") track.isOnDevice = true
  if (change._tag === "FolderDeleted") track.isOnDevice = false
}

/** Parents before their children. */
export const toldFolders = (state: MailboxState, found: FoldersFound): ReadonlyArray<ToldOfFolders> => {
  const ordered = (ids: ReadonlyArray<FolderId>): ReadonlyArray<Folder> =>
    ids
      .flatMap((id) => state.folders.get(id) ?? [])
      .map((folder) => ({ folder, depth: ancestors(state, folder.id).length }))
      .sort((a, b) => a.depth - b.depth || a.folder.id - b.folder.id)
      .map(({ folder }) => folder)
  return [
    ...ordered(found.added).map((folder) => ({ op: "Add" as const, folder: toTold(folder) })),
    ...ordered(found.updated).map((folder) => ({ op: "Update" as const, folder: toTold(folder) })),
    ...found.deleted.map((id) => ({ op: "Delete" as const, id }))
  ]
}

const toTold = ({ id, parentId, name, role }: Folder): ToldFolder => ({ id, parentId, name, role })
