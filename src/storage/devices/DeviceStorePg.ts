import { Effect, Layer } from "effect"
import { type DeviceRules, defaultRules } from "../../domain/DevicePolicy.ts"
import { NotFound, Unavailable } from "../../domain/errors.ts"
import { DeviceId, type TenantId } from "../../domain/ids.ts"
import { run } from "../directory/rows.ts"
import { Postgres } from "../postgres.ts"
import { DeviceStore, type Sighting } from "./DeviceStore.ts"
import { toDevice } from "./rows.ts"
import { standingChanges } from "./standingChanges.ts"
import * as sql from "./statements.ts"

const noUser = new NotFound({ what: "user" })
const noDevice = new NotFound({ what: "device" })

/** Devices in `mail_state.devices`. Rules are read once for each of their revisions. */
export const layer: Layer.Layer<DeviceStore, never, Postgres> = Layer.effect(
  DeviceStore,
  Effect.map(Postgres, (postgres) => {
    const query = run(postgres)
    const known = makeKnownRules()

    const onDevice = (changed: Effect.Effect<ReadonlyArray<unknown>, Unavailable>) =>
      Effect.flatMap(changed, (rows) => (rows.length > 0 ? Effect.void : Effect.fail(noDevice)))

    const some = Effect.map((rows: ReadonlyArray<unknown>) => rows.length > 0)

    return DeviceStore.of({
      standing: Effect.fnUntraced(function* ({ mailboxId, deviceId }, tenantId) {
        const [row] = yield* query(sql.selectStanding, [mailboxId, deviceId, known.revisionOf(tenantId)])
        if (row === undefined) return yield* noUser
        return {
          isActive: row.status === "active",
          maySync: row.may_sync,
          rules: row.revision === null ? defaultRules : known.of(tenantId, row),
          device: row.device_id === null ? null : toDevice(row)
        }
      }),
      register: (device, maxDevices) => {
        const { mailboxId, deviceId, type, userAgent, protocolVersion, access } = device
        const values = [mailboxId, deviceId, type, userAgent, protocolVersion, access, maxDevices]
        return Effect.gen(function* () {
          const owners = yield* query(sql.lockOwner, [mailboxId])
          if (owners.length === 0) return yield* noUser
          const [stale] = yield* query(sql.forgetStale, [mailboxId, deviceId, maxDevices])
          yield* query(sql.insertDevice, values)
          const [row] = yield* query(sql.selectDevice, [mailboxId, deviceId])
          return {
            device: row === undefined ? null : toDevice(row),
            forgotten: stale === undefined ? null : DeviceId(stale.device_id)
          }
        }).pipe(
          postgres.transaction,
          Effect.catchTags({
            PostgresUnavailable: (cause) => new Unavailable({ what: "storage", cause }),
            PostgresRejected: Effect.die
          })
        )
      },
      record: (sightings) => Effect.asVoid(query(sql.updateSeen, [JSON.stringify(sightings.map(seenRow))])),
      devices: (mailboxId, { after, limit }) =>
        Effect.map(query(sql.selectDevices, [mailboxId, after, limit]), (rows) => rows.map(toDevice)),
      device: ({ mailboxId, deviceId }) =>
        Effect.flatMap(query(sql.selectDevice, [mailboxId, deviceId]), ([row]) =>
          row === undefined ? Effect.fail(noDevice) : Effect.succeed(toDevice(row))
        ),
      setAccess: ({ mailboxId, deviceId }, { access, reason }) =>
        onDevice(query(sql.updateAccess, [mailboxId, deviceId, access, reason])),
      setWipe: ({ mailboxId, deviceId }, scope) =>
        onDevice(
          scope === null
            ? query(sql.cancelWipe, [mailboxId, deviceId])
            : query(sql.askWipe, [mailboxId, deviceId, scope])
        ),
      markWipeSent: ({ mailboxId, deviceId }) => Effect.asVoid(query(sql.wipeSent, [mailboxId, deviceId])),
      settleWipe: ({ mailboxId, deviceId }, succeeded) =>
        some(query(succeeded ? sql.wipeDone : sql.wipeFailed, [mailboxId, deviceId])),
      remove: ({ mailboxId, deviceId }) => some(query(sql.deleteDevice, [mailboxId, deviceId])),
      describe: ({ mailboxId, deviceId }, information) =>
        onDevice(query(sql.updateInformation, [mailboxId, deviceId, JSON.stringify(information)])),
      offer: ({ mailboxId, deviceId }, { key, version }) =>
        onDevice(query(sql.offerPolicy, [mailboxId, deviceId, key, version])),
      acknowledge: ({ mailboxId, deviceId }, { offeredKey, newKey, compliance }) =>
        some(query(sql.acknowledgePolicy, [mailboxId, deviceId, offeredKey, newKey, compliance])),
      rules: (tenantId) =>
        Effect.map(query(sql.selectRules, [tenantId]), ([row]) =>
          row === undefined ? defaultRules : toRules(row)
        ),
      setRules: (tenantId, { policy, defaultAccess, maxDevices }) =>
        Effect.asVoid(
          query(
            sql.upsertRules,
            [tenantId, defaultAccess, maxDevices, policy === null ? null : JSON.stringify(policy)],
            { device_rules_tenant_id_fkey: new NotFound({ what: "tenant" }) }
          )
        ),
      setMaySync: (mailboxId, maySync) =>
        Effect.asVoid(query(sql.upsertMaySync, [mailboxId, maySync], { user_settings_user_id_fkey: noUser })),
      standingChanges: standingChanges(postgres)
    })
  })
)

const toRules = ({ policy, default_access, max_devices }: sql.RulesRow): DeviceRules => ({
  policy,
  defaultAccess: default_access,
  maxDevices: max_devices
})

/** The newest rules of each tenant that were read; as many as there are tenants whose devices come here. */
const makeKnownRules = () => {
  const known = new Map<TenantId, { readonly revision: number; readonly rules: DeviceRules }>()
  return {
    revisionOf: (tenantId: TenantId) => known.get(tenantId)?.revision ?? 0,
    of: (tenantId: TenantId, row: sql.RulesRow): DeviceRules => {
      const before = known.get(tenantId)
      // Also newer ones: a slower reader's row lacks the policy that it had when it asked.
      if (before !== undefined && before.revision >= row.revision) return before.rules
      const rules = toRules(row)
      known.set(tenantId, { revision: row.revision, rules })
      return rules
    }
  }
}

const seenRow = ({ mailboxId, deviceId, at, heartbeats, ...seen }: Sighting) => ({
  user_id: mailboxId,
  device_id: deviceId,
  type: seen.type,
  user_agent: seen.userAgent,
  user_agent_changes: seen.userAgentChanges,
  protocol_version: seen.protocolVersion,
  at: new Date(at).toISOString(),
  count: heartbeats.count,
  changed: heartbeats.changed,
  expired: heartbeats.expired,
  gone: heartbeats.gone,
  last_seconds: heartbeats.lastSeconds,
  longest_seconds: heartbeats.longestSeconds
})
