import { Effect, Schema } from "effect"
import type { MailboxId, TenantId } from "../../../domain/ids.ts"
import { type Postgres, statement } from "../../postgres.ts"
import type { Meili } from "./Meili.ts"
import { indexOf } from "./meiliIndex.ts"

const unknown = statement<{ readonly id: number }>({
  name: "mirror_orphans",
  text: `SELECT asked.id FROM unnest($2::bigint[]) AS asked (id) WHERE NOT EXISTS (
      SELECT FROM search.documents AS document
      JOIN mail_state.messages AS message ON message.user_id = $1 AND message.id = document.message_id
      WHERE document.user_id = $1 AND document.message_id = asked.id)`
})

const Page = Schema.Struct({ results: Schema.Array(Schema.Struct({ message: Schema.Number })) })
const pageLength = 1_000

/**
 * The messages of a mailbox that a copy has and the index has not. Looked for one by one and not cleared away with the
 * mailbox: who searches, or copies beside us, misses nothing meanwhile.
 */
export const makeOrphans = (meili: Meili, postgres: Postgres["Type"]) =>
  Effect.fnUntraced(function* (tenantId: TenantId, mailboxId: MailboxId) {
    const found: Array<number> = []
    for (let offset = 0; ; offset += pageLength) {
      const { results } = yield* meili.ask({
        method: "POST",
        path: `/indexes/${indexOf(tenantId)}/documents/fetch`,
        body: { filter: `mailbox = "${mailboxId}"`, fields: ["message"], offset, limit: pageLength },
        answer: Page
      })
      const rows = yield* postgres.query(unknown, [mailboxId, results.map(({ message }) => message)])
      found.push(...rows.map(({ id }) => id))
      if (results.length < pageLength) return found
    }
  })
