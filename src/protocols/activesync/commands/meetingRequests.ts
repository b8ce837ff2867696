import { Either } from "effect"
import type { MessageId } from "../../../domain/ids.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { noteOf } from "../compose/meetingForward.ts"
import { messageIdOf, messageIdOfLongId } from "../content/serverId.ts"
import { dateTimeOf } from "../scalars.ts"
import { type AnyTag, childElements, childOf, childText, type Element, hasOnly } from "../wbxml/element.ts"

/** One answer of a person to one invitation, its shape checked (MS-ASCMD 2.2.3.150.2). */
export interface MeetingRequest {
  /** Repeated in the answer (MS-ASCMD_R5374); null where the invitation is named by its LongId. */
  readonly requestId: string | null
  /** Undefined where it names nothing of ours. */
  readonly messageId: MessageId | undefined
  /** 1 accepted, 2 tentative, 3 declined; null where it is none of them. */
  readonly userResponse: 1 | 2 | 3 | null
  readonly instance: "none" | "named" | "malformed"
  /** What the server has to send to the organizer (16.0 and later); null = nothing, the device does that. */
  readonly sendResponse: { readonly type: 1 | 2; readonly text: string } | null
}

/** MS-ASCMD_R5649. */
const maxRequests = 100

/** Left: the status that the whole command is refused with. */
export const readMeetingRequests = (
  document: Element | null,
  version: ProtocolVersion
): Either.Either<ReadonlyArray<MeetingRequest>, 101 | 103> => {
  if (document === null) return Either.left(101)
  const requests = childElements(document)
  const isSound =
    document.tag === "MeetingResponse:MeetingResponse" &&
    requests.length > 0 &&
    requests.length <= maxRequests &&
    requests.every((request) => request.tag === "MeetingResponse:Request" && isShaped(request, version))
  return isSound ? Either.right(requests.map(readRequest)) : Either.left(103)
}

const sinceEver: ReadonlyArray<AnyTag> = [
  "MeetingResponse:UserResponse",
  "MeetingResponse:CollectionId",
  "MeetingResponse:RequestId"
]
const since16: ReadonlyArray<AnyTag> = [
  "MeetingResponse:SendResponse",
  "MeetingResponse:ProposedStartTime",
  "MeetingResponse:ProposedEndTime"
]

/** MS-ASCMD_R7031: an invitation is named by one kind of id. */
const isShaped = (request: Element, version: ProtocolVersion): boolean => {
  const known = [
    ...sinceEver,
    ...(isAtLeast(version, "14.0") ? (["Search:LongId"] as const) : []),
    ...(isAtLeast(version, "14.1") ? (["MeetingResponse:InstanceId"] as const) : []),
    ...(isAtLeast(version, "16.0") ? since16 : [])
  ]
  const has = (tag: AnyTag): boolean => childOf(request, tag) !== undefined
  const isNamed = has("Search:LongId")
    ? !has("MeetingResponse:CollectionId") && !has("MeetingResponse:RequestId")
    : has("MeetingResponse:CollectionId") && has("MeetingResponse:RequestId")
  return isNamed && has("MeetingResponse:UserResponse") && hasOnly(request, known)
}

const readRequest = (request: Element): MeetingRequest => {
  const longId = childText(request, "Search:LongId")?.trim()
  const requestId = childText(request, "MeetingResponse:RequestId") ?? null
  const instance = childOf(request, "MeetingResponse:InstanceId")
  return {
    requestId,
    messageId: longId === undefined ? messageIdOf((requestId ?? "").trim()) : messageIdOfLongId(longId),
    userResponse: responseOf(childText(request, "MeetingResponse:UserResponse")),
    instance: instance === undefined ? "none" : dateTimeOf(instance) === undefined ? "malformed" : "named",
    sendResponse: sendResponseOf(childOf(request, "MeetingResponse:SendResponse"))
  }
}

const responseOf = (text: string | undefined): MeetingRequest["userResponse"] => {
  switch (text?.trim()) {
    case "1":
      return 1
    case "2":
      return 2
    case "3":
      return 3
    default:
      return null
  }
}

const sendResponseOf = (sendResponse: Element | undefined): MeetingRequest["sendResponse"] => {
  if (sendResponse === undefined) return null
  const body = childOf(sendResponse, "AirSyncBase:Body")
  return (body === undefined ? undefined : noteOf(body)) ?? { type: 1, text: "" }
}
