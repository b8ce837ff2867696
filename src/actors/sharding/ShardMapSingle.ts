import { Effect, Layer } from "effect"
import { Incarnation, RunnerId } from "../../domain/ids.ts"
import { ShardEpochs } from "../../storage/cluster/ShardEpochs.ts"
import { type KnownRunner, ShardMap, ShardMapUnavailable } from "../../storage/cluster/ShardMap.ts"

/** As `Ownership.layerSingle` signs. */
export const singleRunner = RunnerId("single")

const incarnation = Incarnation("single")

const runner: KnownRunner = {
  runnerId: singleRunner,
  incarnation,
  address: "",
  weight: 1,
  zone: "",
  version: "",
  isStopping: false,
  isDraining: false,
  // It has none: while it lives, it is the owner.
  leaseMillis: 60_000
}

/** What operators see where one process runs all mailboxes: one runner with every shard, and nothing to move. */
export const layer: Layer.Layer<ShardMap, never, ShardEpochs> = Layer.effect(
  ShardMap,
  Effect.map(ShardEpochs, (epochs) =>
    ShardMap.of({
      read: epochs.known.pipe(
        Effect.mapError((cause) => new ShardMapUnavailable({ cause })),
        Effect.map((known) => ({
          version: 1,
          ageMillis: Number.MAX_SAFE_INTEGER,
          runners: new Map([[singleRunner, runner]]),
          shards: new Map(
            Array.from(known, ([shardId, epoch]) => [
              shardId,
              { owner: { runnerId: singleRunner, incarnation, epoch }, target: null }
            ])
          ),
          pins: new Map()
        }))
      ),
      listen: () => Effect.void,
      register: () => Effect.void,
      renew: () => Effect.succeed(true),
      leave: () => Effect.void,
      lead: () => Effect.succeed(true),
      swap: () => Effect.succeed(new Set()),
      pin: () => Effect.void,
      drain: () => Effect.void
    })
  )
)
