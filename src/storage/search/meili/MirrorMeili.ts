import { Effect, Layer } from "effect"
import { Unavailable } from "../../../domain/errors.ts"
import { type MailboxId, MessageId, TenantId } from "../../../domain/ids.ts"
import { Postgres, statement } from "../../postgres.ts"
import { removedSince } from "../pg/removals.ts"
import { SearchMirror } from "../SearchMirror.ts"
import { makeMeili } from "./Meili.ts"
import type { MeiliSettings } from "./MeiliConfig.ts"
import { documentId, indexOf, type MeiliDocument, makeEnsureIndex } from "./meiliIndex.ts"

const progress = statement<{
  readonly tenant_id: string
  readonly message_id: number
  readonly modseq: number
}>({
  name: "mirror_progress",
  text: `WITH made AS (
      INSERT INTO search.mirrors (user_id, modseq) SELECT user_id, modseq FROM mail_state.heads WHERE user_id = $1
      ON CONFLICT DO NOTHING RETURNING user_id, message_id, modseq
    ), mirror AS (
      SELECT user_id, message_id, modseq FROM made
      UNION ALL SELECT user_id, message_id, modseq FROM search.mirrors WHERE user_id = $1
    )
    SELECT owner.tenant_id, mirror.message_id, mirror.modseq
    FROM mirror JOIN mail_state.users AS owner ON owner.id = mirror.user_id`
})

interface DocumentRow {
  readonly message_id: number
  readonly at: number
  readonly heads: string
  readonly words: string
  readonly size_bytes: number
  readonly has_attachments: boolean
}

const documents = statement<DocumentRow>({
  name: "mirror_documents",
  text: `SELECT document.message_id, document.at, document.heads, document.words, message.size_bytes,
      message.has_attachments
    FROM search.documents AS document
    JOIN mail_state.messages AS message ON message.user_id = $1 AND message.id = document.message_id
    WHERE document.user_id = $1 AND document.message_id > $2
      AND document.message_id <= (SELECT message_id FROM search.indexes WHERE user_id = $1)
    ORDER BY document.message_id LIMIT $3`
})

// Where nobody else has come further, or begun again, meanwhile.
const store = statement<{ readonly user_id: string }>({
  name: "mirror_store",
  text: `UPDATE search.mirrors SET message_id = $4, modseq = $5
    WHERE user_id = $1 AND message_id = $2 AND modseq = $3 RETURNING user_id`
})

const batch = 200

const rows = (words: string): ReadonlyArray<string> =>
  words
    .split(" \n")
    .map((row) => row.trim())
    .filter((row) => row !== "")

const toMeili = (mailboxId: MailboxId, row: DocumentRow): MeiliDocument => {
  const all = [...rows(row.heads).map((head) => head.replace(/(^| )[^ ]/g, "$1")), ...rows(row.words)]
  const isForm = (word: string) => /^[~$]/.test(word)
  return {
    id: documentId(mailboxId, MessageId(row.message_id)),
    mailbox: mailboxId,
    message: row.message_id,
    at: row.at,
    size: row.size_bytes,
    attachment: row.has_attachments,
    words: all
      .map((one) =>
        one
          .split(" ")
          .filter((word) => !isForm(word))
          .join(" ")
      )
      .filter((one) => one !== "")
      .join(" . "),
    forms: row.words
      .split(" ")
      .filter((word) => word.startsWith("~"))
      .map((word) => word.slice(1))
      .join(" ")
  }
}

/** Copies the index to Meilisearch. */
export const layer = (settings: MeiliSettings): Layer.Layer<SearchMirror, never, Postgres> =>
  Layer.effect(
    SearchMirror,
    Effect.map(Postgres, (postgres) => {
      const meili = makeMeili(settings)
      const ensureIndex = makeEnsureIndex(meili)

      /** What was written and removed since, of one mailbox; null where there is nothing to do. */
      const news = Effect.fnUntraced(function* (mailboxId: MailboxId) {
        const [before] = yield* postgres.query(progress, [mailboxId])
        if (before === undefined) return null
        const told = yield* removedSince(postgres, mailboxId, before.modseq)
        if (told === null) return null
        // What may be left of an earlier copy goes first, and so it does where nobody knows what was removed.
        const isAnew = before.message_id === 0 || told.gone === null
        const from = isAnew ? 0 : before.message_id
        const found = yield* postgres.query(documents, [mailboxId, from, batch])
        const gone = told.gone ?? []
        const isIdle = found.length === 0 && gone.length === 0 && from === before.message_id
        return isIdle ? null : { before, told, isAnew, from, found, gone }
      })

      const write = Effect.fnUntraced(function* (
        mailboxId: MailboxId,
        { before, isAnew, found, gone }: NonNullable<Effect.Effect.Success<ReturnType<typeof news>>>
      ) {
        const tenantId = TenantId(before.tenant_id)
        const path = `/indexes/${indexOf(tenantId)}/documents`
        yield* ensureIndex(tenantId)
        if (isAnew) {
          const filter = `mailbox = "${mailboxId}"`
          yield* meili.change({ method: "POST", path: `${path}/delete`, body: { filter } })
        } else if (gone.length > 0) {
          const ids = gone.map((id) => documentId(mailboxId, MessageId(id)))
          yield* meili.change({ method: "POST", path: `${path}/delete-batch`, body: ids })
        }
        if (found.length > 0) {
          yield* meili.change({ method: "POST", path, body: found.map((row) => toMeili(mailboxId, row)) })
        }
      })

      /** True where there may be more. */
      const step = Effect.fnUntraced(function* (mailboxId: MailboxId) {
        const next = yield* news(mailboxId)
        if (next === null) return false
        yield* write(mailboxId, next)
        const { before, told, found, from } = next
        const messageId = found.at(-1)?.message_id ?? from
        yield* postgres.query(store, [mailboxId, before.message_id, before.modseq, messageId, told.modSeq])
        return found.length === batch || told.modSeq < told.head
      })

      return SearchMirror.of({
        follow: (mailboxId) =>
          Effect.repeat(step(mailboxId), { while: (more) => more }).pipe(
            Effect.asVoid,
            Effect.mapError((cause) => new Unavailable({ what: "storage", cause }))
          )
      })
    })
  )
