import { Context, Duration, Effect, Layer, Queue } from "effect"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { metrics } from "../../observability/metrics.ts"
import { ShardMap, type ShardMapUnavailable, type ShardMapView } from "../../storage/cluster/ShardMap.ts"

/** From one look to the next where no change rings and no lease ends. */
const longestPause = Duration.seconds(1)
/** Past the end of a lease, so that the look finds it over. */
const pastLeaseMillis = 5

/** This process's copy of the shard map: rung for by every change, and read again at least each second. */
export class MapMirror extends Context.Tag("postroom/actors/MapMirror")<
  MapMirror,
  {
    /** As last read; null before the first time. Without Valkey it stays as it was: owners do, too. */
    readonly view: () => ShardMapView | null
    /** It could not be read of late: what it says may be over. */
    readonly isBehind: () => boolean
    readonly refresh: Effect.Effect<ShardMapView, ShardMapUnavailable>
    /** Calls `read` after each reading, until what it answers is called. It must not block. */
    readonly whenRead: (read: (view: ShardMapView) => void) => () => void
    /** When, by `monotonicMillis`, reading went on after a time without; -Infinity = there was none. Leases may have ended for that alone. */
    readonly resumedAt: () => number
    /** Waits for the next reading. */
    readonly next: Effect.Effect<void>
  }
>() {
  static readonly layer: Layer.Layer<MapMirror, never, ShardMap> = Layer.scoped(
    MapMirror,
    Effect.gen(function* () {
      const map = yield* ShardMap
      const rings = yield* Queue.sliding<void>(1)
      const listeners = new Set<(view: ShardMapView) => void>()
      let view: ShardMapView | null = null
      let failingSince: number | null = null
      let resumedAt = Number.NEGATIVE_INFINITY

      const noteFailure = Effect.map(monotonicMillis, (now) => {
        failingSince ??= now
        metrics.shardMapUp.set(0)
      })
      const noteSuccess = Effect.map(monotonicMillis, (now) => {
        if (failingSince !== null && now - failingSince >= Duration.toMillis(longestPause)) resumedAt = now
        failingSince = null
        metrics.shardMapUp.set(1)
      })
      const refresh = map.read.pipe(
        Effect.tapBoth({ onFailure: () => noteFailure, onSuccess: () => noteSuccess }),
        Effect.tap((read) =>
          Effect.sync(() => {
            view = read
            for (const listener of listeners) listener(read)
          })
        )
      )
      const whenRead = (listener: (view: ShardMapView) => void) => {
        // One that is there twice is called twice.
        const own = (read: ShardMapView): void => listener(read)
        listeners.add(own)
        return () => void listeners.delete(own)
      }

      yield* map.listen(() => rings.unsafeOffer(undefined))
      // Before anything stands on it: who is asked at once knows where to go.
      yield* Effect.ignore(refresh)
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.zipRight(
            Effect.suspend(() => Effect.timeoutOption(Queue.take(rings), pauseAfter(view))),
            Effect.ignore(refresh)
          )
        )
      )
      return MapMirror.of({
        view: () => view,
        isBehind: () => failingSince !== null,
        refresh,
        whenRead,
        resumedAt: () => resumedAt,
        next: Effect.async<void>((resume) => {
          const stop = whenRead(() => {
            stop()
            resume(Effect.void)
          })
          return Effect.sync(stop)
        })
      })
    })
  )
}

/** A lease that ends is no change that rings. */
const pauseAfter = (view: ShardMapView | null): Duration.Duration => {
  const ends = [...(view?.runners.values() ?? [])].flatMap(({ leaseMillis }) => leaseMillis || [])
  return Duration.min(longestPause, Math.min(...ends) + pastLeaseMillis)
}
