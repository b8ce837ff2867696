import { Array as Arr, Effect } from "effect"
import { type MailboxId, MessageId, TenantId } from "../../../domain/ids.ts"
import { type Postgres, statement } from "../../postgres.ts"
import { type Removals, removedSince } from "../pg/removals.ts"
import type { Meili } from "./Meili.ts"
import { type DocumentRow, documentId, toMeili } from "./meiliDocument.ts"
import { indexOf, makeEnsureIndex } from "./meiliIndex.ts"
import { makeOrphans } from "./orphans.ts"

interface ProgressRow {
  readonly tenant_id: string
  /** Of the copy. */
  readonly message_id: number
  readonly modseq: number
  /** Of the index. */
  readonly indexed: number
}

const progress = statement<ProgressRow>({
  name: "mirror_progress",
  text: `WITH made AS (
      INSERT INTO search.mirrors (user_id, modseq) SELECT user_id, modseq FROM mail_state.heads WHERE user_id = $1
      ON CONFLICT DO NOTHING RETURNING user_id, message_id, modseq
    ), mirror AS (
      SELECT user_id, message_id, modseq FROM made
      UNION ALL SELECT user_id, message_id, modseq FROM search.mirrors WHERE user_id = $1
    )
    SELECT owner.tenant_id, mirror.message_id, mirror.modseq, index.message_id AS indexed
    FROM mirror JOIN mail_state.users AS owner ON owner.id = mirror.user_id JOIN search.indexes AS index USING (user_id)`
})

// As many as fit, and one in any case; how large a text is its row says.
const documents = statement<DocumentRow>({
  name: "mirror_documents",
  text: `SELECT message_id, at, heads, words, size_bytes, has_attachments FROM (
      SELECT next.*, sum(octet_length(heads) + octet_length(words)) OVER (ORDER BY message_id ROWS BETWEEN
        UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM (
        SELECT document.message_id, document.at, document.heads, document.words, message.size_bytes,
          message.has_attachments
        FROM search.documents AS document
        JOIN mail_state.messages AS message ON message.user_id = $1 AND message.id = document.message_id
        WHERE document.user_id = $1 AND document.message_id > $2 AND document.message_id <= $3
        ORDER BY document.message_id LIMIT $4
      ) AS next
    ) AS row WHERE before IS NULL OR before < $5 ORDER BY message_id`
})

// Where nobody else has come further, or begun again, meanwhile.
const store = statement({
  name: "mirror_store",
  text: `UPDATE search.mirrors SET message_id = $4, modseq = $5 WHERE user_id = $1 AND message_id = $2 AND modseq = $3`
})

/** What goes to Meilisearch together. */
const batch = { messages: 2_000, bytes: 8 * 1024 * 1024 }

/** What was written and removed of a mailbox since it was copied. */
interface News {
  readonly mailboxId: MailboxId
  readonly before: ProgressRow
  readonly told: Removals
  readonly found: ReadonlyArray<DocumentRow>
}

const sizeOf = (rows: ReadonlyArray<DocumentRow>) =>
  rows.reduce((sum, { heads, words }) => sum + heads.length + words.length, 0)

/** Copies mailboxes to Meilisearch, some of them together. */
export const makeCopy = (meili: Meili, postgres: Postgres["Type"]) => {
  const ensureIndex = makeEnsureIndex(meili, postgres)
  const orphans = makeOrphans(meili, postgres)

  /** Null where there is nothing to do. */
  const news = Effect.fnUntraced(function* (mailboxId: MailboxId, limit: number) {
    const [before] = yield* postgres.query(progress, [mailboxId])
    if (before === undefined) return null
    const told = yield* removedSince(postgres, mailboxId, before.modseq)
    if (told === null) return null
    const range = [before.message_id, before.indexed]
    const found = yield* postgres.query(documents, [mailboxId, ...range, limit, batch.bytes])
    const isIdle = found.length === 0 && before.message_id === before.indexed && told.modSeq === before.modseq
    const next: News = { mailboxId, before, told, found }
    return isIdle ? null : next
  })

  /** What goes: where a copy begins, or the journal does not reach back so far, it may be anything. */
  const goneOf = ({ mailboxId, before, told }: News) =>
    Effect.map(
      before.message_id === 0 || told.gone === null
        ? orphans(TenantId(before.tenant_id), mailboxId)
        : Effect.succeed(told.gone),
      (ids) => ids.map((id) => documentId(mailboxId, MessageId(id)))
    )

  const write = Effect.fnUntraced(function* (tenantId: TenantId, all: ReadonlyArray<News>) {
    yield* ensureIndex(tenantId)
    const change = (path: string, body: ReadonlyArray<unknown> | object) =>
      meili.change({ method: "POST", path: `/indexes/${indexOf(tenantId)}/documents${path}`, body })
    const gone = (yield* Effect.forEach(all, goneOf)).flat()
    if (gone.length > 0) yield* change("/delete-batch", gone)
    const written = all.flatMap(({ mailboxId, found }) => found.map((row) => toMeili(mailboxId, row)))
    if (written.length > 0) yield* change("", written)
    yield* Effect.forEach(all, ({ mailboxId, before, told, found }) => {
      const { message_id, modseq, indexed } = before
      const to = found.at(-1)?.message_id ?? Math.max(message_id, indexed)
      return postgres.query(store, [mailboxId, message_id, modseq, to, told.modSeq])
    })
  })

  /** The next step of these mailboxes, or of the first of them; gives those for which there is nothing left to do. */
  return Effect.fnUntraced(function* (mailboxIds: ReadonlyArray<MailboxId>) {
    const all: Array<News> = []
    const idle: Array<MailboxId> = []
    let room = { ...batch }
    for (const mailboxId of mailboxIds) {
      if (room.messages <= 0 || room.bytes <= 0) break
      const one = yield* news(mailboxId, room.messages)
      if (one === null) idle.push(mailboxId)
      else {
        all.push(one)
        room = { messages: room.messages - one.found.length, bytes: room.bytes - sizeOf(one.found) }
      }
    }
    const tenants = Object.entries(Arr.groupBy(all, ({ before }) => before.tenant_id))
    yield* Effect.forEach(tenants, ([tenantId, ofTenant]) => write(TenantId(tenantId), ofTenant))
    return idle
  })
}
