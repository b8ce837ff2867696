import { Context, Effect, Layer } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { Epoch, ShardId } from "../../domain/ids.ts"
import { Postgres, statement } from "../postgres.ts"

const acquire = statement<{ readonly shard: number; readonly epoch: number }>({
  text: `INSERT INTO cluster.shards AS current (shard, epoch, owner, acquired_at)
    SELECT shard, 1, $2, now() FROM unnest($1::integer[]) AS shard ORDER BY shard
    ON CONFLICT (shard) DO UPDATE SET epoch = current.epoch + 1, owner = $2, acquired_at = now()
    RETURNING shard, epoch`
})

const known = statement<{ readonly shard: number; readonly epoch: number }>({
  text: "SELECT shard, epoch FROM cluster.shards ORDER BY shard"
})

const fixShardCount = statement<{ readonly value: string }>({
  text: `INSERT INTO cluster.settings AS setting (name, value) VALUES ('shard_count', $1)
    ON CONFLICT (name) DO UPDATE SET value = setting.value RETURNING value`
})

/** Counts acquisitions of shards. In Postgres, so that an epoch never goes back even if the shard map loses everything. */
export class ShardEpochs extends Context.Tag("postroom/storage/ShardEpochs")<
  ShardEpochs,
  {
    /** The deployment's number of shards: `wanted` where it was never fixed, else what it was fixed to. */
    readonly shardCount: (wanted: number) => Effect.Effect<number, Unavailable>
    /** The next epoch of each shard; whoever held one before is fenced at its next commit to a mailbox claimed anew. */
    readonly acquire: (
      shards: ReadonlyArray<ShardId>,
      runner: string
    ) => Effect.Effect<ReadonlyMap<ShardId, Epoch>, Unavailable>
    /** The epoch of each shard that was ever acquired. */
    readonly known: Effect.Effect<ReadonlyMap<ShardId, Epoch>, Unavailable>
  }
>() {
  static readonly layer: Layer.Layer<ShardEpochs, never, Postgres> = Layer.effect(
    ShardEpochs,
    Effect.map(Postgres, (postgres) =>
      ShardEpochs.of({
        shardCount: (wanted) =>
          postgres.query(fixShardCount, [String(wanted)]).pipe(
            Effect.mapError((cause) => new Unavailable({ what: "storage", cause })),
            Effect.map((rows) => Number(rows[0]?.value ?? wanted))
          ),
        known: postgres.query(known).pipe(
          Effect.mapError((cause) => new Unavailable({ what: "storage", cause })),
          Effect.map((rows) => new Map(rows.map((row) => [ShardId(row.shard), Epoch(row.epoch)])))
        ),
        acquire: (shards, runner) =>
          postgres.query(acquire, [shards, runner]).pipe(
            Effect.mapError((cause) => new Unavailable({ what: "storage", cause })),
            Effect.map((rows) => new Map(rows.map((row) => [ShardId(row.shard), Epoch(row.epoch)])))
          )
      })
    )
  )
}
