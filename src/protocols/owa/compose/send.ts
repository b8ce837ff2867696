import { Clock, Duration, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { Flag } from "../../../domain/Flags.ts"
import type { LastVerb } from "../../../domain/FollowUp.ts"
import { ModSeq, OperationId } from "../../../domain/ids.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { Answered, Refusal, Sent } from "../OwaAnswers.ts"
import { refused } from "../refusal.ts"
import { compose } from "./compose.ts"
import { type DraftServices, removeDraft, type SaveInput } from "./drafts.ts"
import { overLimit, recipientsOf } from "./limits.ts"
import { draftCall, type Writer } from "./Writer.ts"

export interface SendServices extends DraftServices {
  readonly core: DraftServices["core"] & Pick<CoreMethods, "submit" | "wasSubmitted" | "changeFlags" | "undo">
}

export interface SendInput extends SaveInput {
  /** Epoch milliseconds; null = now. */
  readonly sendAt: number | null
}

type Failure = CoreError | Refusal

const prefix = "owa-send:"

/** What a `Send` is called in Core. */
export const sendName = (operationId: OperationId): OperationId => OperationId(`${prefix}${operationId}`)
/** The `Send` of that name; null = it was another's. */
export const sendIdOf = (name: OperationId): OperationId | null =>
  name.startsWith(prefix) ? OperationId(name.slice(prefix.length)) : null
export const markName = (operationId: OperationId): OperationId => OperationId(`${prefix}${operationId}:mark`)

/**
 * The message is submitted first, which makes it durable; then what it answers is marked, then its draft goes. Asked again
 * it is not sent again, and what a crash left out is done.
 */
export const send = (
  services: SendServices,
  writer: Writer,
  input: SendInput
): Effect.Effect<Sent, Failure> =>
  Effect.gen(function* () {
    const { operationId, draftId, draft } = input
    const named = { mailboxId: writer.mailboxId, operationId: sendName(operationId) }
    const isDuplicate = yield* services.core.wasSubmitted(writer.call, named)
    const heldUntil = isDuplicate ? null : yield* submit(services, writer, input)
    if (draft.answers !== null) yield* mark(services, writer, { operationId, answered: draft.answers })
    if (draftId !== null) yield* removeDraft(services, writer, { operationId, draftId })
    return { modSeq: ModSeq(0), heldUntil, isDuplicate }
  }).pipe(services.turns.withPermits(1))

const submit = (
  services: SendServices,
  writer: Writer,
  { operationId, draft, sendAt }: SendInput
): Effect.Effect<number | null, Failure> =>
  Effect.gen(function* () {
    const recipients = yield* recipientsOf(draft)
    const heldUntil = yield* timeOf(services, sendAt)
    const raw = yield* compose(services, writer, { draft, operationId, date: heldUntil })
    yield* services.core
      .submit(writer.call, {
        mailboxId: writer.mailboxId,
        operationId: sendName(operationId),
        sender: writer.address,
        recipients,
        raw,
        savesInSent: true,
        notBefore: heldUntil
      })
      .pipe(Effect.mapError((error) => refusalOfRecipient(error, recipients)))
    return heldUntil
  })

/** When it goes: not before it can have been taken back; null = at once. */
const timeOf = ({ settings }: SendServices, sendAt: number | null): Effect.Effect<number | null, Refusal> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (sendAt !== null && sendAt > now + Duration.toMillis(settings.ahead)) {
      return Effect.fail(overLimit("scheduleMillis"))
    }
    const earliest = now + Duration.toMillis(settings.hold)
    const time = Math.max(sendAt ?? 0, earliest)
    return Effect.succeed(time > now ? time : null)
  })

/** Which of the recipients will not do, by their address. */
const refusalOfRecipient = (error: CoreError, recipients: ReadonlyArray<string>): Failure => {
  if (error._tag !== "InvalidRequest" && error._tag !== "NotAllowed") return error
  const address = error.recipient === undefined ? undefined : recipients[error.recipient - 1]
  if (address === undefined) return error
  return { ...refused(error._tag === "NotAllowed" ? "notAllowed" : "notFound", false), what: address }
}

/** MS-ASEMAIL 2.2.2.43: 1 answered, 2 answered to all, 3 forwarded. */
const marks = {
  reply: { flag: "\\Answered", verb: 1 },
  replyAll: { flag: "\\Answered", verb: 2 },
  forward: { flag: "$Forwarded", verb: 3 }
} as const satisfies Record<Answered["verb"], { readonly flag: Flag; readonly verb: LastVerb["verb"] }>

/** A mark that fails is no reason to call the message unsent. */
const mark = (
  { core }: SendServices,
  writer: Writer,
  { operationId, answered }: { readonly operationId: OperationId; readonly answered: Answered }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { flag, verb } = marks[answered.verb]
    yield* core.changeFlags(draftCall(writer), {
      mailboxId: writer.mailboxId,
      operationId: markName(operationId),
      messageIds: [answered.messageId],
      addFlags: [flag],
      removeFlags: [],
      addCategories: [],
      removeCategories: [],
      lastVerb: { verb, at: yield* Clock.currentTimeMillis }
    })
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logWarning("a message was sent, but its original is not marked").pipe(
        Effect.annotateLogs({ correlation_id: writer.call.correlationId, error: error._tag })
      )
    )
  )
