import { Effect, Layer } from "effect"
import type { Part } from "../../../domain/Content.ts"
import { Unavailable } from "../../../domain/errors.ts"
import { type MailboxId, MessageId } from "../../../domain/ids.ts"
import { type PartRow, toPart } from "../../mailbox/partRows.ts"
import { type SummaryRow, summaryColumns, toSummary } from "../../mailbox/rows.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { type IndexedDocument, type Progress, SearchFeed, type Step, type Unindexed } from "../SearchFeed.ts"
import { dictionaryOf } from "./dictionaries.ts"
import { removedSince } from "./removals.ts"

// An index that begins now has nothing to remove: it starts at the newest change.
const progress = statement<ProgressRow>({
  name: "feed_progress",
  text: `WITH made AS (
      INSERT INTO search.indexes (user_id, modseq) SELECT user_id, modseq FROM mail_state.heads WHERE user_id = $1
      ON CONFLICT DO NOTHING RETURNING message_id, modseq, rebuild_after, rebuild_to
    )
    SELECT message_id, modseq, rebuild_after, rebuild_to FROM made
    UNION ALL SELECT message_id, modseq, rebuild_after, rebuild_to FROM search.indexes WHERE user_id = $1`
})

interface ProgressRow {
  readonly message_id: number
  readonly modseq: number
  readonly rebuild_after: number | null
  readonly rebuild_to: number | null
}

const orphans = statement<{ readonly message_id: number }>({
  name: "feed_orphans",
  text: `SELECT document.message_id FROM search.documents AS document
    WHERE document.user_id = $1 AND document.message_id > $2 AND document.message_id <= $3 AND NOT EXISTS (
      SELECT FROM mail_state.messages AS message WHERE message.user_id = $1 AND message.id = document.message_id)`
})

const unindexed = statement<SummaryRow>({
  name: "feed_unindexed",
  text: `SELECT ${summaryColumns} FROM mail_state.messages
    WHERE user_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4`
})

const parts = statement<PartRow & { readonly message_id: string }>({
  name: "feed_parts",
  text: `SELECT message_id, id, part_id, mime_type, size_bytes, filename, header_start, body_start, body_end, attributes
    FROM mail_state.message_parts WHERE message_id = ANY ($1::uuid[]) ORDER BY message_id, id`
})

// A step counts where nobody has made one since it was read. Not waited for on disk: a crash forgets the documents
// together with the progress. Besides each word stand the forms that its language gives it, where they are not words
// of the message themselves; `~` and `$` as in document.ts. What was copied elsewhere is copied anew after a rebuild.
const store = statement<{ readonly user_id: string }>({
  name: "feed_store",
  text: `WITH lazy AS (SELECT set_config('synchronous_commit', 'off', true) AS setting),
    step AS (
      UPDATE search.indexes AS index
      SET message_id = $4, modseq = $5, dictionaries = ARRAY(
          SELECT DISTINCT name FROM unnest(index.dictionaries || $6::text[]) AS name ORDER BY name),
        rebuild_after = $10, rebuild_to = CASE WHEN $10::bigint IS NOT NULL THEN index.rebuild_to END
      FROM lazy WHERE index.user_id = $1 AND index.message_id = $2 AND index.modseq = $3
        AND index.rebuild_after IS NOT DISTINCT FROM $9::bigint
      RETURNING index.user_id
    ),
    gone AS (
      DELETE FROM search.documents AS document USING step
      WHERE document.user_id = $1 AND document.message_id = ANY ($7::bigint[])
    ),
    written AS (
      INSERT INTO search.documents (user_id, message_id, at, heads, words, pairs)
      SELECT step.user_id, row.message_id, row.at, row.heads, row.words || COALESCE(other.forms, ''), row.pairs
      FROM step, jsonb_to_recordset($8::jsonb) AS row
        (message_id bigint, at bigint, heads text, words text, pairs bytea, dictionary text),
        -- Looked up once for each row, not for each word.
        LATERAL (SELECT ('pg_catalog.' || row.dictionary)::regdictionary AS oid OFFSET 0) AS dictionary, LATERAL (
          SELECT string_agg(' ' || form, '') AS forms FROM (
            SELECT '~' || stem AS form
            FROM (SELECT DISTINCT word FROM unnest(string_to_array(row.words, ' ')) AS word) AS word,
              unnest(ts_lexize(dictionary.oid, word.word)) AS stem
            WHERE word.word NOT IN ('', E'\\n') AND stem <> word.word
            UNION
            SELECT '$' || stem
            FROM unnest(string_to_array(row.heads, ' ')) AS word,
              unnest(ts_lexize(dictionary.oid, substr(word, 2))) AS stem
            WHERE word LIKE '#%' AND stem <> substr(word, 2)
          ) AS form
        ) AS other
      ON CONFLICT (user_id, message_id) DO UPDATE SET at = excluded.at, heads = excluded.heads, words = excluded.words,
        pairs = excluded.pairs
    ),
    stale AS (
      UPDATE search.mirrors AS mirror SET message_id = 0 FROM step
      WHERE mirror.user_id = step.user_id AND $9::bigint IS NOT NULL AND $10::bigint IS NULL
    )
    SELECT user_id FROM step`
})

