import type {
  AcknowledgedPolicy,
  Compliance,
  Device,
  DeviceAccess,
  DeviceInformation,
  OfferedPolicy,
  Wipe,
  WipeScope,
  WipeState
} from "../../domain/Device.ts"
import { DeviceId, MailboxId } from "../../domain/ids.ts"

export interface DeviceRow {
  readonly user_id: string
  readonly device_id: string
  readonly type: string
  readonly user_agent: string
  readonly user_agent_changes: number
  readonly protocol_versions: ReadonlyArray<string>
  readonly information: DeviceInformation
  readonly first_seen_at: number
  readonly last_seen_at: number
  readonly access: DeviceAccess
  readonly access_reason: string
  readonly offered_key: number | null
  readonly offered_version: string | null
  readonly policy_key: number | null
  readonly policy_version: string | null
  readonly compliance: Compliance | null
  readonly acknowledged_at: number | null
  readonly wipe_scope: WipeScope | null
  readonly wipe_state: WipeState | null
  readonly wipe_asked_at: number | null
  readonly wipe_changed_at: number | null
  readonly heartbeats: number
  readonly heartbeats_changed: number
  readonly heartbeats_expired: number
  readonly heartbeats_gone: number
  readonly last_heartbeat_seconds: number
  readonly longest_heartbeat_seconds: number
}

export const toDevice = (row: DeviceRow): Device => ({
  mailboxId: MailboxId(row.user_id),
  deviceId: DeviceId(row.device_id),
  type: row.type,
  userAgent: row.user_agent,
  userAgentChanges: row.user_agent_changes,
  protocolVersions: row.protocol_versions,
  information: row.information,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  access: row.access,
  accessReason: row.access_reason,
  offered: offeredOf(row),
  acknowledged: acknowledgedOf(row),
  wipe: wipeOf(row),
  heartbeats: {
    count: row.heartbeats,
    changed: row.heartbeats_changed,
    expired: row.heartbeats_expired,
    gone: row.heartbeats_gone,
    lastSeconds: row.last_heartbeat_seconds,
    longestSeconds: row.longest_heartbeat_seconds
  }
})

const offeredOf = ({ offered_key: key, offered_version: version }: DeviceRow): OfferedPolicy | null =>
  key === null || version === null ? null : { key, version }

const acknowledgedOf = ({
  policy_key: key,
  policy_version: version,
  compliance,
  acknowledged_at: at
}: DeviceRow): AcknowledgedPolicy | null =>
  key === null || version === null || compliance === null || at === null
    ? null
    : { key, version, compliance, at }

const wipeOf = ({
  wipe_scope: scope,
  wipe_state: state,
  wipe_asked_at: askedAt,
  wipe_changed_at: changedAt
}: DeviceRow): Wipe | null =>
  scope === null || state === null || askedAt === null || changedAt === null
    ? null
    : { scope, state, askedAt, changedAt }
