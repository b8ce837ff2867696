import { Either } from "effect"
import { maxIdLength } from "../content/serverId.ts"
import { booleanOf, integerOf } from "../scalars.ts"
import { isItemClass } from "../sync/itemClasses.ts"
import { childElements, childOf, childrenOf, childText, type Element } from "../wbxml/element.ts"

/** One collection of a GetItemEstimate, in either schema (MS-ASCMD 2.2.3.29.1): Options came with 14.0. */
export interface EstimateRequest {
  readonly collectionId: string
  readonly syncKey: string
  /** 0 = all. */
  readonly filterType: number
  /** Null = as before. */
  readonly conversationMode: boolean | null
  /** That the options name; empty where they name none. */
  readonly classes: ReadonlyArray<string>
}

/** MS-ASCMD 3.1.5.10. */
export const maxEstimates = 1000

/** Left is a common status: 103 where the request is malformed or has too many collections. */
export const readEstimates = (document: Element): Either.Either<ReadonlyArray<EstimateRequest>, 103> => {
  const parent = childOf(document, "GetItemEstimate:Collections")
  const children = parent === undefined ? [] : childElements(parent)
  if (document.tag !== "GetItemEstimate:GetItemEstimate" || children.length === 0) return Either.left(103)
  if (children.length > maxEstimates) return Either.left(103)
  return Either.all(children.map((child) => Either.fromNullable(readEstimate(child), () => 103 as const)))
}

const readEstimate = (collection: Element): EstimateRequest | undefined => {
  const collectionId = childText(collection, "GetItemEstimate:CollectionId")
  const syncKey = childText(collection, "AirSync:SyncKey")
  if (collection.tag !== "GetItemEstimate:Collection" || collectionId === undefined || syncKey === undefined)
    return undefined
  if (collectionId.length > maxIdLength) return undefined
  const options = childrenOf(collection, "AirSync:Options")
  const filterType = readFilter(options[0]) ?? readFilter(collection) ?? 0
  const mode = childOf(collection, "AirSync:ConversationMode")
  const conversationMode = mode === undefined ? null : booleanOf(mode)
  const classes = options.flatMap((block) => childText(block, "AirSync:Class") ?? [])
  // MS-ASCMD_R2984: what no class knows is malformed; what another class knows is refused by the folder's.
  if (Number.isNaN(filterType) || filterType < 0 || filterType > 8) return undefined
  if (conversationMode === undefined || !classes.every(isItemClass)) return undefined
  return { collectionId, syncKey, filterType, conversationMode, classes }
}

/** NaN where it is no number. */
const readFilter = (parent: Element | undefined): number | undefined => {
  const written = childOf(parent, "AirSync:FilterType")
  return written === undefined ? undefined : (integerOf(written) ?? Number.NaN)
}
