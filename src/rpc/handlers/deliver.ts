import { Cause, Effect, Option } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import type { CommandResult } from "../../domain/Command.ts"
import { type CoreError, Unavailable } from "../../domain/errors.ts"
import type { MailboxId } from "../../domain/ids.ts"
import type { NewMessage } from "../../domain/Message.ts"
import type { ThreadMoves } from "../../storage/threads/ThreadMoves.ts"
import type { CoreMethods, Delivered } from "../Core.ts"
import type { Authorized } from "../guard.ts"
import { isAdded } from "./commands.ts"

type Input = Parameters<CoreMethods["deliver"]>[1]

export interface DeliverServices {
  readonly router: Router["Type"]
  readonly threads: ThreadMoves["Type"]
}

/** Asks every recipient's actor; what one of them answers is no matter of the others. */
export const deliver =
  (services: DeliverServices) =>
  (call: Authorized, { taskId, message, recipients }: Input): Effect.Effect<ReadonlyArray<Delivered>> =>
    Effect.forEach(
      recipients,
      ({ mailboxId, target }) =>
        services.router
          .ask({
            mailboxId,
            command: { _tag: "Deliver", taskId, target, message },
            origin: call.origin,
            correlationId: call.correlationId,
            // Task and mailbox name the wish already.
            operationId: null
          })
          .pipe(
            Effect.tap((result) =>
              target === "inbox" && mayAnswer(message)
                ? moveWithThread(services, call, { mailboxId, result })
                : Effect.void
            ),
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

/** Whether the message can belong to a conversation that began before it. */
const mayAnswer = ({ envelope }: NewMessage): boolean =>
  envelope.references.length > 0 || envelope.inReplyTo.length > 0 || envelope.subject.includes(":")

/**
 * Moves what was delivered to the folder of its conversation, where it has one. The message is delivered whatever comes
 * of this: a move that fails is told to the operator, not to the sender.
 */
const moveWithThread = (
  { router, threads }: DeliverServices,
  call: Authorized,
  { mailboxId, result }: { readonly mailboxId: MailboxId; readonly result: CommandResult }
): Effect.Effect<void> =>
  Effect.forEach(result.changes.filter(isAdded), ({ messageId }) =>
    Effect.flatMap(threads.folderOf(mailboxId, messageId), (toFolderId) =>
      toFolderId === null
        ? Effect.void
        : router.ask({
            mailboxId,
            command: { _tag: "MoveMessages", messageIds: [messageId], toFolderId },
            origin: call.origin,
            correlationId: call.correlationId,
            operationId: null
          })
    )
  ).pipe(
    Effect.catchAll((error) =>
      Effect.annotateLogs(
        Effect.logWarning(`a message stays out of its conversation's folder: ${error._tag}`),
        {
          mailboxId
        }
      )
    ),
    Effect.asVoid
  )

const errorOf = (cause: Cause.Cause<CoreError>): CoreError =>
  Option.getOrElse(
    Cause.failureOption(cause),
    () => new Unavailable({ what: "mailbox", cause: Cause.squash(cause) })
  )
