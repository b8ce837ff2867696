import { Effect, Schema } from "effect"
import { MailboxId, TenantId } from "../../../domain/ids.ts"
import { type Postgres, statement } from "../../postgres.ts"
import type { Meili } from "./Meili.ts"
import { hasNoIndex, indexOf } from "./meiliIndex.ts"

interface CopiedRow {
  readonly user_id: string
  readonly tenant_id: string
  readonly message_id: number
  readonly modseq: number
  readonly is_current: boolean
  readonly documents: number
}

// Of what is not up to date nobody knows how many there should be.
const copied = statement<CopiedRow>({
  name: "mirror_copied",
  text: `SELECT mirror.user_id, owner.tenant_id, mirror.message_id, mirror.modseq,
      index.message_id = mirror.message_id AND index.modseq = mirror.modseq AS is_current,
      (SELECT count(*) FROM search.documents AS document WHERE document.user_id = mirror.user_id) AS documents
    FROM (SELECT user_id, message_id, modseq FROM search.mirrors WHERE user_id > $1 ORDER BY user_id LIMIT $2) AS mirror
    JOIN search.indexes AS index USING (user_id) JOIN mail_state.users AS owner ON owner.id = mirror.user_id
    ORDER BY mirror.user_id`
})

// Where nothing was written meanwhile.
const forget = statement<{ readonly user_id: string }>({
  name: "mirror_forget",
  text: `UPDATE search.mirrors AS mirror SET message_id = 0 FROM search.indexes AS index
    WHERE mirror.user_id = $1 AND mirror.message_id = $2 AND mirror.modseq = $3
      AND index.user_id = $1 AND index.message_id = $2 AND index.modseq = $3
    RETURNING mirror.user_id`
})

const Total = Schema.Struct({ total: Schema.Number })

/** Mailboxes that are looked at by one call. */
const few = 20
const beforeAll = MailboxId("00000000-0000-0000-0000-000000000000")

/**
 * Compares copies with the index, a few mailboxes at a time and all of them in turn: whether as many messages are there. A
 * server that was set back to an older state is found out so. Gives those whose copy has to be made anew.
 */
export const makeFindDrift = (meili: Meili, postgres: Postgres["Type"]) => {
  let after = beforeAll

  const isDifferent = (row: CopiedRow) =>
    meili
      .ask({
        method: "POST",
        path: `/indexes/${indexOf(TenantId(row.tenant_id))}/documents/fetch`,
        body: { filter: `mailbox = "${MailboxId(row.user_id)}"`, limit: 0 },
        answer: Total
      })
      .pipe(
        Effect.catchIf(hasNoIndex, () => Effect.succeed({ total: 0 })),
        Effect.map(({ total }) => total !== row.documents)
      )

  return Effect.gen(function* () {
    const rows = yield* postgres.query(copied, [after, few])
    const current = rows.filter(({ is_current }) => is_current)
    const different = yield* Effect.filter(current, isDifferent)
    const last = rows.at(-1)
    after = last === undefined ? beforeAll : MailboxId(last.user_id)
    const anew = yield* Effect.forEach(different, (row) =>
      postgres.query(forget, [row.user_id, row.message_id, row.modseq])
    )
    const found = anew.flat().map(({ user_id }) => MailboxId(user_id))
    if (found.length > 0)
      yield* Effect.annotateLogs(
        Effect.logWarning("copies in Meilisearch differ from the index and are made anew"),
        {
          mailboxes: found.length
        }
      )
    return found
  })
}
