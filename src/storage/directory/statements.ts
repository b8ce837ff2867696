import { tellStanding } from "../devices/standingChanges.ts"
import { statement } from "../postgres.ts"
import { type DomainRow, type TokenRow, tokenColumns, type UserRow, userColumns } from "./rows.ts"
import { endSessionsOf, tellSessionsEnded } from "./sessionEnds.ts"

export const insertTenant = statement({
  text: "INSERT INTO mail_state.tenants (id, name) VALUES ($1, $2)"
})

export const selectTenants = statement<{ readonly id: string; readonly name: string }>({
  text: `SELECT id, name FROM mail_state.tenants
    WHERE ($1::text IS NULL OR name > $1) ORDER BY name LIMIT $2`
})

export const selectTenantByName = statement<{ readonly id: string; readonly name: string }>({
  text: "SELECT id, name FROM mail_state.tenants WHERE name = $1"
})

export const insertDomain = statement({
  text: "INSERT INTO mail_state.domains (name, tenant_id) VALUES ($1, $2)"
})

export const selectDomains = statement<DomainRow>({
  text: `SELECT name, tenant_id, catch_all FROM mail_state.domains
    WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR name > $2) ORDER BY name LIMIT $3`
})

export const selectDomainByName = statement<DomainRow>({
  text: "SELECT name, tenant_id, catch_all FROM mail_state.domains WHERE name = $1"
})

export const selectOldestDomain = statement<{ readonly name: string }>({
  text: "SELECT name FROM mail_state.domains ORDER BY created_at, name LIMIT 1"
})

/** A catch-all belongs to the tenant of its domain. */
export const updateCatchAll = statement<{ readonly has_domain: boolean; readonly is_changed: boolean }>({
  text: `
    WITH changed AS (
      UPDATE mail_state.domains d SET catch_all = $2::uuid
      WHERE d.name = $1 AND ($2::uuid IS NULL OR EXISTS (
        SELECT FROM mail_state.users u WHERE u.id = $2::uuid AND u.tenant_id = d.tenant_id
      ))
      RETURNING 1
    )
    SELECT EXISTS (SELECT FROM mail_state.domains WHERE name = $1) AS has_domain,
           EXISTS (SELECT FROM changed) AS is_changed`
})

/**
 * Users, their mailbox heads and passwords in one statement. Nothing is made where a domain is unknown or an address
 * is an alias already. Roles come joined by commas, because unnest would flatten an array of arrays.
 */
export const insertUsers = statement<{
  readonly has_unknown_domain: boolean
  readonly has_alias: boolean
  /** Id and tenant of each new user. */
  readonly made: ReadonlyArray<{ readonly id: string; readonly tenant_id: string }> | null
}>({
  text: `
    WITH given AS (
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::uuid[])
        AS g (id, email, domain, display_name, roles, quota_bytes, password_hash, credential_id)
    ),
    unknown AS (
      SELECT FROM given WHERE NOT EXISTS (SELECT FROM mail_state.domains WHERE name = given.domain)
    ),
    alias AS (SELECT FROM mail_state.aliases WHERE address IN (SELECT email FROM given)),
    made AS (
      INSERT INTO mail_state.users (id, tenant_id, email, display_name, roles, quota_bytes)
      SELECT g.id, d.tenant_id, g.email, g.display_name, string_to_array(g.roles, ','), g.quota_bytes
      FROM given g JOIN mail_state.domains d ON d.name = g.domain
      WHERE NOT EXISTS (SELECT FROM unknown) AND NOT EXISTS (SELECT FROM alias)
      RETURNING *
    ),
    heads AS (INSERT INTO mail_state.heads (user_id) SELECT id FROM made),
    passwords AS (
      INSERT INTO mail_state.credentials (id, user_id, kind, secret_hash)
      SELECT g.credential_id, g.id, 'password', g.password_hash
      FROM given g JOIN made ON made.id = g.id WHERE g.password_hash IS NOT NULL
    )
    SELECT EXISTS (SELECT FROM unknown) AS has_unknown_domain, EXISTS (SELECT FROM alias) AS has_alias,
           (SELECT json_agg(json_build_object('id', id, 'tenant_id', tenant_id)) FROM made) AS made`
})

export const selectUsers = statement<UserRow>({
  text: `SELECT ${userColumns} FROM mail_state.users u
    WHERE ($1::uuid IS NULL OR u.tenant_id = $1) AND ($2::text IS NULL OR u.email > $2) ORDER BY u.email LIMIT $3`
})

