import { Config, type ConfigError, Duration, Effect, Schedule, type Scope } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, duration, integer } from "../../settings/types.ts"
import { Rebalances } from "../../storage/cluster/Rebalances.ts"
import { type RunnerLife, ShardMap } from "../../storage/cluster/ShardMap.ts"
import { Streams } from "../../storage/streams/Streams.ts"
import { advanceRebalance } from "./advanceRebalance.ts"

const RebalanceConfig = Config.all({
  maxQueueAge: setting({
    name: "POSTROOM_REBALANCE_MAX_QUEUE_AGE",
    type: duration,
    default: Duration.minutes(1),
    meaning: "A rebalance pauses while the oldest waiting task of a stream is older."
  }),
  moveTimeout: setting({
    name: "POSTROOM_REBALANCE_MOVE_TIMEOUT",
    type: duration,
    default: Duration.seconds(30),
    meaning: "After which a move of a rebalance is called off."
  }),
  maxFailures: setting({
    name: "POSTROOM_REBALANCE_MAX_FAILURES",
    type: integer,
    default: 3,
    meaning: "Moves that may fail before a rebalance is stopped.",
    check: atLeast(1)
  })
})

/** Looks every second whether a rebalance is under way; where one is, whoever has the coordinator's lease makes its next step. */
export const rebalancing = (
  me: RunnerLife,
  leaseMillis: number
): Effect.Effect<void, ConfigError.ConfigError, Rebalances | ShardMap | Streams | Scope.Scope> =>
  Effect.gen(function* () {
    const rebalances = yield* Rebalances
    const shardMap = yield* ShardMap
    const streams = yield* Streams
    const { maxQueueAge, moveTimeout, maxFailures } = yield* RebalanceConfig
    const step = Effect.gen(function* () {
      const rebalance = yield* rebalances.active
      if (rebalance === null || !(yield* shardMap.lead(me, leaseMillis))) return
      const stats = yield* streams.stats
      const view = yield* shardMap.read
      const { wishes, ...next } = advanceRebalance(rebalance, view, {
        queueAgeMillis: Math.max(0, ...stats.map(({ lagMillis }) => lagMillis)),
        maxQueueAgeMillis: Duration.toMillis(maxQueueAge),
        moveMillis: Duration.toMillis(moveTimeout),
        maxFailures
      })
      const written = yield* rebalances.advance(rebalance.id, next)
      const swaps = [...wishes].flatMap(([n, swap]) => (written.has(n) ? swap : []))
      if (swaps.length > 0) yield* shardMap.swap(swaps)
    })
    yield* Effect.forkScoped(Effect.repeat(undeterred("the rebalance", step), Schedule.spaced("1 second")))
  })
