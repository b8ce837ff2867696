import { Effect } from "effect"
import { type CoreError, NotFound } from "../../domain/errors.ts"
import type { FolderId } from "../../domain/ids.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { ThreadMoves } from "../../storage/threads/ThreadMoves.ts"
import type { Applied, OfThread } from "../Core.ts"
import { Right } from "../gen/postroom/core/v1/rights_pb.ts"
import type { Authorized } from "../guard.ts"
import { ask } from "./commands.ts"
import type { ReadServices } from "./reads.ts"

/** What of a conversation lies where the caller has the right. Bounded as what a call may name. */
const messagesOf = (
  { reader, limits }: ReadServices,
  call: Authorized,
  { mailboxId, threadId, right }: OfThread & { readonly right: Right }
): Effect.Effect<ReadonlyArray<MessageSummary>, CoreError> =>
  Effect.flatMap(reader.thread(mailboxId, threadId, limits.maxBatch), (messages) => {
    const allowed = messages.filter(({ folderId }) => call.access.may(right, folderId))
    return allowed.length === 0 ? Effect.fail(new NotFound({ what: "message" })) : Effect.succeed(allowed)
  })

export const listThread = (services: ReadServices) => (call: Authorized, input: OfThread) =>
  Effect.map(messagesOf(services, call, { ...input, right: Right.READ }), (messages) => ({ messages }))

export interface ThreadServices extends ReadServices {
  readonly threads: ThreadMoves["Type"]
}

export const moveThread =
  (services: ThreadServices) =>
  (
    call: Authorized,
    input: OfThread & { readonly toFolderId: FolderId }
  ): Effect.Effect<Applied, CoreError> =>
    Effect.gen(function* () {
      const { mailboxId, threadId, toFolderId } = input
      const { folders } = yield* services.router.state(mailboxId)
      const messages = yield* messagesOf(services, call, { ...input, right: Right.DELETE_MESSAGES })
      const moving = messages.filter(({ folderId }) => folders.get(folderId)?.role !== "sent")
      // Before the move: what comes between them goes there by itself.
      yield* services.threads.set(mailboxId, { threadId, folderId: toFolderId })
      return yield* ask(services.router, call, {
        mailboxId,
        operationId: null,
        command: { _tag: "MoveMessages", messageIds: moving.map(({ id }) => id), toFolderId }
      })
    })
