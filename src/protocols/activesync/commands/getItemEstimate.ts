import { Effect, Either } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { DeviceId, type FolderId, SyncKey } from "../../../domain/ids.ts"
import type { SyncMethods } from "../../../rpc/Sync.ts"
import type { Command, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { defaultBodyOptions } from "../content/bodyOptions.ts"
import { emptyCollectionOf, folderIdOf } from "../content/serverId.ts"
import { StatusError } from "../status.ts"
import { emptyFolder } from "../sync/emptyCollections.ts"
import { hasConversations, type ItemClass, mayFilter } from "../sync/itemClasses.ts"
import { syncOptionsOf } from "../sync/storedOptions.ts"
import { type Element, element } from "../wbxml/element.ts"
import { type EstimateRequest, readEstimates } from "./estimateRequest.ts"

/** MS-ASCMD 2.2.3.177.6; the last two are common ones, and of the whole request. */
const success = 1
const noCollection = 2
const notPrimed = 3
const wrongKey = 4
const noClassTogether = 4
const malformed = 103
const notOfClass = 110

/** Says how many items a Sync would bring (MS-ASCMD 2.2.1.9). */
export const getItemEstimate =
  (sync: SyncMethods): Command =>
  (request) =>
    Effect.gen(function* () {
      const read = request.document === null ? Either.left(malformed) : readEstimates(request.document)
      if (Either.isLeft(read)) return yield* new StatusError({ status: read.left })
      const fault = read.right.map(faultOf).find((status) => status !== undefined)
      if (fault !== undefined) return yield* new StatusError({ status: fault })
      // What is asked for a thousand times is looked for once.
      const distinct = new Map(read.right.map((asked) => [JSON.stringify(asked), asked]))
      const found = yield* Effect.forEach(distinct, ([name, asked]) =>
        Effect.map(estimateOne(sync, request, asked), (response) => [name, response] as const)
      )
      const responses = new Map(found)
      return {
        _tag: "Document",
        document: element(
          "GetItemEstimate:GetItemEstimate",
          read.right.map((asked) => responses.get(JSON.stringify(asked)))
        )
      } as const
    })

const classOf = (collectionId: string): ItemClass | null => {
  const empty = emptyCollectionOf(collectionId)
  return empty === undefined ? "Email" : emptyFolder(empty).itemClass
}

/** What the class of a folder forbids (MS-ASCMD_R3005, R2100): a status of the whole request. */
const faultOf = ({ collectionId, filterType, conversationMode }: EstimateRequest): number | undefined => {
  const itemClass = classOf(collectionId)
  if (itemClass === null) return undefined
  if (!mayFilter(itemClass, filterType)) return notOfClass
  return conversationMode !== null && !hasConversations(itemClass) ? malformed : undefined
}

const estimateOne = (
  sync: SyncMethods,
  request: Request,
  asked: EstimateRequest
): Effect.Effect<Element, CoreError> => {
  const { collectionId, syncKey, filterType, classes, conversationMode } = asked
  const folderId = folderIdOf(collectionId)
  const itemClass = classOf(collectionId)
  // MS-ASCMD_R908: mail and SMS together, nothing else.
  const isOfFolder = (name: string) => name === itemClass || (itemClass === "Email" && name === "SMS")
  if (!classes.every(isOfFolder)) return Effect.succeed(failed(collectionId, noClassTogether))
  if (syncKey === "0") return Effect.succeed(failed(collectionId, notPrimed))
  if (emptyCollectionOf(collectionId) !== undefined)
    return Effect.succeed(/^\d{1,9}$/.test(syncKey) ? told(collectionId, 0) : failed(collectionId, wrongKey))
  if (folderId === undefined) return Effect.succeed(failed(collectionId, noCollection))
  return sync
    .estimate(callOf(request), {
      mailboxId: request.mailboxId,
      folderId,
      deviceId: DeviceId(request.deviceId),
      key: SyncKey(syncKey),
      options: syncOptionsOf({
        itemClass: null,
        filterType,
        conflict: "server",
        body: defaultBodyOptions
      }),
      ...(conversationMode === null ? {} : { conversations: conversationMode })
    })
    .pipe(
      Effect.flatMap((estimate) =>
        estimate === null
          ? Effect.map(isPrimed(sync, request, folderId), (primed) =>
              failed(collectionId, primed ? wrongKey : notPrimed)
            )
          : Effect.succeed(told(collectionId, estimate))
      ),
      Effect.catchTag("NotFound", () => Effect.succeed(failed(collectionId, noCollection)))
    )
}

/** Whether the device ever began to sync the folder (MS-ASCMD_R4140). */
const isPrimed = (
  sync: SyncMethods,
  request: Request,
  folderId: FolderId
): Effect.Effect<boolean, CoreError> =>
  Effect.map(
    sync.getCursors(callOf(request), {
      mailboxId: request.mailboxId,
      deviceId: DeviceId(request.deviceId),
      folderIds: [folderId]
    }),
    ({ collections }) => collections.length > 0
  )

const told = (collectionId: string, estimate: number): Element =>
  element(
    "GetItemEstimate:Response",
    element("GetItemEstimate:Status", success),
    element(
      "GetItemEstimate:Collection",
      element("GetItemEstimate:CollectionId", collectionId),
      element("GetItemEstimate:Estimate", estimate)
    )
  )

const failed = (collectionId: string, status: number): Element =>
  element(
    "GetItemEstimate:Response",
    element("GetItemEstimate:Status", status),
    element("GetItemEstimate:Collection", element("GetItemEstimate:CollectionId", collectionId))
  )
