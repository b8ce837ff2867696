import { Either } from "effect"
import type { ProtocolVersion } from "../../Command.ts"
import type { ByteRange } from "../../content/attachmentBytes.ts"
import { type BodyOptions, readBodyOptions } from "../../content/bodyOptions.ts"
import { maxIdLength } from "../../content/serverId.ts"
import {
  type AnyTag,
  bytesOf,
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  hasOnly
} from "../../wbxml/element.ts"

/** What is fetched: one of the three ways to name it. */
export type FetchTarget =
  | { readonly _tag: "Item"; readonly collectionId: string; readonly serverId: string }
  | { readonly _tag: "LongId"; readonly longId: string }
  | { readonly _tag: "Attachment"; readonly fileReference: string }
  /** Of a document library, which this server has none of. */
  | { readonly _tag: "Link"; readonly linkId: string }

export interface Fetch {
  readonly _tag: "Fetch"
  readonly store: string
  readonly target: FetchTarget
  /** Null: a BodyPart in a form that there is not, status 164 of this fetch. */
  readonly options: BodyOptions | null
  readonly range: ByteRange | null
  /** The properties to answer with; null = all. */
  readonly schema: ReadonlySet<AnyTag> | null
}

export interface EmptyFolderContents {
  readonly _tag: "EmptyFolderContents"
  readonly collectionId: string
  readonly deletesSubFolders: boolean
}

export interface Move {
  readonly _tag: "Move"
  readonly conversationId: Uint8Array
  readonly toCollectionId: string
  /** `written` is a MoveAlways that is not empty: status 2 of this move (MS-ASCON_R144). */
  readonly moveAlways: "present" | "absent" | "written"
}

export type Operation = Fetch | EmptyFolderContents | Move

/** The operations in order; undefined where the document is not as MS-ASCMD 2.2.1.10 wants it: status 2 of the whole. */
export const readOperations = (
  document: Element,
  version: ProtocolVersion
): ReadonlyArray<Operation> | undefined => {
  if (document.tag !== "ItemOperations:ItemOperations") return undefined
  const operations = childElements(document).map((operation) => readOperation(operation, version))
  return operations.length > 0 && operations.every((operation) => operation !== undefined)
    ? operations
    : undefined
}

const readOperation = (operation: Element, version: ProtocolVersion): Operation | undefined => {
  switch (operation.tag) {
    case "ItemOperations:Fetch":
      return readFetch(operation, version)
    case "ItemOperations:EmptyFolderContents":
      return readEmpty(operation)
    case "ItemOperations:Move":
      return readMove(operation)
    default:
      return undefined
  }
}

const fetchChildren: ReadonlyArray<AnyTag> = [
  "ItemOperations:Store",
  "DocumentLibrary:LinkId",
  "Search:LongId",
  "AirSync:CollectionId",
  "AirSync:ServerId",
  "AirSyncBase:FileReference",
  "ItemOperations:Options",
  "RightsManagement:RemoveRightsManagementProtection"
]

const fetchOptions: ReadonlySet<AnyTag> = new Set<AnyTag>([
  "ItemOperations:Schema",
  "ItemOperations:Range",
  "ItemOperations:UserName",
  "ItemOperations:Password",
  "AirSync:MIMESupport",
  "AirSync:MIMETruncation",
  "AirSyncBase:BodyPreference",
  "AirSyncBase:BodyPartPreference",
  "RightsManagement:RightsManagementSupport"
])

const readFetch = (fetch: Element, version: ProtocolVersion): Fetch | undefined => {
  const store = childText(fetch, "ItemOperations:Store")
  const target = readTarget(fetch)
  const options = childOf(fetch, "ItemOperations:Options")
  const range = readRange(childText(options, "ItemOperations:Range"))
  const isWellFormed =
    hasOnly(fetch, fetchChildren) && (options === undefined || childElements(options).every(isFetchOption))
  if (!isWellFormed || store === undefined || target === undefined || range === undefined) return undefined
  const bodyOptions = readBodyOptions(options, version)
  if (Either.isLeft(bodyOptions) && bodyOptions.left === "Malformed") return undefined
  return {
    _tag: "Fetch",
    store,
    target,
    options: Either.getOrNull(bodyOptions),
    range,
    schema: readSchema(options)
  }
}

const isFetchOption = ({ tag }: Element): boolean => fetchOptions.has(tag)

const readTarget = (fetch: Element): FetchTarget | undefined => {
  const fileReference = childText(fetch, "AirSyncBase:FileReference")
  if (fileReference !== undefined) return { _tag: "Attachment", fileReference }
  const longId = childText(fetch, "Search:LongId")
  if (longId !== undefined) return { _tag: "LongId", longId }
  const linkId = childText(fetch, "DocumentLibrary:LinkId")
  if (linkId !== undefined) return { _tag: "Link", linkId }
  const collectionId = childText(fetch, "AirSync:CollectionId")
  const serverId = childText(fetch, "AirSync:ServerId")
  if (collectionId === undefined || serverId === undefined) return undefined
  if (collectionId.length > maxIdLength || serverId.length > maxIdLength) return undefined
  return { _tag: "Item", collectionId, serverId }
}

/** Null where there is none, undefined where it is none. */
const readRange = (text: string | undefined): ByteRange | null | undefined => {
  if (text === undefined) return null
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(text.trim()) ?? []
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) }
}

const readSchema = (options: Element | undefined): ReadonlySet<AnyTag> | null => {
  const schemas = childrenOf(options, "ItemOperations:Schema")
  return schemas.length === 0 ? null : new Set(schemas.flatMap(childElements).map(({ tag }) => tag))
}

const emptyChildren: ReadonlyArray<AnyTag> = ["AirSync:CollectionId", "ItemOperations:Options"]
const emptyOptions: ReadonlyArray<AnyTag> = ["ItemOperations:DeleteSubFolders"]

const readEmpty = (operation: Element): EmptyFolderContents | undefined => {
  const collectionId = childText(operation, "AirSync:CollectionId")
  const options = childOf(operation, "ItemOperations:Options")
  const isWellFormed = hasOnly(operation, emptyChildren) && hasOnly(options, emptyOptions)
  if (!isWellFormed || collectionId === undefined || collectionId.length > maxIdLength) return undefined
  return {
    _tag: "EmptyFolderContents",
    collectionId,
    deletesSubFolders: childOf(options, "ItemOperations:DeleteSubFolders") !== undefined
  }
}

const moveChildren: ReadonlyArray<AnyTag> = [
  "ItemOperations:ConversationId",
  "ItemOperations:DstFldId",
  "ItemOperations:Options"
]
const moveOptions: ReadonlyArray<AnyTag> = ["ItemOperations:MoveAlways"]

const readMove = (move: Element): Move | undefined => {
  const conversationId = childOf(move, "ItemOperations:ConversationId")
  const toCollectionId = childText(move, "ItemOperations:DstFldId")
  const options = childOf(move, "ItemOperations:Options")
  const isWellFormed = hasOnly(move, moveChildren) && hasOnly(options, moveOptions)
  if (!isWellFormed || conversationId === undefined || toCollectionId === undefined) return undefined
  return {
    _tag: "Move",
    conversationId: bytesOf(conversationId),
    toCollectionId,
    moveAlways: readMoveAlways(childOf(options, "ItemOperations:MoveAlways"))
  }
}

const readMoveAlways = (element: Element | undefined): Move["moveAlways"] => {
  if (element === undefined) return "absent"
  return element.children.every((child) => child === "") ? "present" : "written"
}
