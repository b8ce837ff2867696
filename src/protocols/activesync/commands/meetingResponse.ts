import { randomUUID } from "node:crypto"
import { Chunk, Clock, Effect, Either, Stream } from "effect"
import { canonicalAddress, parseAddress } from "../../../domain/EmailAddress.ts"
import type { CoreError } from "../../../domain/errors.ts"
import type { MessageId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import { decodeText } from "../../mime/decode.ts"
import type { Command, Request } from "../Command.ts"
import { sendingCallOf } from "../callOf.ts"
import { type Invitation, type Participation, readInvitation } from "../compose/invitation.ts"
import { meetingReply } from "../compose/meetingReply.ts"
import { operationOf } from "../compose/operation.ts"
import { StatusError } from "../status.ts"
import { element } from "../wbxml/element.ts"
import { type MeetingRequest, readMeetingRequests } from "./meetingRequests.ts"
import { identityOf } from "./sending.ts"

/** MS-ASCMD 2.2.3.177.9 and 2.2.2. */
const statuses = { success: 1, invalid: 2, badDate: 104, notRecurring: 146 } as const

/**
 * Answers invitations (MS-ASCMD 2.2.1.11) as far as that goes without a calendar.
 *
 * The invitation is looked at and refused where it is none; the organizer is told where the server has to (SendResponse of
 * 16.0; before, the device writes that mail itself); one that is declined goes to Deleted Items, as Exchange does it. What
 * is missing: an accepted meeting is written into no calendar, so the answer has no CalendarId (which MS-ASCMD_R830 wants
 * there), and the invitation stays where it is, since it is all that tells of the meeting. New times that somebody proposes
 * (16.1) are not passed on. Occurrences are known to a calendar alone: no InstanceId names one.
 */
export const meetingResponse =
  (core: CoreMethods): Command =>
  (request) =>
    Effect.gen(function* () {
      const requests = readMeetingRequests(request.document, request.version)
      if (Either.isLeft(requests)) return yield* new StatusError({ status: requests.left })
      const results = yield* Effect.forEach(requests.right, (one) =>
        Effect.map(respond(core, request, one), (status) =>
          element(
            "MeetingResponse:Result",
            one.requestId === null ? null : element("MeetingResponse:RequestId", one.requestId),
            element("MeetingResponse:Status", status)
          )
        )
      )
      return { _tag: "Document", document: element("MeetingResponse:MeetingResponse", results) }
    })

const respond = Effect.fnUntraced(function* (core: CoreMethods, request: Request, one: MeetingRequest) {
  const { messageId, userResponse } = one
  if (one.instance === "malformed") return statuses.badDate
  if (messageId === undefined || userResponse === null) return statuses.invalid
  const call = sendingCallOf(request)
  const invitation = yield* invitationIn(core, call, { request, messageId })
  if (invitation === null || !isForAnswer(invitation, request.address)) return statuses.invalid
  // MS-ASCMD_R4185, R3196: an invitation in a mail has no occurrences, and a single meeting has none anywhere.
  if (one.instance === "named") return invitation.isRecurring ? statuses.invalid : statuses.notRecurring
  if (one.sendResponse !== null) {
    const isSent = yield* tellOrganizer(core, call, { request, invitation, one, userResponse, messageId })
    if (!isSent) return statuses.invalid
  }
  if (userResponse === 3) {
    const { mailboxId } = request
    yield* core.deleteMessages(call, { mailboxId, messageIds: [messageId], operationId: null })
  }
  return statuses.success
})

/** Whoever called the meeting does not answer it (MS-ASCMD_R4184). */
const isForAnswer = ({ method, organizer }: Invitation, address: string): boolean =>
  method === "REQUEST" && canonical(organizer) !== canonical(address)

const canonical = (address: string): string =>
  Either.match(parseAddress(address), { onLeft: () => "", onRight: canonicalAddress })

/** Octets of an invitation that are read. */
const maxCalendarBytes = 1024 * 1024

/** Null where there is no such message, or no invitation in it. */
const invitationIn = (
  core: CoreMethods,
  call: Call,
  { request, messageId }: { readonly request: Request; readonly messageId: MessageId }
): Effect.Effect<Invitation | null, CoreError> =>
  Effect.gen(function* () {
    const of = { mailboxId: request.mailboxId, messageId }
    const { parts } = yield* core.getMessage(call, of)
    const part = parts.find(({ type }) => type === "text/calendar")
    if (part === undefined || part.sizeBytes > maxCalendarBytes) return null
    const pieces = yield* Stream.runCollect(core.getPart(call, { ...of, path: part.path }))
    const bytes = Buffer.concat(Chunk.toReadonlyArray(pieces))
    return readInvitation(decodeText(bytes, { ...part, encoding: "binary" })) ?? null
  }).pipe(Effect.catchTag("NotFound", () => Effect.succeed(null)))

const participations: Readonly<Record<1 | 2 | 3, Participation>> = {
  1: "ACCEPTED",
  2: "TENTATIVE",
  3: "DECLINED"
}

interface Telling {
  readonly request: Request
  readonly invitation: Invitation
  readonly one: MeetingRequest
  readonly userResponse: 1 | 2 | 3
  readonly messageId: MessageId
}

/** False where the organizer cannot be written to. The same answer within some minutes is a retry. */
const tellOrganizer = (
  core: CoreMethods,
  call: Call,
  { request, invitation, one, userResponse, messageId }: Telling
): Effect.Effect<boolean, CoreError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const participation = participations[userResponse]
    const raw = yield* meetingReply(
      { invitation, participation, note: one.sendResponse ?? { type: 1, text: "" } },
      { identity: identityOf(request.address, now), seed: randomUUID() }
    )
    const asked = ["MeetingResponse", String(messageId), participation]
    yield* core.submit(call, {
      mailboxId: request.mailboxId,
      operationId: operationOf({
        deviceId: request.deviceId,
        clientId: null,
        request: asked,
        isDated: false,
        now
      }),
      sender: request.address,
      recipients: [invitation.organizer],
      raw,
      savesInSent: true
    })
    return true
  }).pipe(
    Effect.catchTags({
      InvalidRequest: () => Effect.succeed(false),
      NotAllowed: () => Effect.succeed(false),
      PermissionDenied: () => Effect.succeed(false)
    })
  )
