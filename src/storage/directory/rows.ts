import { Effect } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { MailboxId, TenantId } from "../../domain/ids.ts"
import type { Postgres, SqlValue, Statement } from "../postgres.ts"
import type { Token } from "./Credentials.ts"
import type { MailDomain, User, UserRole } from "./Directory.ts"

export interface UserRow {
  readonly id: string
  readonly tenant_id: string
  readonly email: string
  readonly display_name: string
  readonly status: "active" | "disabled"
  readonly roles: ReadonlyArray<UserRole>
  readonly quota_bytes: number | null
}

export const userColumns = "u.id, u.tenant_id, u.email, u.display_name, u.status, u.roles, u.quota_bytes"

export const toUser = (row: UserRow): User => ({
  id: MailboxId(row.id),
  tenantId: TenantId(row.tenant_id),
  email: row.email,
  displayName: row.display_name,
  status: row.status,
  roles: row.roles,
  quotaBytes: row.quota_bytes
})

export interface DomainRow {
  readonly name: string
  readonly tenant_id: string
  readonly catch_all: string | null
}

export const toDomain = (row: DomainRow): MailDomain => ({
  name: row.name,
  tenantId: TenantId(row.tenant_id),
  catchAll: row.catch_all === null ? null : MailboxId(row.catch_all)
})

export interface TokenRow {
  readonly token_id: string
  readonly user_id: string
  readonly label: string
  readonly created_at: number
  readonly expires_at: number | null
}

export const tokenColumns = "c.id AS token_id, c.user_id, c.label, c.created_at, c.expires_at"

export const toToken = (row: TokenRow): Token => ({
  id: row.token_id,
  userId: MailboxId(row.user_id),
  label: row.label,
  createdAt: row.created_at,
  expiresAt: row.expires_at
})

/**
 * Runs a statement with its errors in the ports' words: a violated constraint becomes what `refusals` says of it, and
 * is a defect where it says nothing.
 */
export const run =
  (postgres: Postgres["Type"]) =>
  <Row, E = never>(
    sql: Statement<Row>,
    values: ReadonlyArray<SqlValue>,
    refusals: Readonly<Record<string, E>> = {}
  ): Effect.Effect<ReadonlyArray<Row>, E | Unavailable> =>
    Effect.catchTags(postgres.query(sql, values), {
      PostgresUnavailable: (cause) => new Unavailable({ what: "storage", cause }),
      PostgresRejected: (rejection) => {
        const refusal = refusals[rejection.constraint]
        return refusal === undefined ? Effect.die(rejection) : Effect.fail(refusal)
      }
    })
