import type { DefaultAccess, DevicePolicy } from "../../domain/DevicePolicy.ts"
import { statement } from "../postgres.ts"
import type { DeviceRow } from "./rows.ts"
import { tellStanding } from "./standingChanges.ts"

export interface RulesRow {
  readonly revision: number
  readonly default_access: DefaultAccess
  readonly max_devices: number
  /** Null where there is none, and where the reader has it already. */
  readonly policy: DevicePolicy | null
}

type StandingRow = { readonly status: string; readonly may_sync: boolean } & (
  | RulesRow
  | { readonly revision: null }
) &
  (DeviceRow | { readonly device_id: null })

/** `$1` mailbox, `$2` device, `$3` the revision of the rules that the reader has. */
export const selectStanding = statement<StandingRow>({
  name: "devices_standing",
  text: `SELECT owner.status, coalesce(settings.may_sync, true) AS may_sync, rules.revision, rules.default_access,
      rules.max_devices, CASE WHEN rules.revision <> $3 THEN rules.policy END AS policy, device.*
    FROM mail_state.users AS owner
    LEFT JOIN mail_state.user_settings AS settings ON settings.user_id = owner.id
    LEFT JOIN mail_state.device_rules AS rules ON rules.tenant_id = owner.tenant_id
    LEFT JOIN mail_state.devices AS device ON device.user_id = owner.id AND device.device_id = $2
    WHERE owner.id = $1`
})

type Touched = { readonly device_id: string }

/** Registrations of one mailbox wait for each other, so that the count holds. */
export const lockOwner = statement<{ readonly id: string }>({
  text: "SELECT id FROM mail_state.users WHERE id = $1 FOR NO KEY UPDATE"
})

/** Programs that call themselves something else at each start fill a mailbox. `$3` how many it may have. */
export const forgetStale = statement<Touched>({
  text: `DELETE FROM mail_state.devices WHERE user_id = $1 AND device_id = (
      SELECT device_id FROM mail_state.devices
      WHERE user_id = $1 AND last_seen_at < now() - interval '30 days' AND access <> 'blocked' AND wipe_state IS NULL
      ORDER BY last_seen_at LIMIT 1)
    AND (SELECT count(*) FROM mail_state.devices WHERE user_id = $1) >= $3
    AND NOT EXISTS (SELECT FROM mail_state.devices WHERE user_id = $1 AND device_id = $2)
    RETURNING device_id`
})

/** `$7` how many the mailbox may have. */
export const insertDevice = statement({
  text: `INSERT INTO mail_state.devices (user_id, device_id, type, user_agent, protocol_versions, access)
    SELECT $1, $2, $3, $4, ARRAY[$5], $6
    WHERE (SELECT count(*) FROM mail_state.devices WHERE user_id = $1) < $7
    ON CONFLICT DO NOTHING`
})

/** `$1` JSON array of sightings. */
export const updateSeen = statement({
  name: "devices_seen",
  text: `UPDATE mail_state.devices AS device SET
      type = seen.type, user_agent = seen.user_agent, last_seen_at = greatest(last_seen_at, seen.at),
      user_agent_changes = device.user_agent_changes + seen.user_agent_changes,
      protocol_versions = CASE WHEN seen.protocol_version = ANY (protocol_versions) THEN protocol_versions
        ELSE protocol_versions || seen.protocol_version END,
      heartbeats = heartbeats + seen.count, heartbeats_changed = heartbeats_changed + seen.changed,
      heartbeats_expired = heartbeats_expired + seen.expired, heartbeats_gone = heartbeats_gone + seen.gone,
      last_heartbeat_seconds = CASE WHEN seen.last_seconds > 0 THEN seen.last_seconds ELSE last_heartbeat_seconds END,
      longest_heartbeat_seconds = greatest(longest_heartbeat_seconds, seen.longest_seconds)
    FROM jsonb_to_recordset($1::jsonb) AS seen (user_id uuid, device_id text, type text, user_agent text,
      user_agent_changes integer, protocol_version text, at timestamptz, count bigint, changed bigint, expired bigint,
      gone bigint, last_seconds integer, longest_seconds integer)
    WHERE device.user_id = seen.user_id AND device.device_id = seen.device_id`
})

