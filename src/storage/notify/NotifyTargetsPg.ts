import { Effect, Layer, Redacted } from "effect"
import type { Change } from "../../domain/Change.ts"
import { NotFound, type Unavailable } from "../../domain/errors.ts"
import { FolderId, MailboxId, MessageId, ModSeq, TenantId } from "../../domain/ids.ts"
import { makeBatcher } from "../Batcher.ts"
import { run } from "../directory/rows.ts"
import { Postgres, statement } from "../postgres.ts"
import { NotifyTargets, type Webhook } from "./NotifyTargets.ts"

interface WebhookRow {
  readonly id: string
  readonly tenant_id: string
  readonly user_id: string | null
  readonly url: string
  readonly created_at: number
  readonly gone_at: number | null
}

const columns = "id, tenant_id, user_id, url, created_at, gone_at"

const insert = statement<WebhookRow>({
  text: `INSERT INTO mail_state.notify_targets (id, tenant_id, user_id, kind, url, secret)
    SELECT $1::uuid, $2::uuid, $3::uuid, 'webhook', $4, $5
    WHERE $3::uuid IS NULL OR EXISTS (SELECT FROM mail_state.users WHERE id = $3::uuid AND tenant_id = $2::uuid)
    RETURNING ${columns}`
})

const list = statement<WebhookRow>({
  text: `SELECT ${columns} FROM mail_state.notify_targets
    WHERE kind = 'webhook' AND ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id > $2)
    ORDER BY id LIMIT $3`
})

const remove = statement<{ readonly id: string }>({
  text: `DELETE FROM mail_state.notify_targets WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) RETURNING id`
})

const idsFor = statement<{ readonly user_id: string; readonly ids: ReadonlyArray<string> }>({
  name: "notify_ids_for",
  text: `SELECT owner.id AS user_id, array_agg(target.id) AS ids
    FROM mail_state.users AS owner
    JOIN mail_state.notify_targets AS target ON target.tenant_id = owner.tenant_id
      AND (target.user_id IS NULL OR target.user_id = owner.id) AND target.gone_at IS NULL
    WHERE owner.id = ANY ($1::uuid[]) GROUP BY owner.id`
})

const one = statement<{ readonly id: string; readonly url: string; readonly secret: string }>({
  name: "notify_target",
  text: "SELECT id, url, secret FROM mail_state.notify_targets WHERE id = $1 AND gone_at IS NULL"
})

const markGone = statement({
  text: "UPDATE mail_state.notify_targets SET gone_at = now() WHERE id = $1 AND gone_at IS NULL"
})

const news = statement<{
  readonly head: number
  readonly modseq: number | null
  readonly type: Change["_tag"]
  readonly message_id: number | null
  readonly folder_id: number
}>({
  name: "notify_news",
  text: `SELECT head.modseq AS head, entry.modseq, entry.change ->> '_tag' AS type,
      (entry.change ->> 'messageId')::bigint AS message_id, (entry.change ->> 'folderId')::bigint AS folder_id
    FROM mail_state.heads AS head
    LEFT JOIN LATERAL (
      SELECT modseq, change FROM mail_state.journal WHERE user_id = $1 AND modseq >= $2 ORDER BY modseq LIMIT $3
    ) AS entry ON true
    WHERE head.user_id = $1 ORDER BY entry.modseq`
})

const toWebhook = (row: WebhookRow): Webhook => ({
  id: row.id,
  tenantId: TenantId(row.tenant_id),
  mailboxId: row.user_id === null ? null : MailboxId(row.user_id),
  url: row.url,
  createdAt: row.created_at,
  goneAt: row.gone_at
})

/** A question that shares its statement with others, and the place for its answer. */
interface Asked {
  readonly mailboxId: MailboxId
  ids: ReadonlyArray<string>
}

/** Targets in `mail_state.notify_targets`; the news come from the journal. */
export const layer: Layer.Layer<NotifyTargets, never, Postgres> = Layer.scoped(
  NotifyTargets,
  Effect.gen(function* () {
    const query = run(yield* Postgres)
    const look = yield* makeBatcher<Asked, Unavailable>({
      isParticular: () => false,
      maxItems: 256,
      maxInFlight: 1,
      run: (asked) =>
        Effect.map(query(idsFor, [asked.map(({ mailboxId }) => mailboxId)]), (rows) => {
          const found = new Map(rows.map(({ user_id, ids }) => [user_id, ids]))
          for (const one of asked) one.ids = found.get(one.mailboxId) ?? []
        })
    })
    return NotifyTargets.of({
      addWebhook: ({ id, tenantId, mailboxId, url, secret }) =>
        Effect.gen(function* () {
          const [row] = yield* query(insert, [id, tenantId, mailboxId, url, Redacted.value(secret)], {
            notify_targets_tenant_id_fkey: new NotFound({ what: "tenant" })
          })
          return row === undefined ? yield* new NotFound({ what: "user" }) : toWebhook(row)
        }),
      webhooks: (tenantId, { after, limit }) =>
        Effect.map(query(list, [tenantId, after, limit]), (rows) => rows.map(toWebhook)),
      removeWebhook: (id, tenantId) => Effect.map(query(remove, [id, tenantId]), (rows) => rows.length > 0),
      watched: (mailboxIds) =>
        Effect.map(
          query(idsFor, [mailboxIds]),
          (rows) => new Set(rows.map(({ user_id }) => MailboxId(user_id)))
        ),
      idsFor: (mailboxId) =>
        Effect.suspend(() => {
          const asked: Asked = { mailboxId, ids: [] }
          return Effect.map(look([asked]), () => asked.ids)
        }),
      target: (id) =>
        Effect.map(query(one, [id]), ([row]) =>
          row === undefined
            ? null
            : { _tag: "Webhook", id: row.id, url: row.url, secret: Redacted.make(row.secret) }
        ),
      markGone: (id) => Effect.asVoid(query(markGone, [id])),
      news: (mailboxId, from, limit) =>
        Effect.map(query(news, [mailboxId, from, limit]), (rows) => {
          const [first] = rows
          if (first === undefined) return null
          return {
            head: ModSeq(first.head),
            items: rows.flatMap(({ modseq, type, message_id, folder_id }) =>
              modseq === null
                ? []
                : [
                    {
                      modSeq: ModSeq(modseq),
                      type,
                      messageId: message_id === null ? null : MessageId(message_id),
                      folderId: FolderId(folder_id)
                    }
                  ]
            )
          }
        })
    })
  })
)
