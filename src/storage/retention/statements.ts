import type { FolderRole } from "../../domain/Folder.ts"
import type { PolicyFolder, RetentionPolicy } from "../../domain/retention.ts"
import { statement } from "../postgres.ts"

export const selectPolicies = statement<{
  readonly tenant_id: string
  readonly name: string
  readonly folder: PolicyFolder
  readonly keep_days: number
}>({
  text: `SELECT policy.tenant_id, tenant.name, policy.folder, policy.keep_days
    FROM mail_state.retention_policies AS policy JOIN mail_state.tenants AS tenant ON tenant.id = policy.tenant_id
    WHERE ($1::uuid IS NULL OR policy.tenant_id = $1)
      AND ($2::text IS NULL OR tenant.name || '/' || policy.folder > $2)
    ORDER BY tenant.name || '/' || policy.folder LIMIT $3`
})

export const upsertPolicy = statement({
  text: `INSERT INTO mail_state.retention_policies (tenant_id, folder, keep_days) VALUES ($1, $2, $3)
    ON CONFLICT (tenant_id, folder) DO UPDATE SET keep_days = $3`
})

export const deletePolicy = statement({
  text: "DELETE FROM mail_state.retention_policies WHERE tenant_id = $1 AND folder = $2"
})

export const selectHolds = statement<{
  readonly user_id: string
  readonly email: string
  readonly reason: string
  readonly set_at: number
  readonly kept: number
}>({
  text: `SELECT hold.user_id, owner.email, hold.reason, hold.set_at,
      (SELECT count(*) FROM mail_state.held_messages AS kept WHERE kept.user_id = hold.user_id) AS kept
    FROM mail_state.holds AS hold JOIN mail_state.users AS owner ON owner.id = hold.user_id
    WHERE ($1::uuid IS NULL OR owner.tenant_id = $1) AND ($2::text IS NULL OR owner.email > $2)
    ORDER BY owner.email LIMIT $3`
})

export const upsertHold = statement({
  text: `INSERT INTO mail_state.holds (user_id, reason) VALUES ($1, $2)
    ON CONFLICT (user_id) DO UPDATE SET reason = $2`
})

export const deleteHold = statement<{ readonly user_id: string }>({
  text: `WITH kept AS (DELETE FROM mail_state.held_messages WHERE user_id = $1)
    DELETE FROM mail_state.holds WHERE user_id = $1 RETURNING user_id`
})

/** `$1` tenant or null, `$2` the last mailbox seen or null, `$3` how many. */
export const selectMailboxes = statement<{ readonly id: string; readonly tenant_id: string }>({
  name: "retention_mailboxes",
  text: `SELECT owner.id, owner.tenant_id FROM mail_state.users AS owner
    WHERE ($1::uuid IS NULL OR owner.tenant_id = $1) AND ($2::uuid IS NULL OR owner.id > $2)
      AND owner.tenant_id IN (SELECT tenant_id FROM mail_state.retention_policies)
    ORDER BY owner.id LIMIT $3`
})

/** One snapshot of policies, hold and folders. */
export const selectPlan = statement<{
  readonly is_held: boolean
  readonly policies: ReadonlyArray<RetentionPolicy> | null
  readonly folders: ReadonlyArray<{
    readonly id: number
    readonly parentId: number | null
    readonly role: FolderRole
  }> | null
}>({
  name: "retention_plan",
  text: `SELECT EXISTS (SELECT FROM mail_state.holds WHERE user_id = owner.id) AS is_held,
      (SELECT jsonb_agg(jsonb_build_object('folder', folder, 'keepDays', keep_days))
        FROM mail_state.retention_policies WHERE tenant_id = owner.tenant_id) AS policies,
      (SELECT jsonb_agg(jsonb_build_object('id', id, 'parentId', parent_id, 'role', type))
        FROM mail_state.mailboxes WHERE user_id = owner.id) AS folders
    FROM mail_state.users AS owner WHERE owner.id = $1`
})

/**
 * `$1` mailbox, `$2` folder, `$3` epoch milliseconds, `$4` whether changes count, `$5` the last UID seen, `$6` how many.
 * Of a change that compaction has taken away nobody knows more than that it is old.
 */
export const selectWindow = statement<{
  readonly ids: ReadonlyArray<number> | null
  readonly size_bytes: number | null
  readonly last_uid: number | null
}>({
  name: "retention_window",
  text: `SELECT array_agg(id) FILTER (WHERE is_old) AS ids, sum(size_bytes) FILTER (WHERE is_old)::bigint AS size_bytes,
      max(uid) AS last_uid
    FROM (
      SELECT message.id, message.uid, message.size_bytes,
        message.received_at < to_timestamp($3::double precision / 1000)
          AND NOT ($4 AND coalesce(entry.at >= to_timestamp($3::double precision / 1000), false))
          AND NOT EXISTS (SELECT FROM mail_state.holds WHERE user_id = $1) AS is_old
      FROM mail_state.messages AS message
      LEFT JOIN mail_state.journal AS entry ON $4 AND entry.user_id = $1 AND entry.modseq = message.modseq
      WHERE message.user_id = $1 AND message.mailbox_id = $2 AND message.uid > $5
      ORDER BY message.uid LIMIT $6
    ) AS seen`
})
