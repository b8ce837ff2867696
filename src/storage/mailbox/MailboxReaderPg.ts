import { Effect, Layer } from "effect"
import type { Change } from "../../domain/Change.ts"
import type { Part } from "../../domain/Content.ts"
import { CursorExpired, NotFound, Unavailable } from "../../domain/errors.ts"
import { ContentId, type MailboxId, type MessageId, ModSeq, OperationId } from "../../domain/ids.ts"
import type { NamedOperation } from "../../domain/Operation.ts"
import { Postgres, type PostgresError, statement } from "../postgres.ts"
import { listStatements, pageOf } from "./listStatements.ts"
import { MailboxReader } from "./MailboxReader.ts"
import { type PartRow, toPart } from "./partRows.ts"
import { type SummaryRow, summaryColumns, toSummary } from "./rows.ts"

const page = statement<SummaryRow>({
  name: "reader_page",
  text: `SELECT ${summaryColumns} FROM mail_state.messages
    WHERE user_id = $1 AND mailbox_id = $2 AND uid < $3 ORDER BY uid DESC LIMIT $4`
})

const byIds = statement<SummaryRow>({
  name: "reader_by_ids",
  text: `SELECT ${summaryColumns} FROM mail_state.messages WHERE user_id = $1 AND id = ANY ($2::bigint[])`
})

const thread = statement<SummaryRow>({
  name: "reader_thread",
  text: `SELECT ${summaryColumns} FROM mail_state.messages WHERE user_id = $1 AND id = $2 AND thread_id = id
    UNION ALL
    SELECT ${summaryColumns} FROM mail_state.messages
      WHERE user_id = $1 AND thread_id = $2 AND thread_id <> id
    ORDER BY id DESC LIMIT $3`
})

const parts = statement<PartRow>({
  name: "reader_parts",
  text: `SELECT id, part_id, mime_type, size_bytes, filename, header_start, body_start, body_end, attributes
    FROM mail_state.message_parts WHERE message_id = $1 ORDER BY id`
})

const structures = statement<PartRow & { readonly message_id: string }>({
  name: "reader_structures",
  text: `SELECT message_id, id, part_id, mime_type, size_bytes, filename, header_start, body_start, body_end, attributes
    FROM mail_state.message_parts WHERE message_id = ANY ($1::uuid[]) ORDER BY message_id, id`
})

// One snapshot for both: an entry that compaction takes away is seen either as entry or as low water.
const journal = statement<{
  readonly low_water: number
  readonly head: number
  readonly modseq: number | null
  readonly change: Change
  readonly origin: string
  readonly at: number
}>({
  name: "reader_journal",
  text: `SELECT head.low_water, head.modseq AS head, entry.modseq, entry.change, entry.origin, entry.at
    FROM mail_state.heads AS head
    LEFT JOIN LATERAL (
      SELECT modseq, change, origin, at FROM mail_state.journal
      WHERE user_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3
    ) AS entry ON true
    WHERE head.user_id = $1 ORDER BY entry.modseq`
})

// `created_at`, which the index is on, is when the transaction began; the journal says when it was decided.
const operations = statement<
  Omit<NamedOperation, "operationId" | "modSeq" | "undoes"> & {
    readonly operation_id: string
    readonly modseq: number
    readonly undoes: string | null
  }
>({
  name: "reader_operations",
  text: `SELECT done.operation_id, entry.modseq, entry.origin, entry.at, done.undoes, kinds.changes
    FROM (
      SELECT operation_id, result, result -> 'undone' ->> 'undoes' AS undoes, (result ->> 'modSeq')::bigint AS modseq
      FROM mail_state.operations WHERE user_id = $1 ORDER BY created_at DESC LIMIT $3
    ) AS done
    JOIN mail_state.journal AS entry ON entry.user_id = $1 AND entry.modseq = done.modseq
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(kind, n) AS changes FROM (
        SELECT change ->> '_tag' AS kind, count(*) AS n FROM jsonb_array_elements(done.result -> 'changes') AS change GROUP BY 1
      ) AS counted
    ) AS kinds
    WHERE entry.at >= to_timestamp($2::float8 / 1000)
    ORDER BY entry.modseq DESC`
})

const byContent = (
  rows: ReadonlyArray<PartRow & { readonly message_id: string }>
): ReadonlyMap<ContentId, ReadonlyArray<Part>> => {
  const found = new Map<ContentId, Array<Part>>()
  for (const row of rows) {
    const contentId = ContentId(row.message_id)
    const parts = found.get(contentId)
    if (parts === undefined) found.set(contentId, [toPart(row)])
    else parts.push(toPart(row))
  }
  return found
}

const largestUid = 2 ** 53 - 1

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

/** Reads mail state from Postgres. */
export const layer: Layer.Layer<MailboxReader, never, Postgres> = Layer.effect(
  MailboxReader,
  Effect.map(Postgres, (postgres) => {
    const messages = (mailboxId: MailboxId, ids: ReadonlyArray<MessageId>) =>
      postgres
        .query(byIds, [mailboxId, ids])
        .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toSummary) }))

    return MailboxReader.of({
      page: (mailboxId, { folderId, belowUid, limit }) =>
        postgres
          .query(page, [mailboxId, folderId, belowUid ?? largestUid, limit])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toSummary) })),
      byDate: (mailboxId, { folderId, filter, from, limit }) => {
        const [sql, values] = pageOf(filter, from, limit)
        return postgres
          .query(sql, [mailboxId, folderId, ...values])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toSummary) }))
      },
      countSince: (mailboxId, { folderId, filter, since }) =>
        postgres
          .query(listStatements[filter].count, [mailboxId, folderId, since])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: ([row]) => row?.count ?? 0 })),
      messages,
      thread: (mailboxId, threadId, limit) =>
        postgres
          .query(thread, [mailboxId, threadId, limit])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (rows) => rows.map(toSummary) })),
      message: (mailboxId, id) =>
        Effect.flatMap(messages(mailboxId, [id]), ([found]) =>
          found === undefined ? Effect.fail(new NotFound({ what: "message" })) : Effect.succeed(found)
        ),
      parts: (contentId) =>
        postgres.query(parts, [contentId]).pipe(
          Effect.mapError(unavailable),
          Effect.filterOrFail(
            (rows) => rows.length > 0,
            () => new NotFound({ what: "part" })
          ),
          Effect.map((rows) => rows.map(toPart))
        ),
      structures: (contentIds) =>
        postgres
          .query(structures, [contentIds])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: byContent })),
      operations: (mailboxId, { since, limit }) =>
        Effect.mapBoth(postgres.query(operations, [mailboxId, since, limit]), {
          onFailure: unavailable,
          onSuccess: (rows) =>
            rows.map(({ operation_id, modseq, undoes, origin, at, changes }) => ({
              operationId: OperationId(operation_id),
              modSeq: ModSeq(modseq),
              origin,
              at,
              undoes: undoes === null ? null : OperationId(undoes),
              changes
            }))
        }),
      journal: (mailboxId, { after, limit }) =>
        Effect.gen(function* () {
          const rows = yield* Effect.mapError(postgres.query(journal, [mailboxId, after, limit]), unavailable)
          const first = rows[0]
          if (first === undefined) return yield* new NotFound({ what: "mailbox" })
          if (after < first.low_water || after > first.head) return yield* new CursorExpired()
          return rows.flatMap(({ modseq, change, origin, at }) =>
            modseq === null ? [] : [{ modSeq: ModSeq(modseq), change, origin, at }]
          )
        })
    })
  })
)
