import { randomUUID } from "node:crypto"
import { Chunk, Clock, Effect, Either, Stream } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { Flag } from "../../../domain/Flags.ts"
import type { LastVerb } from "../../../domain/FollowUp.ts"
import type { OperationId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import { Core } from "../../../rpc/Core.ts"
import { MimeReader } from "../../mime/MimeReader.ts"
import type { Answer, Command, Request } from "../Command.ts"
import { sendingCallOf } from "../callOf.ts"
import { type ComposeRequest, readComposeRequest, type Source } from "../compose/composeRequest.ts"
import { meetingMessage } from "../compose/meetingForward.ts"
import type { Original, Verb } from "../compose/merge.ts"
import { operationOf } from "../compose/operation.ts"
import { compose, type DeviceMessage, type Outgoing, readDeviceMessage } from "../compose/outgoing.ts"
import type { Identity } from "../compose/ownHeader.ts"
import { StatusError } from "../status.ts"

export interface ComposeServices {
  readonly core: Core["Type"]
  readonly mime: MimeReader["Type"]
}

export const composeServices: Effect.Effect<ComposeServices, never, Core | MimeReader> = Effect.all({
  core: Core,
  mime: MimeReader
})

/** The mark that a message gets when somebody does this with it, and its number (MS-ASEMAIL 2.2.2.43). */
const flags = { reply: "\\Answered", forward: "$Forwarded" } as const satisfies Record<Verb, Flag>
const verbs = { reply: 1, forward: 3 } as const satisfies Record<Verb, LastVerb["verb"]>

/**
 * SendMail, SmartReply and SmartForward. The message, its copy in Sent Items and the memory of both are one commit of Core,
 * made before the answer; a retry finds it and is told so (118, and in 12.1, which has no such status, success). The mark on
 * the original comes after: a retry sets what a crash left out, and a mark that fails is no reason to call the message unsent.
 */
export const sending =
  (services: ComposeServices, verb: Verb | null): Command =>
  (request) =>
    Effect.gen(function* () {
      const wanted = yield* readComposeRequest(request)
      const call = sendingCallOf(request)
      const found = yield* Effect.either(readOriginal(services, call, { request, source: wanted.source }))
      if (Either.isLeft(found)) {
        const isDuplicate = yield* wasSent(services, call, { request, wanted })
        return yield* isDuplicate ? answerOf(wanted, { isDuplicate }) : Effect.fail(found.left)
      }
      const original = found.right
      const source = verb === null || original === null ? null : { verb, original }
      const { isDuplicate } = yield* send(services, call, { request, wanted, source })
      if (source !== null) yield* mark(services, call, { request, ...source, isDuplicate })
      return yield* answerOf(wanted, { isDuplicate })
    })

const answerOf = (
  { clientId }: ComposeRequest,
  { isDuplicate }: { readonly isDuplicate: boolean }
): Effect.Effect<Answer, StatusError> =>
  isDuplicate && clientId !== null ? new StatusError({ status: 118 }) : Effect.succeed({ _tag: "Empty" })

interface Asked {
  readonly request: Request
  readonly wanted: ComposeRequest
}

/** A retry may come when the original is gone. Nobody can make the message again then; Core knows whether it was sent. */
const wasSent = Effect.fnUntraced(function* (
  { core, mime }: ComposeServices,
  call: Call,
  { request, wanted }: Asked
) {
  const { content } = wanted
  const device = content._tag === "Mime" ? yield* readDeviceMessage(mime, content.bytes) : null
  const operationId = yield* operationIdOf({ request, wanted }, device)
  return yield* core.wasSubmitted(call, { mailboxId: request.mailboxId, operationId })
})

/** `device`: what names the message where no ClientId does. */
const operationIdOf = (
  { request, wanted }: Asked,
  device: DeviceMessage | null
): Effect.Effect<OperationId> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    operationOf({
      deviceId: request.deviceId,
      clientId: wanted.clientId,
      request: [request.command, String(wanted.source?.messageId ?? ""), device?.raw ?? ""],
      isDated: device !== null && isDated(device),
      now
    })
  )

const isDated = ({ content: { envelope } }: DeviceMessage): boolean =>
  envelope.sentAt !== null || envelope.internetMessageId !== null

interface Sending extends Asked {
  readonly source: { readonly verb: Verb; readonly original: Original } | null
}

