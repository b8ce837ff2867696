import { Clock, Effect, Schedule, Stream } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { Rebalances, WholeRebalance } from "../../storage/cluster/Rebalances.ts"
import type { Ledger } from "../../storage/ledger/Ledger.ts"
import type { Streams } from "../../storage/streams/Streams.ts"
import type { ClusterSnapshot, ClusterView } from "../Cluster.ts"

export interface WatchServices {
  readonly view: Effect.Effect<ClusterView, Unavailable>
  readonly rebalances: Rebalances["Type"]
  readonly streams: Streams["Type"]
  readonly ledger: Ledger["Type"]
}

const nobody: ClusterView = { runners: [], shards: [], hottest: [], spread: 0 }

/**
 * Snapshots, whenever something changed. However many watch, the map is read twice a second, queues and rebalances once,
 * and the ledger, which costs most, every ten seconds. What cannot be read stays as it was.
 */
export const makeWatchCluster = ({ view, rebalances, streams, ledger }: WatchServices) =>
  Effect.gen(function* () {
    const lastView = yield* lastOf(view, nobody)
    const looks = {
      view: yield* Effect.cachedWithTTL(lastView, "400 millis"),
      rebalance: yield* Effect.cachedWithTTL(
        yield* lastOf(Effect.map(rebalances.active, withoutMoves), null),
        "1 second"
      ),
      queues: yield* Effect.cachedWithTTL(yield* lastOf(streams.stats, []), "1 second"),
      ledger: yield* Effect.cachedWithTTL(yield* lastOf(ledger.balance, null), "10 seconds")
    }
    const snapshot: Effect.Effect<ClusterSnapshot> = Effect.gen(function* () {
      const seen = yield* looks.view
      return {
        ...seen.value,
        at: yield* Clock.currentTimeMillis,
        isShardMapAvailable: seen.isFresh,
        rebalance: (yield* looks.rebalance).value,
        queues: (yield* looks.queues).value,
        ledger: (yield* looks.ledger).value
      }
    })
    return () =>
      Stream.repeatEffectWithSchedule(snapshot, Schedule.spaced("500 millis")).pipe(
        Stream.changesWith((a, b) => essence(a) === essence(b))
      )
  })

/** What was read last, and whether it was now. */
const lastOf = <A, E>(read: Effect.Effect<A, E>, first: A) =>
  Effect.sync(() => {
    let value = first
    return Effect.match(read, {
      onFailure: () => ({ value, isFresh: false }),
      onSuccess: (now) => {
        value = now
        return { value, isFresh: true }
      }
    })
  })

const withoutMoves = (rebalance: WholeRebalance | null) => {
  if (rebalance === null) return null
  const { moves, ...rest } = rebalance
  return rest
}

/** All but what changes though nothing happens. */
const essence = ({ at, runners, queues, ...snapshot }: ClusterSnapshot): string =>
  JSON.stringify({
    ...snapshot,
    runners: runners.map(({ leaseMillis, ...runner }) => ({ ...runner, isAlive: leaseMillis > 0 })),
    queues: queues.map(({ lagMillis, ...queue }) => ({ ...queue, lagSeconds: Math.round(lagMillis / 1000) }))
  })
