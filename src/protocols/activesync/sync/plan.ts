import { systemFolders } from "../../../domain/Folder.ts"
import type { FolderId, MessageId } from "../../../domain/ids.ts"
import type { SyncOptions } from "../../../domain/sync/Cursor.ts"
import type { DeviceChange } from "../../../domain/sync/Synchronise.ts"
import type { RawContent } from "../../../rpc/Sync.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import type { WrittenDraft } from "../compose/draft.ts"
import { emptyCollectionOf, folderIdOf, messageIdOf } from "../content/serverId.ts"
import type { AnsweredCollection, Response } from "./answer.ts"
import { emptyAnswer, refusedCollection } from "./emptyAnswer.ts"
import { emptyFolder } from "./emptyCollections.ts"
import { failed } from "./failed.ts"
import { hasConversations, type ItemClass, mayFilter } from "./itemClasses.ts"
import { marksOf, touchesContent } from "./marks.ts"
import type { ClientCommand, CollectionRequest, OptionsBlock } from "./SyncRequest.ts"
import { syncOptionsOf } from "./storedOptions.ts"

/** What is to be done about a collection. */
export type Plan =
  /** It has no folder of mail behind it, or may not be asked so. */
  | { readonly _tag: "Answered"; readonly answer: AnsweredCollection }
  | {
      readonly _tag: "Mail"
      readonly request: CollectionRequest
      readonly folderId: FolderId
      /** Null = as before. */
      readonly options: SyncOptions | null
      readonly steps: ReadonlyArray<Step>
    }

/** What is to be done about one command of the device. */
export type Step =
  /** Null where success needs no words. */
  | { readonly _tag: "Answered"; readonly response: Response | null }
  | Apply
  | { readonly _tag: "Draft"; readonly command: DraftCommand; readonly messageId: MessageId | null }
  | { readonly _tag: "Fetch"; readonly serverId: string; readonly messageId: MessageId }

export interface Apply {
  readonly _tag: "Apply"
  readonly command: ClientCommand
  readonly change: DeviceChange<RawContent>
  /** Attachments of a new draft, by the device's names. */
  readonly added: WrittenDraft["added"]
  /** A draft that was sent: it goes, and the device is told so. */
  readonly isSent: boolean
}

/** A step whose message is made. */
export type PreparedStep = Exclude<Step, { readonly _tag: "Draft" }>

/** A folder of mail, its drafts made. */
export type PreparedMail = Omit<Extract<Plan, { readonly _tag: "Mail" }>, "steps"> & {
  readonly steps: ReadonlyArray<PreparedStep>
}

/** Writes a draft, sends it, or both (16.0 and later). */
export type DraftCommand = Extract<ClientCommand, { readonly _tag: "Add" | "Change" }>

export const planCollection = (request: CollectionRequest, version: ProtocolVersion): Plan => {
  const empty = emptyCollectionOf(request.collectionId)
  const folderId = folderIdOf(request.collectionId)
  const answered = (answer: AnsweredCollection): Plan => ({ _tag: "Answered", answer })
  if (empty !== undefined) {
    const folder = emptyFolder(empty)
    return answered(
      isLegal(request, folder.itemClass) ? emptyAnswer(request, folder) : refusedCollection(request, 4)
    )
  }
  if (folderId === undefined) return answered(refusedCollection(request, 12))
  if (!isLegal(request, "Email")) return answered(refusedCollection(request, 4))
  return {
    _tag: "Mail",
    request,
    folderId,
    options: optionsOf(request),
    steps: request.commands.map((command) =>
      stepOf(command, {
        version,
        isDrafts: folderId === draftsId,
        deletesAsMoves: request.deletesAsMoves
      })
    )
  }
}

/** What only the class of the folder tells: MS-ASCMD_R2117, R934, R935, R3041 and the like. */
const isLegal = (request: CollectionRequest, itemClass: ItemClass | null): boolean => {
  if (request.conversationMode !== null && (itemClass === null || !hasConversations(itemClass))) return false
  return (request.options ?? []).every((block) => isLegalBlock(block, itemClass))
}

const isLegalBlock = (block: OptionsBlock, itemClass: ItemClass | null): boolean => {
  if (itemClass === null) return true
  const classOfBlock = block.itemClass ?? itemClass
  // MS-ASCMD 2.2.3.27.5: mail and SMS share a folder, nothing else does.
  const isOfFolder = classOfBlock === itemClass || (itemClass === "Email" && classOfBlock === "SMS")
  return isOfFolder && mayFilter(classOfBlock, block.filterType)
}

/** Without a block those before hold, but at key 0 there is no before. */
const optionsOf = ({ syncKey, options }: CollectionRequest): SyncOptions | null => {
  if (options === null && syncKey !== "0") return null
  return syncOptionsOf(options?.find(({ itemClass }) => itemClass !== "SMS"))
}

/** The id of the drafts of every mailbox: system folders are numbered in order. */
export const draftsId = systemFolders.findIndex(({ role }) => role === "drafts") + 1

const apply = (command: ClientCommand, change: DeviceChange<RawContent>): Step => ({
  _tag: "Apply",
  command,
  change,
  added: [],
  isSent: false
})

interface Circumstances {
  readonly version: ProtocolVersion
  readonly isDrafts: boolean
  readonly deletesAsMoves: boolean
}

const stepOf = (command: ClientCommand, circumstances: Circumstances): Step => {
  if (command._tag === "Add") return addStep(command, circumstances)
  const messageId = messageIdOf(command.serverId)
  if (messageId === undefined) return { _tag: "Answered", response: failed(command, notFound) }
  switch (command._tag) {
    case "Change":
      return changeStep(command, messageId, circumstances)
    case "Delete":
      return apply(command, { _tag: "Delete", messageId, permanently: !circumstances.deletesAsMoves })
    case "Fetch":
      return { _tag: "Fetch", serverId: command.serverId, messageId }
  }
}

/** MS-ASCMD 2.2.3.177.17: the item is malformed or may not be so; there is no such item. */
const invalidItem = 6
const notFound = 8

/** MS-ASCMD_R755: mail is not added, except drafts since 16.0. */
const addStep = (
  command: Extract<ClientCommand, { readonly _tag: "Add" }>,
  { version, isDrafts }: Circumstances
): Step =>
  isDrafts && isAtLeast(version, "16.0") && (command.itemClass ?? "Email") === "Email"
    ? { _tag: "Draft", command, messageId: null }
    : { _tag: "Answered", response: failed(command, invalidItem) }

const changeStep = (
  command: Extract<ClientCommand, { readonly _tag: "Change" }>,
  messageId: MessageId,
  { version, isDrafts }: Circumstances
): Step => {
  const writesDraft = isDrafts && isAtLeast(version, "16.0") && touchesContent(command.properties)
  if (command.send && !isAtLeast(version, "16.0"))
    return { _tag: "Answered", response: failed(command, invalidItem) }
  if (writesDraft || command.send) return { _tag: "Draft", command, messageId }
  const marks = marksOf(command.properties)
  return marks === undefined
    ? { _tag: "Answered", response: failed(command, invalidItem) }
    : apply(command, { _tag: "Change", messageId, ...marks })
}