const send = Effect.fnUntraced(function* (
  services: ComposeServices,
  call: Call,
  { request, wanted, source }: Sending
) {
  const now = yield* Clock.currentTimeMillis
  const device = yield* deviceMessage(services, { wanted, original: source?.original ?? null })
  const outgoing = yield* compose(device, {
    identity: identityOf(request.address, now),
    seed: randomUUID(),
    source: source === null ? null : { ...source, isMerged: isMerged(wanted) }
  })
  const operationId = yield* operationIdOf({ request, wanted }, device)
  return yield* submit(services, call, { request, wanted, outgoing, operationId })
})

export const identityOf = (address: string, now: number): Identity => ({
  address,
  now,
  messageId: `${randomUUID()}@${address.slice(address.lastIndexOf("@") + 1)}`
})

const isMerged = ({ content }: ComposeRequest): boolean =>
  content._tag === "MeetingForward" || content.isMerged

/** 150 where it is gone, or is no meeting of which one occurrence could be meant (MS-ASCMD_R4930). */
const readOriginal = Effect.fnUntraced(function* (
  { core }: ComposeServices,
  call: Call,
  { request, source }: { readonly request: Request; readonly source: Source | null }
) {
  if (source === null) return null
  const { mailboxId } = request
  const of = { mailboxId, messageId: source.messageId }
  const gone = Effect.fail(new StatusError({ status: 150 }))
  const { message, parts } = yield* core.getMessage(call, of).pipe(Effect.catchTag("NotFound", () => gone))
  // Without a calendar there are no occurrences: the request that announces them stands for the meeting (MS-ASCMD_R539).
  if (source.instanceId !== null && !parts.some(({ type }) => type === "text/calendar")) return yield* gone
  const pieces = yield* core.getRaw(call, of).pipe(
    Stream.runCollect,
    Effect.catchTag("NotFound", () => gone)
  )
  return { summary: message, parts, raw: Buffer.concat(Chunk.toReadonlyArray(pieces)) } satisfies Original
})

const deviceMessage = (
  { mime }: ComposeServices,
  { wanted, original }: { readonly wanted: ComposeRequest; readonly original: Original | null }
): Effect.Effect<DeviceMessage, StatusError> =>
  wanted.content._tag === "Mime"
    ? readDeviceMessage(mime, wanted.content.bytes)
    : Effect.flatMap(meetingMessage(wanted.content, original), (raw) => readDeviceMessage(mime, raw))

interface Submission extends Asked {
  readonly outgoing: Outgoing
  readonly operationId: OperationId
}

/** Everything but the recipients was looked at before: what Core finds wrong with the request is one of them. */
const submit = (
  { core }: ComposeServices,
  call: Call,
  { request, wanted, outgoing, operationId }: Submission
) =>
  core
    .submit(call, {
      mailboxId: request.mailboxId,
      operationId,
      sender: request.address,
      recipients: outgoing.recipients,
      raw: outgoing.raw,
      savesInSent: wanted.savesInSent
    })
    .pipe(
      Effect.catchTags({
        InvalidRequest: () => Effect.fail(new StatusError({ status: 116 })),
        NotAllowed: () => Effect.fail(new StatusError({ status: 120 })),
        PermissionDenied: () => Effect.fail(new StatusError({ status: 120 }))
      })
    )

interface Done {
  readonly request: Request
  readonly original: Original
  readonly verb: Verb
  readonly isDuplicate: boolean
}

/** A retry was done when it was first asked for: it tells no new time. */
const mark = ({ core }: ComposeServices, call: Call, { request, original, verb, isDuplicate }: Done) =>
  Effect.flatMap(Clock.currentTimeMillis, (at) =>
    core.changeFlags(call, {
      mailboxId: request.mailboxId,
      messageIds: [original.summary.id],
      operationId: null,
      addFlags: [flags[verb]],
      removeFlags: [],
      addCategories: [],
      removeCategories: [],
      ...(isDuplicate ? {} : { lastVerb: { verb: verbs[verb], at } })
    })
  ).pipe(
    Effect.catchAll((error: CoreError) =>
      Effect.logWarning("a message was sent, but its original is not marked").pipe(
        Effect.annotateLogs({ correlation_id: request.correlationId, error: error._tag })
      )
    ),
    Effect.asVoid
  )
