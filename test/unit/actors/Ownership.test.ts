import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Ownership, shardOf } from "../../../src/actors/sharding/Ownership.ts"
import { Epoch } from "../../../src/domain/ids.ts"
import { Health } from "../../../src/observability/health.ts"
import { ShardEpochs } from "../../../src/storage/cluster/ShardEpochs.ts"
import { mailboxNumber } from "../../support/actors.ts"

const epochs = Layer.mock(ShardEpochs, {
  shardCount: Effect.succeed,
  acquire: (shards) => Effect.succeed(new Map(shards.map((shard) => [shard, Epoch(3)])))
})

const single = Ownership.layerSingle.pipe(Layer.provide(epochs), Layer.provideMerge(Health.layer))

describe("the only owner of every shard", () => {
  it.effect("is ready, and gives the epoch of each", () =>
    Effect.gen(function* () {
      const { epochOf } = yield* Ownership
      assert.equal(yield* epochOf(mailboxNumber(1)), 3)
      assert.deepEqual(yield* Effect.flatMap(Health, ({ readiness }) => readiness), {
        ready: true,
        checks: { shards: "ok" }
      })
    }).pipe(Effect.provide(single))
  )

  it.effect("is not ready once it lost a shard, says why, and serves the others", () =>
    Effect.gen(function* () {
      const { epochOf, lost, shardCount } = yield* Ownership
      yield* lost(mailboxNumber(1), Epoch(3))
      yield* lost(mailboxNumber(1 + shardCount), Epoch(3))
      assert.equal((yield* Effect.flip(epochOf(mailboxNumber(1))))._tag, "Moved")
      assert.notEqual(shardOf(mailboxNumber(2), shardCount), shardOf(mailboxNumber(1), shardCount))
      assert.equal(yield* epochOf(mailboxNumber(2)), 3)
      const { ready, checks } = yield* Effect.flatMap(Health, ({ readiness }) => readiness)
      assert.isFalse(ready)
      assert.match(checks["shards"] ?? "", /^another process took over \d+ of 256 shards/)
    }).pipe(Effect.provide(single))
  )
})
