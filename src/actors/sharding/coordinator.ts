import { Effect } from "effect"
import type { Epoch, ShardId } from "../../domain/ids.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import type { ShardEpochs } from "../../storage/cluster/ShardEpochs.ts"
import type { RunnerLife, ShardMap, ShardMapView } from "../../storage/cluster/ShardMap.ts"
import { aimsOf } from "./aims.ts"
import type { MapMirror } from "./MapMirror.ts"
import { unlessUnderWay } from "./unlessUnderWay.ts"

interface Services {
  readonly me: RunnerLife
  readonly map: ShardMap["Type"]
  readonly mirror: MapMirror["Type"]
  readonly epochs: ShardEpochs["Type"]
  readonly shardCount: number
  readonly leaseMillis: number
}

/**
 * Sets the targets that are missing (`aimsOf`). Every runner sees that some are; whoever gets the coordinator's lease then
 * does it, on a view read under it.
 */
export const makeCoordinator = ({ me, map, mirror, epochs, shardCount, leaseMillis }: Services) => {
  const nobodys: ReadonlyMap<ShardId, Epoch> = new Map()
  const aims = (view: ShardMapView) =>
    Effect.gen(function* () {
      // As young as a new map is one that nobody could reach: leases ended, and owners have had no time to renew them.
      const reached = (yield* monotonicMillis) - mirror.resumedAt()
      const ageMillis = Math.min(view.ageMillis, reached)
      const everOwned = ageMillis < leaseMillis ? yield* epochs.known : nobodys
      return aimsOf({ ...view, ageMillis }, { shardCount, leaseMillis, everOwned })
    })
  // What it reads itself comes here, too.
  const oneAtATime = unlessUnderWay()
  return (view: ShardMapView): Effect.Effect<void> =>
    Effect.gen(function* () {
      if ((yield* aims(view)).length === 0) return
      if (!(yield* map.lead(me, leaseMillis))) return
      const swaps = yield* aims(yield* mirror.refresh)
      if (swaps.length > 0) yield* map.swap(swaps)
    }).pipe(oneAtATime, Effect.ignore)
}
