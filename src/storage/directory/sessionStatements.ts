import { statement } from "../postgres.ts"
import { type UserRow, userColumns } from "./rows.ts"
import { tellSessionsEnded } from "./sessionEnds.ts"

export interface SessionRow {
  readonly id: string
  readonly created_at: number
  readonly last_seen_at: number
  readonly idle_ends_at: number
  readonly ends_at: number
  readonly user_agent: string
}

const at = (parameter: string) => `to_timestamp(${parameter}::double precision / 1000)`

const lives = (now: string) =>
  `s.revoked_at IS NULL AND s.idle_ends_at > ${at(now)} AND s.ends_at > ${at(now)}`

export const lockUser = statement({ text: "SELECT id FROM mail_state.users WHERE id = $1 FOR UPDATE" })

/** Leaves room for one more. */
export const revokeBeyond = statement<{ readonly id: string }>({
  text: `UPDATE sign_in.sessions SET revoked_at = now() WHERE id IN (
      SELECT s.id FROM sign_in.sessions s WHERE s.user_id = $1 AND ${lives("$2")}
      ORDER BY s.last_seen_at DESC OFFSET $3
    ) RETURNING id, ${tellSessionsEnded("user_id")}`
})

export const insertSession = statement({
  text: `INSERT INTO sign_in.sessions
      (id, user_id, secret_hash, user_agent, id_token, created_at, last_seen_at, idle_ends_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, ${at("$6")}, ${at("$6")}, ${at("$7")}, ${at("$8")})`
})

const putOff = (which: string) => `UPDATE sign_in.sessions s
  SET last_seen_at = ${at("$2")}, idle_ends_at = LEAST(${at("$3")}, s.ends_at)
  WHERE ${which} AND ${lives("$2")} AND s.last_seen_at < ${at("$4")}`

export const useByHash = statement<UserRow & { readonly session_id: string }>({
  name: "sign_in_use",
  text: `WITH seen AS (${putOff("s.secret_hash = $1")})
    SELECT ${userColumns}, s.id AS session_id
    FROM sign_in.sessions s JOIN mail_state.users u ON u.id = s.user_id
    WHERE s.secret_hash = $1 AND ${lives("$2")} AND u.status = 'active'`
})

export const useById = statement({ text: putOff("s.id = $1") })

export const selectLiving = statement<{ readonly id: string }>({
  text: `SELECT s.id FROM sign_in.sessions s JOIN mail_state.users u ON u.id = s.user_id
    WHERE s.id = ANY($1::uuid[]) AND ${lives("$2")} AND u.status = 'active'`
})

export const selectSessions = statement<SessionRow>({
  text: `SELECT id, created_at, last_seen_at, idle_ends_at, ends_at, user_agent FROM sign_in.sessions s
    WHERE s.user_id = $1 AND ${lives("$2")} ORDER BY s.last_seen_at DESC, s.id`
})

export const revokeSession = statement<{ readonly id_token: string | null }>({
  text: `UPDATE sign_in.sessions SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL
    RETURNING id_token, ${tellSessionsEnded("user_id")}`
})

export const revokeSessions = statement<{ readonly id: string }>({
  text: `UPDATE sign_in.sessions s SET revoked_at = now()
    WHERE s.user_id = $1 AND ${lives("$2")} AND ($3::uuid IS NULL OR s.id <> $3)
    RETURNING id, ${tellSessionsEnded("user_id")}`
})

export const deleteEnded = statement({
  text: `DELETE FROM sign_in.sessions WHERE idle_ends_at < ${at("$1")} OR revoked_at < ${at("$1")}`
})
