import { Effect } from "effect"
import type { MessageId } from "../../../domain/ids.ts"
import { isAtLeast, type Request } from "../Command.ts"
import { emptyCollectionOf, messageIdOf, messageIdOfLongId } from "../content/serverId.ts"
import { StatusError } from "../status.ts"
import { bytesOf, childOf, childText, type Element, hasOnly, type Tag, textOf } from "../wbxml/element.ts"
import { type MeetingForward, readMeetingForward } from "./meetingForward.ts"

/** What SendMail, SmartReply and SmartForward ask for, in either form (MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20). */
export interface ComposeRequest {
  /** Names the message for the device; null in 12.1, which has no such name. */
  readonly clientId: string | null
  readonly savesInSent: boolean
  readonly content: DeviceMime | MeetingForward
  /** Null for SendMail. */
  readonly source: Source | null
}

export interface DeviceMime {
  readonly _tag: "Mime"
  readonly bytes: Uint8Array
  /** False where the device sends the whole message, original included. */
  readonly isMerged: boolean
}

export interface Source {
  readonly messageId: MessageId
  /** One occurrence of a meeting. */
  readonly instanceId: string | null
}

/** Refuses with the status of MS-ASCMD 2.2.2 that names what is wrong. */
export const readComposeRequest = (request: Request): Effect.Effect<ComposeRequest, StatusError> =>
  isAtLeast(request.version, "14.0") ? readDocument(request) : readQuery(request)

const refuse = (status: number) => Effect.fail(new StatusError({ status }))

/** 12.1: the message is the body, all else is in the query. */
const readQuery = Effect.fnUntraced(function* (request: Request) {
  if (request.mime === null || request.mime.length === 0) return yield* refuse(101)
  const { collectionId, itemId, longId, occurrence } = request
  return {
    clientId: null,
    savesInSent: request.saveInSent,
    content: { _tag: "Mime", bytes: request.mime, isMerged: true },
    source:
      request.command === "SendMail"
        ? null
        : yield* readSource({ folderId: collectionId, itemId, longId, instanceId: occurrence })
  } satisfies ComposeRequest
})

const readDocument = Effect.fnUntraced(function* (request: Request) {
  const { document } = request
  if (document === null) return yield* refuse(101)
  yield* checkShape(document, request)
  const clientId = childText(document, "ComposeMail:ClientId") ?? ""
  if (clientId === "" || clientId.length > maxClientId) return yield* refuse(103)
  if (!isNoTemplate(childText(document, "RightsManagement:TemplateID"))) return yield* refuse(168)
  // MS-ASCMD_R724: no account has an id but the primary one's, which has none.
  if (childOf(document, "ComposeMail:AccountId") !== undefined) return yield* refuse(166)
  return {
    clientId,
    savesInSent: childOf(document, "ComposeMail:SaveInSentItems") !== undefined,
    content: yield* readContent(document),
    source: request.command === "SendMail" ? null : yield* readSourceElement(document)
  } satisfies ComposeRequest
})

/** Characters (MS-ASCMD_R952). */
const maxClientId = 40
/** MS-ASRM 2.2.2.19: no rights are managed here; this template takes none. */
const isNoTemplate = (id: string | undefined): boolean => id === undefined || /^[0-]*$/.test(id)

const ofAll: ReadonlyArray<Tag> = ["ComposeMail:ClientId", "ComposeMail:SaveInSentItems", "ComposeMail:Mime"]
const ofSmart: ReadonlyArray<Tag> = ["ComposeMail:Source", "ComposeMail:ReplaceMime"]
const since141: ReadonlyArray<Tag> = ["ComposeMail:AccountId", "RightsManagement:TemplateID"]
const since16: ReadonlyArray<Tag> = ["ComposeMail:Forwardees", "AirSyncBase:Body"]

/** Only what the schema of the version knows, and each once (MS-ASCMD 6.33, 6.37, 6.39). */
const checkShape = (document: Element, { command, version }: Request): Effect.Effect<void, StatusError> => {
  const known = [
    ...ofAll,
    ...(command === "SendMail" ? [] : ofSmart),
    ...(isAtLeast(version, "14.1") ? since141 : []),
    ...(command === "SmartForward" && isAtLeast(version, "16.0") ? since16 : [])
  ]
  return document.tag === `ComposeMail:${command}` && hasOnly(document, known) ? Effect.void : refuse(103)
}

const readContent = (document: Element): Effect.Effect<ComposeRequest["content"], StatusError> => {
  if (since16.some((tag) => childOf(document, tag) !== undefined)) return readMeetingForward(document)
  const mime = childOf(document, "ComposeMail:Mime")
  if (mime === undefined) return refuse(103)
  const bytes = bytesOf(mime)
  return bytes.length === 0
    ? refuse(107)
    : Effect.succeed({
        _tag: "Mime",
        bytes,
        isMerged: childOf(document, "ComposeMail:ReplaceMime") === undefined
      })
}

const readSourceElement = (document: Element): Effect.Effect<Source, StatusError> => {
  const source = childOf(document, "ComposeMail:Source")
  if (source === undefined || !hasOnly(source, sourceTags)) return refuse(103)
  const text = (tag: Tag): string | null => {
    const child = childOf(source, tag)
    return child === undefined ? null : textOf(child).trim()
  }
  return readSource({
    folderId: text("ComposeMail:FolderId"),
    itemId: text("ComposeMail:ItemId"),
    longId: text("ComposeMail:LongId"),
    instanceId: text("ComposeMail:InstanceId")
  })
}

const sourceTags: ReadonlyArray<Tag> = [
  "ComposeMail:FolderId",
  "ComposeMail:ItemId",
  "ComposeMail:LongId",
  "ComposeMail:InstanceId"
]

interface SourceText {
  readonly folderId: string | null
  readonly itemId: string | null
  readonly longId: string | null
  readonly instanceId: string | null
}

/** MS-ASCMD_R3091, R3243: a LongId stands alone, a folder not without an item. Which folder is no matter: numbers are unique. */
const readSource = ({
  folderId,
  itemId,
  longId,
  instanceId
}: SourceText): Effect.Effect<Source, StatusError> => {
  if (longId !== null && (folderId !== null || itemId !== null || instanceId !== null)) return refuse(105)
  if (longId === null && itemId === null) return refuse(folderId === null ? 103 : 105)
  if (instanceId !== null && !isDateTime(instanceId)) return refuse(104)
  // Its items are none of ours, whatever they are called.
  if (folderId !== null && emptyCollectionOf(folderId) !== undefined) return refuse(150)
  const messageId = longId === null ? messageIdOf(itemId ?? "") : messageIdOfLongId(longId)
  return messageId === undefined ? refuse(106) : Effect.succeed({ messageId, instanceId })
}

/** `2010-03-20T22:40:00.000Z`, with punctuation (MS-ASCMD_R3200). */
const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