export const selectDevices = statement<DeviceRow>({
  text: `SELECT * FROM mail_state.devices WHERE user_id = $1 AND ($2::text IS NULL OR device_id > $2)
    ORDER BY device_id LIMIT $3`
})

export const selectDevice = statement<DeviceRow>({
  text: "SELECT * FROM mail_state.devices WHERE user_id = $1 AND device_id = $2"
})

const update = (changes: string, { condition = "true", returning = "device_id" } = {}) =>
  statement<Touched>({
    text: `UPDATE mail_state.devices SET ${changes} WHERE user_id = $1 AND device_id = $2 AND ${condition}
      RETURNING ${returning}`
  })

/** Who waits for news is told that it may be let in no more. */
const andTell = `device_id, ${tellStanding({ mailboxId: "user_id", deviceId: "device_id" })}`

export const updateAccess = update(
  `access = $3, access_reason = $4,
    wipe_scope = CASE WHEN $3 = 'allowed' AND wipe_state = 'acknowledged' THEN NULL ELSE wipe_scope END,
    wipe_state = CASE WHEN $3 = 'allowed' AND wipe_state = 'acknowledged' THEN NULL ELSE wipe_state END`,
  { returning: andTell }
)

export const askWipe = update(
  "wipe_scope = $3, wipe_state = 'pending', wipe_asked_at = now(), wipe_changed_at = now()",
  { returning: andTell }
)

/** Also where there is none: nothing is to be wiped afterwards. */
export const cancelWipe = update(`
  wipe_scope = CASE WHEN wipe_state = 'acknowledged' THEN wipe_scope END,
  wipe_state = CASE WHEN wipe_state = 'acknowledged' THEN wipe_state END`)

export const wipeSent = update("wipe_state = 'sent', wipe_changed_at = now()", {
  condition: "wipe_state IN ('pending', 'failed')"
})

const isDue = "wipe_state IN ('pending', 'sent', 'failed')"

export const wipeDone = update(
  "wipe_state = 'acknowledged', wipe_changed_at = now(), access = 'blocked', access_reason = 'wiped'",
  { condition: isDue, returning: andTell }
)

export const wipeFailed = update("wipe_state = 'failed', wipe_changed_at = now()", { condition: isDue })

export const deleteDevice = statement<Touched>({
  text: `DELETE FROM mail_state.devices WHERE user_id = $1 AND device_id = $2 RETURNING ${andTell}`
})

export const updateInformation = update("information = information || $3::jsonb")

export const offerPolicy = update("offered_key = $3, offered_version = $4")

/** `$3` the key that was sent, `$4` the one for all further requests. */
export const acknowledgePolicy = update(
  "policy_key = $4, policy_version = offered_version, compliance = $5, acknowledged_at = now()",
  { condition: "offered_key = $3" }
)

export const selectRules = statement<RulesRow>({
  text: "SELECT revision, default_access, max_devices, policy FROM mail_state.device_rules WHERE tenant_id = $1"
})

/** Of the rules only the policy touches devices that are let in already. */
export const upsertRules = statement({
  text: `WITH before AS (SELECT policy FROM mail_state.device_rules WHERE tenant_id = $1)
    INSERT INTO mail_state.device_rules (tenant_id, default_access, max_devices, policy)
    VALUES ($1, $2, $3, $4::jsonb)
    ON CONFLICT (tenant_id) DO UPDATE SET default_access = $2, max_devices = $3, policy = $4::jsonb,
      revision = mail_state.device_rules.revision + 1
    RETURNING CASE WHEN $4::jsonb IS DISTINCT FROM (SELECT policy FROM before)
      THEN ${tellStanding({ tenantId: "tenant_id" })} END`
})

export const upsertMaySync = statement({
  text: `INSERT INTO mail_state.user_settings (user_id, may_sync) VALUES ($1, $2)
    ON CONFLICT (user_id) DO UPDATE SET may_sync = $2
    RETURNING ${tellStanding({ mailboxId: "user_id" })}`
})
