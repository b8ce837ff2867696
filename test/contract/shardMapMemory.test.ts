import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../src/domain/ids.ts"
import { makeShardMapMemory } from "../../src/storage/cluster/ShardMapMemory.ts"
import { shardMapContract } from "./shardMap.ts"

shardMapContract(
  "Memory",
  Effect.sync(() => {
    const { shardMap, flush } = makeShardMapMemory()
    return { open: Effect.succeed(shardMap), flush }
  })
)

describe("ShardMap in memory", () => {
  it.effect("has the time of whoever asks: a lease ends when it ends there", () =>
    Effect.gen(function* () {
      const { shardMap } = makeShardMapMemory()
      const life = { runnerId: RunnerId("a"), incarnation: Incarnation("1") }
      const said = { address: "a.test:1", weight: 1, zone: "a", version: "1", isStopping: false }
      yield* shardMap.register({ ...life, ...said }, 4000)
      const claim = shardMap.swap([
        {
          shardId: ShardId(1),
          expected: null,
          next: { owner: { ...life, epoch: Epoch(1) }, target: null },
          onlyAfter: life
        }
      ])
      yield* TestClock.adjust("3999 millis")
      assert.strictEqual((yield* claim).size, 0)
      const { ageMillis, runners } = yield* shardMap.read
      assert.deepEqual([ageMillis, runners.get(life.runnerId)?.leaseMillis], [3999, 1])
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* claim).size, 1)
    })
  )
})
