import { Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { OperationId } from "../../../domain/ids.ts"
import type { WritingMethods } from "../../../rpc/Writing.ts"
import type { HeldSends, Refusal, SendCancelled } from "../OwaAnswers.ts"
import { refused } from "../refusal.ts"
import { keepDraft, removeDraft } from "./drafts.ts"
import { markName, type SendServices, sendIdOf, sendName } from "./send.ts"
import { draftCall, type Writer } from "./Writer.ts"

export interface CancelServices extends SendServices {
  readonly writing: SendServices["writing"] & Pick<WritingMethods, "readHeld" | "recall" | "listHeld">
}

interface CancelInput {
  readonly operationId: OperationId
  readonly sendId: OperationId
}

const tooLate: Refusal = refused("tooLate", false)

/**
 * The draft is put back first, then the message is taken back; where it is too late for that, the draft goes again. A crash
 * between them leaves a draft too many, never one too few.
 */
export const cancelSend = (
  services: CancelServices,
  writer: Writer,
  { operationId, sendId }: CancelInput
): Effect.Effect<SendCancelled, CoreError | Refusal> =>
  Effect.gen(function* () {
    const { core, writing } = services
    const held = { mailboxId: writer.mailboxId, operationId: sendName(sendId) }
    const raw = yield* writing.readHeld(writer.call, held)
    const draft = yield* keepDraft(services, writer, { operationId, raw, former: null })
    yield* writing
      .recall(writer.call, held)
      .pipe(
        Effect.catchTag("NotAllowed", () =>
          Effect.zipRight(
            removeDraft(services, writer, { operationId, draftId: draft.messageId }),
            Effect.fail(tooLate)
          )
        )
      )
    yield* unmark(core, writer, { operationId, sendId })
    return draft
  }).pipe(services.turns.withPermits(1))

/** What was answered is unanswered again, as far as nobody else has marked it since. */
const unmark = (
  core: CancelServices["core"],
  writer: Writer,
  { operationId, sendId }: CancelInput
): Effect.Effect<void> =>
  core
    .undo(draftCall(writer), {
      mailboxId: writer.mailboxId,
      operationId: OperationId(`${operationId}:unmark`),
      undoes: markName(sendId)
    })
    .pipe(
      // Nothing was answered, or it was too long ago.
      Effect.catchTags({ NotFound: () => Effect.void, NotAllowed: () => Effect.void }),
      Effect.catchAll((error) =>
        Effect.logWarning("a message was taken back, but its original is still marked").pipe(
          Effect.annotateLogs({ correlation_id: writer.call.correlationId, error: error._tag })
        )
      ),
      Effect.asVoid
    )

/** Of one answer. */
const maxHeld = 100

export const heldSends = ({ writing }: CancelServices, writer: Writer): Effect.Effect<HeldSends, CoreError> =>
  Effect.map(writing.listHeld(writer.call, { mailboxId: writer.mailboxId, limit: maxHeld }), (held) => ({
    sends: held.flatMap(({ operationId, sendAt, subject, to }) => {
      const sendId = sendIdOf(operationId)
      return sendId === null
        ? []
        : [{ sendId, sendAt, subject, to: to.map(({ name, address }) => ({ name, address })) }]
    })
  }))
