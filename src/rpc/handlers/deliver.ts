import { Cause, Effect, Option } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { type CoreError, Unavailable } from "../../domain/errors.ts"
import type { CoreMethods, Delivered } from "../Core.ts"
import type { Authorized } from "../guard.ts"

type Input = Parameters<CoreMethods["deliver"]>[1]

/** Asks every recipient's actor; what one of them answers is no matter of the others. */
export const deliver =
  (router: Router["Type"]) =>
  (call: Authorized, { taskId, message, recipients }: Input): Effect.Effect<ReadonlyArray<Delivered>> =>
    Effect.forEach(
      recipients,
      ({ mailboxId, target }) =>
        router
          .ask({
            mailboxId,
            command: { _tag: "Deliver", taskId, target, message },
            origin: call.origin,
            correlationId: call.correlationId,
            // Task and mailbox name the wish already.
            operationId: null
          })
          .pipe(
            Effect.map(({ modSeq, duplicate }) => ({
              mailboxId,
              error: null,
              modSeq,
              isDuplicate: duplicate
            })),
            Effect.catchAllCause((cause) =>
              Cause.isInterrupted(cause)
                ? Effect.interrupt
                : Effect.succeed({ mailboxId, error: errorOf(cause), modSeq: null, isDuplicate: false })
            )
          ),
      { concurrency: 32 }
    )

const errorOf = (cause: Cause.Cause<CoreError>): CoreError =>
  Option.getOrElse(
    Cause.failureOption(cause),
    () => new Unavailable({ what: "mailbox", cause: Cause.squash(cause) })
  )
