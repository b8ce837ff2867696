import { Context, Effect, Layer } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { CorrelationId, FolderId, MailboxId, MessageId } from "../../domain/ids.ts"
import { Core } from "../../rpc/Core.ts"

export interface Expunge {
  readonly mailboxId: MailboxId
  readonly folderId: FolderId
  readonly messageIds: ReadonlyArray<MessageId>
  readonly correlationId: CorrelationId
}

/** The one thing that retention asks of mailboxes, through their door: audited, journalled, seen by every client. */
export class Expunger extends Context.Tag("postroom/pipeline/Expunger")<
  Expunger,
  {
    /** Removes those that still lie in the folder; says how many they were. */
    readonly expunge: (wish: Expunge) => Effect.Effect<number, CoreError>
  }
>() {
  /** The mailboxes of this process. */
  static readonly layer: Layer.Layer<Expunger, never, Core> = Layer.effect(
    Expunger,
    Effect.map(Core, (core) =>
      Expunger.of({
        expunge: ({ mailboxId, folderId, messageIds, correlationId }) =>
          Effect.map(
            core.expungeMessages(
              {
                principal: { _tag: "Service", name: "worker-retention" },
                correlationId,
                origin: "retention",
                remote: null
              },
              // Without an operation's name: what is removed cannot be removed again.
              { mailboxId, folderId, messageIds, operationId: null }
            ),
            ({ missing }) => messageIds.length - missing.length
          )
      })
    )
  )
}
