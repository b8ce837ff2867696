import { type Duration, Effect, Schedule } from "effect"
import type { HeartbeatStatistics } from "../../domain/Device.ts"
import { undeterred } from "../../observability/undeterred.ts"
import type { DeviceKey, DeviceStore, Sighting } from "../../storage/devices/DeviceStore.ts"
import type { Heartbeat } from "../Devices.ts"

type Seen = Omit<Sighting, "userAgentChanges" | "heartbeats">

/** Of one statement; more than that take several. */
const maxRecorded = 1_000

const noHeartbeats: HeartbeatStatistics = {
  count: 0,
  changed: 0,
  expired: 0,
  gone: 0,
  lastSeconds: 0,
  longestSeconds: 0
}

/**
 * Devices seen since they were last recorded: one entry each, however often they come. What is not written when the
 * process dies is lost; the next request tells it again.
 */
export const makeSightings = (store: DeviceStore["Type"], interval: Duration.Duration) =>
  Effect.gen(function* () {
    let seen = new Map<string, Sighting>()

    const record = Effect.suspend(() => {
      const all = [...seen.values()]
      seen = new Map()
      const chunks = Array.from({ length: Math.ceil(all.length / maxRecorded) }, (_, n) =>
        all.slice(n * maxRecorded, (n + 1) * maxRecorded)
      )
      return Effect.forEach(chunks, store.record, { discard: true })
    })
    const recordUndeterred = undeterred("recording devices", record)
    yield* Effect.addFinalizer(() => recordUndeterred)
    yield* Effect.forkScoped(Effect.schedule(recordUndeterred, Schedule.spaced(interval)))

    const see = (sighting: Seen, knownAgent: string): Sighting => {
      const before = seen.get(nameOf(sighting))
      const isOther = sighting.userAgent !== (before?.userAgent ?? knownAgent)
      const now = {
        ...sighting,
        userAgentChanges: (before?.userAgentChanges ?? 0) + (isOther ? 1 : 0),
        heartbeats: before?.heartbeats ?? noHeartbeats
      }
      seen.set(nameOf(sighting), now)
      return now
    }

    return {
      /** A request of the device came. `knownAgent` is what it called itself when it was last recorded. */
      see,
      /** A waiting request of the device ended. */
      count: (sighting: Seen, heartbeat: Heartbeat): void => {
        const now = see(sighting, sighting.userAgent)
        seen.set(nameOf(sighting), { ...now, heartbeats: counted(now.heartbeats, heartbeat) })
      }
    }
  })

const nameOf = ({ mailboxId, deviceId }: DeviceKey) => `${mailboxId}/${deviceId}`

const counted = (
  before: HeartbeatStatistics,
  { seconds, lastedSeconds, end }: Heartbeat
): HeartbeatStatistics => ({
  ...before,
  [end]: before[end] + 1,
  count: before.count + 1,
  lastSeconds: seconds,
  longestSeconds: end === "expired" ? Math.max(before.longestSeconds, lastedSeconds) : before.longestSeconds
})
