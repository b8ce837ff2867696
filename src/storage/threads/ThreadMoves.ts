import { Context, Effect, Layer } from "effect"
import { NotFound, type Unavailable } from "../../domain/errors.ts"
import { FolderId, type MailboxId, type MessageId, type ThreadId } from "../../domain/ids.ts"
import { run } from "../directory/rows.ts"
import { Postgres, statement } from "../postgres.ts"

const upsert = statement({
  name: "thread_moves_set",
  text: `INSERT INTO mail_state.thread_moves (user_id, thread_id, mailbox_id) VALUES ($1, $2, $3)
    ON CONFLICT (user_id, thread_id) DO UPDATE SET mailbox_id = EXCLUDED.mailbox_id`
})

const select = statement<{ readonly mailbox_id: number }>({
  name: "thread_moves_of",
  text: `SELECT move.mailbox_id FROM mail_state.messages AS message
    JOIN mail_state.thread_moves AS move USING (user_id, thread_id)
    WHERE message.user_id = $1 AND message.id = $2 AND message.mailbox_id <> move.mailbox_id`
})

/** Conversations that belong in a folder, with all that comes of them. */
export class ThreadMoves extends Context.Tag("postroom/storage/ThreadMoves")<
  ThreadMoves,
  {
    /** From now on; instead of the folder before. */
    readonly set: (
      mailboxId: MailboxId,
      move: { readonly threadId: ThreadId; readonly folderId: FolderId }
    ) => Effect.Effect<void, NotFound | Unavailable>
    /** Where a message belongs by its conversation; null = where it lies. */
    readonly folderOf: (
      mailboxId: MailboxId,
      messageId: MessageId
    ) => Effect.Effect<FolderId | null, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<ThreadMoves, never, Postgres> = Layer.effect(
    ThreadMoves,
    Effect.map(Postgres, (postgres) => {
      const query = run(postgres)
      return ThreadMoves.of({
        set: (mailboxId, { threadId, folderId }) =>
          Effect.asVoid(
            query(upsert, [mailboxId, threadId, folderId], {
              thread_moves_user_id_mailbox_id_fkey: new NotFound({ what: "folder" })
            })
          ),
        folderOf: (mailboxId, messageId) =>
          Effect.map(query(select, [mailboxId, messageId]), ([row]) =>
            row === undefined ? null : FolderId(row.mailbox_id)
          )
      })
    })
  )
}
