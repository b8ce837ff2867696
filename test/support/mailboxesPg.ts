import { randomUUID } from "node:crypto"
import { Effect, Layer } from "effect"
import { MailboxId } from "../../src/domain/ids.ts"
import * as MailboxReaderPg from "../../src/storage/mailbox/MailboxReaderPg.ts"
import * as MailboxStorePg from "../../src/storage/mailbox/MailboxStorePg.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerTestPostgres } from "./postgres.ts"

/** Store and reader on a fresh database. */
export const layerMailboxesPg = Layer.mergeAll(MailboxStorePg.layer, MailboxReaderPg.layer).pipe(
  Layer.provideMerge(layerTestPostgres)
)

const tenantId = "00000000-0000-4000-8000-00000000000a"

const insertTenant = statement({
  text: "INSERT INTO mail_state.tenants (id, name) VALUES ($1, 'test') ON CONFLICT DO NOTHING"
})

const insertUser = statement({
  text: "INSERT INTO mail_state.users (id, tenant_id, email) VALUES ($1, $2, $3)"
})

/** A user whose mailbox nobody has opened yet. */
export const newMailboxNamed = (id: MailboxId) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    yield* Effect.orDie(postgres.query(insertTenant, [tenantId]))
    yield* Effect.orDie(postgres.query(insertUser, [id, tenantId, `${id}@example.test`]))
    return id
  })

export const newMailbox = Effect.suspend(() => newMailboxNamed(MailboxId(randomUUID())))
