import { Chunk, Effect, Stream } from "effect"
import type { StandingChange } from "../../domain/Device.ts"
import type { Devices } from "../../rpc/Devices.ts"
import type { DeviceRequests } from "./DeviceRequests.ts"

/** Told in a second, where a change is about many: each of them comes back with requests of its own. */
const perSecond = 500

/** Ends parked requests of devices whose standing changes, in whatever process; their next requests learn how. */
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
      Effect.sync(() => {
        for (const one of some) one.leave("standing")
      }).pipe(Effect.delay(index === 0 ? 0 : "1 second")),
    { discard: true }
  )
