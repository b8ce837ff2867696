import { Chunk, Effect, Stream } from "effect"
import { everyStanding, type StandingChange } from "../../domain/Device.ts"
import type { Devices } from "../../rpc/Devices.ts"
import type { DeviceRequests, UnderWay } from "./DeviceRequests.ts"

/** Told in a second, where a change is about many: each of them comes back with requests of its own. */
const perSecond = 500
/** Of those, asked for at a time. */
const atOnce = 16

/**
 * Ends parked requests of devices whose standing changes, in whatever process; their next requests learn how. Where changes
 * may have been missed, after Postgres was away, each device's standing is looked at instead: who is still let in sleeps on.
 */
export const tellParked = (
  { standingChanges }: Pick<Devices["Type"], "standingChanges">,
  requests: DeviceRequests
): Effect.Effect<void> =>
  Stream.runDrain(
    Stream.mapEffect(standingChanges, (change) => tell(requests, change), { concurrency: "unbounded" })
  )

const tell = (requests: DeviceRequests, change: StandingChange): Effect.Effect<void> =>
  Effect.forEach(
    Chunk.chunksOf(Chunk.fromIterable(requests.parkedOf(change)), perSecond),
    (some, index) =>
      Effect.forEach(some, change === everyStanding ? leaveUnlessLetIn : leave, {
        concurrency: atOnce,
        discard: true
      }).pipe(Effect.delay(index === 0 ? 0 : "1 second")),
    { discard: true }
  )

const leave = (one: UnderWay): Effect.Effect<void> => Effect.sync(() => one.leave("standing"))

const leaveUnlessLetIn = (one: UnderWay): Effect.Effect<void> =>
  Effect.flatMap(one.isLetIn(), (isLetIn) => (isLetIn ? Effect.void : leave(one)))
