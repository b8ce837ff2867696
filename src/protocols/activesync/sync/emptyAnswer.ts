import type { AnsweredCollection } from "./answer.ts"
import type { EmptyFolder } from "./emptyCollections.ts"
import { failed } from "./failed.ts"
import type { CollectionRequest } from "./SyncRequest.ts"

/** A collection that cannot be synced so; a wrong key is told to begin anew. */
export const refusedCollection = (request: CollectionRequest, status: number): AnsweredCollection => ({
  collectionId: request.collectionId,
  syncKey: status === 3 ? "0" : request.syncKey,
  status,
  responses: [],
  changes: [],
  moreAvailable: false
})

/**
 * A folder that holds nothing needs no memory: its keys count the requests that brought something, and any of them goes on.
 * What a device puts there has nowhere to go: 6 tells it to stop trying.
 */
export const emptyAnswer = (request: CollectionRequest, folder: EmptyFolder): AnsweredCollection => {
  if (!/^\d{1,9}$/.test(request.syncKey)) return refusedCollection(request, 3)
  // MS-ASCMD_R756: nothing is ever added to the recipient information cache.
  if (folder.itemClass === null && request.commands.length > 0) return refusedCollection(request, 4)
  const isNew = request.syncKey === "0" || request.commands.length > 0
  return {
    ...refusedCollection(request, 1),
    syncKey: isNew ? String(Number(request.syncKey) + 1) : request.syncKey,
    responses: request.commands.map((command) => failed(command, command._tag === "Add" ? 6 : 8))
  }
}
