import { Either, Option, Schema } from "effect"
import type { Json } from "../../../domain/sync/Cursor.ts"
import { type CollectionRequest, protocolError, type SyncRefusal, type SyncRequest } from "./SyncRequest.ts"
import { StoredBody } from "./storedOptions.ts"

const Block = Schema.Struct({
  itemClass: Schema.NullOr(Schema.Literal("Email", "SMS", "Calendar", "Contacts", "Tasks", "Notes")),
  filterType: Schema.Number,
  conflict: Schema.Literal("client", "server"),
  body: StoredBody
})

const Collection = Schema.Struct({
  collectionId: Schema.String,
  syncKey: Schema.String,
  deletesAsMoves: Schema.Boolean,
  getChanges: Schema.Boolean,
  windowSize: Schema.Number,
  conversationMode: Schema.NullOr(Schema.Boolean),
  options: Schema.NullOr(Schema.Array(Block))
})

const KeptSync = Schema.Struct({
  collections: Schema.Array(Collection),
  waitSeconds: Schema.NullOr(Schema.Number),
  windowSize: Schema.NullOr(Schema.Number)
})

/** What is kept of a request, so that an empty one may stand for it; null = it brought commands and is kept no longer (MS-ASCMD_R666, R674). */
export const toKept = (request: SyncRequest): Json =>
  request.collections.some(({ commands }) => commands.length > 0)
    ? null
    : (JSON.parse(
        JSON.stringify({
          collections: request.collections.map(({ commands: _, ...collection }) => collection),
          waitSeconds: request.waitSeconds,
          windowSize: request.windowSize
        })
      ) satisfies Json)

/** The request that an empty one stands for; undefined where none is kept, or by another release in another shape. */
export const fromKept = (kept: Json | undefined): SyncRequest | undefined =>
  Option.getOrUndefined(
    Option.map(Schema.decodeUnknownOption(KeptSync)(kept), (request) => ({
      ...request,
      isPartial: false,
      collections: request.collections.map((collection) => ({ ...collection, commands: [] }))
    }))
  )

/** There is nothing that an empty or a partial request could stand for (MS-ASCMD_R4456). */
const notKept: SyncRefusal = { status: 13, limit: null }

/**
 * The whole of what a device asks: what a partial request does not list is as in the request before (MS-ASCMD_R3644,
 * R3645), and an empty one is that request again (MS-ASCMD_R673).
 */
export const completed = (
  request: SyncRequest | null,
  kept: SyncRequest | undefined,
  maxCollections: number
): Either.Either<SyncRequest, SyncRefusal> => {
  if (request !== null && !request.isPartial) return Either.right(request)
  if (kept === undefined) return Either.left(notKept)
  if (request === null) return Either.right(kept)
  const collections = merged(kept.collections, request.collections)
  if (collections.length > maxCollections) return Either.left({ status: 15, limit: maxCollections })
  if (collections.length === 0) return Either.left(protocolError)
  return Either.right({
    collections,
    isPartial: false,
    waitSeconds: request.waitSeconds ?? kept.waitSeconds,
    windowSize: request.windowSize ?? kept.windowSize
  })
}

/** Listed anew in their old place, so that the order of a device's folders stays its own. */
const merged = (
  kept: ReadonlyArray<CollectionRequest>,
  listed: ReadonlyArray<CollectionRequest>
): ReadonlyArray<CollectionRequest> => {
  const news = new Map(listed.map((collection) => [collection.collectionId, collection]))
  const known = new Set(kept.map(({ collectionId }) => collectionId))
  return [
    ...kept.map((collection) => news.get(collection.collectionId) ?? collection),
    ...listed.filter(({ collectionId }) => !known.has(collectionId))
  ]
}
