import { Context, Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { CorrelationId, MailboxId, ModSeq, TenantId } from "../../domain/ids.ts"
import { Postgres, statement } from "../postgres.ts"

/** Commits of one mailbox that nobody was told of yet. */
export interface OutboxEntry {
  readonly mailboxId: MailboxId
  readonly tenantId: TenantId
  /** The first change not told of. */
  readonly from: ModSeq
  /** The last change that this entry covers. */
  readonly to: ModSeq
  readonly correlationId: CorrelationId
  /** Of the last of these commits that is traced; null = none is. */
  readonly traceparent: string | null
}

// In the order of the key: what is read of a mailbox is always all that it told first.
const read = statement<{
  readonly user_id: string
  readonly tenant_id: string
  readonly from_modseq: number
  readonly to_modseq: number
  readonly correlation_id: string
  readonly traceparent: string | null
}>({
  name: "outbox_read",
  text: `SELECT entry.user_id, owner.tenant_id, min(entry.from_modseq) AS from_modseq,
      max(entry.to_modseq) AS to_modseq, min(entry.correlation_id) AS correlation_id,
      (array_agg(entry.traceparent ORDER BY entry.to_modseq DESC) FILTER (WHERE entry.traceparent IS NOT NULL))[1] AS traceparent
    FROM (SELECT * FROM mail_state.outbox ORDER BY user_id, to_modseq LIMIT $1) AS entry
    JOIN mail_state.users AS owner ON owner.id = entry.user_id
    GROUP BY entry.user_id, owner.tenant_id`
})

// Not waited for on disk: a removal that a crash forgets only repeats a ring.
const remove = statement({
  name: "outbox_remove",
  text: `WITH lazy AS (SELECT set_config('synchronous_commit', 'off', true) AS setting)
    DELETE FROM mail_state.outbox AS entry
    USING lazy, jsonb_to_recordset($1::jsonb) AS row ("mailboxId" uuid, "to" bigint)
    WHERE entry.user_id = row."mailboxId" AND entry.to_modseq <= row."to"`
})

/** What commits left for the streams `index` and `notify`, written in the commits themselves. */
export class Outbox extends Context.Tag("postroom/storage/Outbox")<
  Outbox,
  {
    /** Entries of up to `limit` commits, one per mailbox. */
    readonly read: (limit: number) => Effect.Effect<ReadonlyArray<OutboxEntry>, Unavailable>
    readonly remove: (entries: ReadonlyArray<OutboxEntry>) => Effect.Effect<void, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<Outbox, never, Postgres> = Layer.effect(
    Outbox,
    Effect.map(Postgres, (postgres) =>
      Outbox.of({
        read: (limit) =>
          postgres.query(read, [limit]).pipe(
            Effect.mapBoth({
              onFailure: (cause) => new Unavailable({ what: "storage", cause }),
              onSuccess: (rows) =>
                rows.map((row) => ({
                  mailboxId: MailboxId(row.user_id),
                  tenantId: TenantId(row.tenant_id),
                  from: ModSeq(row.from_modseq),
                  to: ModSeq(row.to_modseq),
                  correlationId: CorrelationId(row.correlation_id),
                  traceparent: row.traceparent
                }))
            })
          ),
        remove: (entries) =>
          postgres
            .query(remove, [JSON.stringify(entries.map(({ mailboxId, to }) => ({ mailboxId, to })))])
            .pipe(
              Effect.asVoid,
              Effect.mapError((cause) => new Unavailable({ what: "storage", cause }))
            )
      })
    )
  )
}