export const selectUserById = statement<UserRow>({
  name: "directory_user_by_id",
  text: `SELECT ${userColumns} FROM mail_state.users u WHERE u.id = $1`
})

export const selectUserByAddress = statement<UserRow>({
  name: "directory_user_by_address",
  text: `SELECT ${userColumns} FROM mail_state.users u WHERE u.id = COALESCE(
    (SELECT id FROM mail_state.users WHERE email = $1),
    (SELECT user_id FROM mail_state.aliases WHERE address = $1))`
})

/** Who is disabled is signed out, and stays so when enabled again. */
export const updateStatus = statement<{ readonly id: string }>({
  text: `
    WITH changed AS (UPDATE mail_state.users SET status = $2 WHERE id = $1 RETURNING id),
    ended AS (${endSessionsOf("SELECT id FROM changed WHERE $2 = 'disabled'")})
    SELECT id, ${tellStanding({ mailboxId: "id" })}, ${tellSessionsEnded("id")} FROM changed`
})

/** The alias and its user belong to one tenant; an address that is a user's own is no alias. */
export const insertAlias = statement<{
  readonly has_domain: boolean
  readonly has_user: boolean
  readonly is_taken: boolean
}>({
  text: `
    WITH home AS (SELECT tenant_id FROM mail_state.domains WHERE name = $3),
    target AS (SELECT u.id FROM mail_state.users u JOIN home USING (tenant_id) WHERE u.id = $2),
    taken AS (SELECT FROM mail_state.users WHERE email = $1),
    made AS (
      INSERT INTO mail_state.aliases (address, user_id)
      SELECT $1, id FROM target WHERE NOT EXISTS (SELECT FROM taken)
    )
    SELECT EXISTS (SELECT FROM home) AS has_domain, EXISTS (SELECT FROM target) AS has_user,
           EXISTS (SELECT FROM taken) AS is_taken`
})

export const selectAliases = statement<{ readonly address: string; readonly user_id: string }>({
  text: `SELECT a.address, a.user_id FROM mail_state.aliases a JOIN mail_state.users u ON u.id = a.user_id
    WHERE ($1::uuid IS NULL OR u.tenant_id = $1) AND ($2::text IS NULL OR a.address > $2) ORDER BY a.address LIMIT $3`
})

export const selectCredentials = statement<UserRow & { readonly password_hash: string | null }>({
  name: "directory_credentials",
  text: `SELECT ${userColumns}, c.secret_hash AS password_hash
    FROM mail_state.users u
    LEFT JOIN mail_state.credentials c ON c.user_id = u.id AND c.kind = 'password'
    WHERE u.email = $1
    ORDER BY c.created_at DESC LIMIT 1`
})

/** One password per user: the old one goes in the statement that brings the new one, and with it whoever it let in. */
export const replacePassword = statement<{ readonly id: string }>({
  text: `
    WITH holder AS (SELECT id FROM mail_state.users WHERE id = $1 FOR UPDATE),
    gone AS (DELETE FROM mail_state.credentials WHERE user_id IN (SELECT id FROM holder) AND kind = 'password'),
    made AS (
      INSERT INTO mail_state.credentials (id, user_id, kind, secret_hash)
      SELECT $2::uuid, id, 'password', $3::text FROM holder WHERE $3::text IS NOT NULL
    ),
    ended AS (${endSessionsOf("SELECT id FROM holder")})
    SELECT id, ${tellSessionsEnded("id")} FROM holder`
})

export const insertToken = statement<TokenRow>({
  text: `INSERT INTO mail_state.credentials AS c (id, user_id, kind, label, secret_hash, expires_at)
    VALUES ($1, $2, 'token', $3, $4, to_timestamp($5::double precision / 1000)) RETURNING ${tokenColumns}`
})

/** Expiry is judged by the caller, whose clock tests can set. */
export const selectByToken = statement<UserRow & TokenRow>({
  name: "directory_by_token",
  text: `SELECT ${userColumns}, ${tokenColumns}
    FROM mail_state.credentials c JOIN mail_state.users u ON u.id = c.user_id
    WHERE c.kind = 'token' AND c.secret_hash = $1`
})

export const selectTokens = statement<TokenRow>({
  text: `SELECT ${tokenColumns} FROM mail_state.credentials c
    WHERE c.user_id = $1 AND c.kind = 'token' AND ($2::uuid IS NULL OR c.id > $2::uuid) ORDER BY c.id LIMIT $3`
})

export const deleteToken = statement<{ readonly id: string }>({
  text: "DELETE FROM mail_state.credentials WHERE user_id = $1 AND id = $2 AND kind = 'token' RETURNING id"
})
