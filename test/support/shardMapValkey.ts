import { Context, Duration, Effect, Layer, type Scope } from "effect"
import { ShardMap } from "../../src/storage/cluster/ShardMap.ts"
import * as ShardMapValkey from "../../src/storage/valkey/ShardMapValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { awaited } from "./awaited.ts"
import type { Service } from "./shardMap.ts"

export const mapKey = "{postroom:shards}"

/** The map of another process, once it answers. */
export const openShardMap = (
  settings: ValkeySettings,
  pollInterval = Duration.seconds(1)
): Effect.Effect<Service, never, Scope.Scope> =>
  Layer.build(Layer.provide(ShardMapValkey.layer(pollInterval), Valkey.layer(settings))).pipe(
    Effect.orDie,
    Effect.map(Context.get(ShardMap)),
    Effect.tap(answers)
  )

/** Until it can be read. */
export const answers = ({ read }: Service): Effect.Effect<void> =>
  awaited(
    "the shard map",
    Effect.asVoid(Effect.eventually(Effect.tapError(read, () => Effect.sleep("10 millis")))),
    read
  )
