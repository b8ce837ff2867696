import { Effect, Layer } from "effect"
import { Unavailable } from "../../../domain/errors.ts"
import { MailboxId, TenantId } from "../../../domain/ids.ts"
import { Postgres, type PostgresError, statement } from "../../postgres.ts"
import { type IndexStatus, type MailboxPage, SearchUpkeep } from "../SearchUpkeep.ts"

const status = statement<Record<keyof IndexStatus, number>>({
  text: `SELECT count(*) AS mailboxes,
      (SELECT count(*) FROM mail_state.messages) AS messages,
      (SELECT count(*) FROM search.documents) AS indexed,
      COALESCE(sum((SELECT count(*) FROM mail_state.messages AS message
        WHERE message.user_id = head.user_id AND message.id > COALESCE(index.message_id, 0))), 0)::bigint AS waiting,
      count(index.rebuild_to) AS rebuilding,
      COALESCE(sum((SELECT count(*) FROM mail_state.messages AS message
        WHERE message.user_id = index.user_id AND message.id > index.rebuild_after
          AND message.id <= index.rebuild_to)), 0)::bigint AS "toRebuild"
    FROM mail_state.heads AS head LEFT JOIN search.indexes AS index USING (user_id)`
})

interface MailboxRow {
  readonly user_id: string
  readonly tenant_id: string
}

const mailboxes = statement<MailboxRow>({
  text: `SELECT head.user_id, owner.tenant_id FROM mail_state.heads AS head
    JOIN mail_state.users AS owner ON owner.id = head.user_id
    WHERE head.user_id > $1 ORDER BY head.user_id LIMIT $2`
})

const rebuild = statement({
  text: `UPDATE search.indexes SET rebuild_after = 0, rebuild_to = message_id
    WHERE user_id = ANY ($1::uuid[]) AND rebuild_to IS NULL AND message_id > 0`
})

const drift = statement<MailboxRow & { readonly missing: number; readonly orphaned: number }>({
  text: `SELECT head.user_id, owner.tenant_id,
      (SELECT count(*) FROM mail_state.messages AS message
        WHERE message.user_id = head.user_id AND message.id <= index.message_id AND NOT EXISTS (
          SELECT FROM search.documents AS document
          WHERE document.user_id = head.user_id AND document.message_id = message.id)) AS missing,
      (SELECT count(*) FROM search.documents AS document
        WHERE document.user_id = head.user_id AND NOT EXISTS (
          SELECT FROM mail_state.messages AS message
          WHERE message.user_id = head.user_id AND message.id = document.message_id)) AS orphaned
    FROM (SELECT user_id FROM mail_state.heads WHERE user_id > $1 ORDER BY user_id LIMIT $2) AS head
    JOIN mail_state.users AS owner ON owner.id = head.user_id
    JOIN search.indexes AS index ON index.user_id = head.user_id
    ORDER BY head.user_id`
})

const beforeAll = "00000000-0000-0000-0000-000000000000"

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

const named = ({ user_id, tenant_id }: MailboxRow) => ({
  mailboxId: MailboxId(user_id),
  tenantId: TenantId(tenant_id)
})

export const layer: Layer.Layer<SearchUpkeep, never, Postgres> = Layer.effect(
  SearchUpkeep,
  Effect.map(Postgres, ({ query }) => {
    const bounds = ({ after, limit }: MailboxPage) => [after ?? beforeAll, limit]
    return SearchUpkeep.of({
      status: query(status).pipe(
        Effect.mapError(unavailable),
        Effect.flatMap(([row]) =>
          row === undefined ? Effect.dieMessage("no row of the index's status") : Effect.succeed(row)
        )
      ),
      mailboxes: (page) =>
        Effect.mapBoth(query(mailboxes, bounds(page)), {
          onFailure: unavailable,
          onSuccess: (rows) => rows.map(named)
        }),
      rebuild: (mailboxIds) => Effect.asVoid(Effect.mapError(query(rebuild, [mailboxIds]), unavailable)),
      drift: (page) =>
        Effect.mapBoth(query(drift, bounds(page)), {
          onFailure: unavailable,
          onSuccess: (rows) =>
            rows.map((row) => ({ ...named(row), missing: row.missing, orphaned: row.orphaned }))
        })
    })
  })
)