const largestId = 2 ** 53 - 1

/** Octets of different words up to which a document's other forms have room beside them. */
const maxStemmed = 400 * 1024

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

/** Reads what the index lacks from mail state, and writes the index, in Postgres. */
export const layer: Layer.Layer<SearchFeed, never, Postgres> = Layer.effect(
  SearchFeed,
  Effect.map(Postgres, (postgres) => {
    const withParts = Effect.fnUntraced(function* (rows: ReadonlyArray<SummaryRow>) {
      const messages = rows.map(toSummary)
      const contentIds = [...new Set(messages.map(({ contentId }) => contentId))]
      const found = contentIds.length === 0 ? [] : yield* postgres.query(parts, [contentIds])
      const byContent = new Map<string, Array<Part>>(contentIds.map((id) => [id, []]))
      for (const row of found) byContent.get(row.message_id)?.push(toPart(row))
      return messages.map(
        (message): Unindexed => ({ message, parts: byContent.get(message.contentId) ?? [] })
      )
    })

    /** What was removed since; where the journal does not reach back, all that has no message any more. */
    const removed = Effect.fnUntraced(function* (mailboxId: MailboxId, before: Progress) {
      const told = yield* removedSince(postgres, mailboxId, before.modSeq)
      if (told === null || told.gone !== null) return told
      const left = yield* postgres.query(orphans, [mailboxId, 0, largestId])
      return { ...told, gone: left.map(({ message_id }) => message_id) }
    })

    /** What came in and went since. */
    const news = Effect.fnUntraced(function* (mailboxId: MailboxId, before: Progress, limit: number) {
      const told = yield* removed(mailboxId, before)
      // The user went meanwhile, and the index with it.
      if (told === null) return null
      const rows = yield* postgres.query(unindexed, [mailboxId, before.messageId, largestId, limit])
      const messageId = MessageId(rows.at(-1)?.id ?? before.messageId)
      if (rows.length === 0 && told.modSeq === before.modSeq) return null
      const step: Step = {
        mailboxId,
        before,
        after: { ...before, messageId, modSeq: told.modSeq },
        messages: yield* withParts(rows),
        gone: (told.gone ?? []).map((id) => MessageId(id)),
        more: rows.length === limit || told.modSeq < told.head || before.rebuilt !== null
      }
      return step
    })

    /** The next messages to be written anew, and what stands between them without a message. */
    const rebuild = Effect.fnUntraced(function* (
      mailboxId: MailboxId,
      before: Progress,
      { to, limit }: { readonly to: number; readonly limit: number }
    ) {
      const rows = yield* postgres.query(unindexed, [mailboxId, before.rebuilt, to, limit])
      const last = rows.length < limit ? to : (rows.at(-1)?.id ?? to)
      const left = yield* postgres.query(orphans, [mailboxId, before.rebuilt, last])
      const rebuilt = last < to ? MessageId(last) : null
      const step: Step = {
        mailboxId,
        before,
        after: { ...before, rebuilt },
        messages: yield* withParts(rows),
        gone: left.map(({ message_id }) => MessageId(message_id)),
        more: rebuilt !== null
      }
      return step
    })

    const next = Effect.fnUntraced(function* (mailboxId: MailboxId, limit: number) {
      const [row] = yield* postgres.query(progress, [mailboxId])
      if (row === undefined) return null
      const { message_id, modseq, rebuild_after, rebuild_to } = row
      const before: Progress = {
        messageId: MessageId(message_id),
        modSeq: modseq,
        rebuilt: rebuild_after === null ? null : MessageId(rebuild_after)
      }
      const step = yield* news(mailboxId, before, limit)
      return step === null && rebuild_to !== null
        ? yield* rebuild(mailboxId, before, { to: rebuild_to, limit })
        : step
    })

    const toRow = (document: IndexedDocument) => ({
      message_id: document.messageId,
      at: document.receivedAt,
      heads: document.heads,
      words: document.words,
      pairs: document.pairs === null ? null : `\\x${Buffer.from(document.pairs).toString("hex")}`,
      dictionary: document.bytes > maxStemmed ? null : dictionaryOf(document.language)
    })

    return SearchFeed.of({
      next: (mailboxId, limit) => Effect.mapError(next(mailboxId, limit), unavailable),
      store: ({ mailboxId, before, after, gone }, documents) => {
        // What went while it was read is not written, so that one statement never meets a row twice.
        const isGone = new Set(gone)
        const rows = documents.filter(({ messageId }) => !isGone.has(messageId)).map(toRow)
        return postgres
          .query(store, [
            mailboxId,
            before.messageId,
            before.modSeq,
            after.messageId,
            after.modSeq,
            [...new Set(rows.flatMap(({ dictionary }) => dictionary ?? []))],
            gone,
            JSON.stringify(rows),
            before.rebuilt,
            after.rebuilt
          ])
          .pipe(Effect.mapBoth({ onFailure: unavailable, onSuccess: (written) => written.length > 0 }))
      }
    })
  })
)
