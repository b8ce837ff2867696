import { Effect } from "effect"
import type { MailboxId } from "../../../domain/ids.ts"
import { type Postgres, type PostgresError, statement } from "../../postgres.ts"

const removals = statement<{
  readonly low_water: number
  readonly head: number
  readonly seen: number | null
  readonly gone: ReadonlyArray<number> | null
}>({
  name: "feed_removals",
  text: `SELECT head.low_water, head.modseq AS head, told.seen, told.gone
    FROM mail_state.heads AS head, LATERAL (
      SELECT max(entry.modseq) AS seen,
        array_agg((entry.change ->> 'messageId')::bigint) FILTER (WHERE entry.change ->> '_tag' = 'Expunged') AS gone
      FROM (
        SELECT modseq, change FROM mail_state.journal WHERE user_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3
      ) AS entry
    ) AS told
    WHERE head.user_id = $1`
})

/** Journal entries that one step looks at. */
const maxEntries = 10_000

export interface Removals {
  /** Everything up to here is told. */
  readonly modSeq: number
  readonly head: number
  /** null = the journal does not reach back so far: whatever has no message may be gone. */
  readonly gone: ReadonlyArray<number> | null
}

/** What was expunged after a change; null where the mailbox is gone. */
export const removedSince = (
  postgres: Postgres["Type"],
  mailboxId: MailboxId,
  modSeq: number
): Effect.Effect<Removals | null, PostgresError> =>
  Effect.map(postgres.query(removals, [mailboxId, modSeq, maxEntries]), ([row]) => {
    if (row === undefined) return null
    return modSeq < row.low_water
      ? { modSeq: row.head, head: row.head, gone: null }
      : { modSeq: row.seen ?? modSeq, head: row.head, gone: row.gone ?? [] }
  })
