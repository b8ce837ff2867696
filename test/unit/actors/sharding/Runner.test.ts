import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, TestClock } from "effect"
import { Mailboxes } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import * as HeldShards from "../../../../src/actors/sharding/HeldShards.ts"
import { MapMirror } from "../../../../src/actors/sharding/MapMirror.ts"
import { Peers } from "../../../../src/actors/sharding/Peers.ts"
import * as Runner from "../../../../src/actors/sharding/Runner.ts"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../../../src/domain/ids.ts"
import { Health } from "../../../../src/observability/health.ts"
import { ShardEpochs } from "../../../../src/storage/cluster/ShardEpochs.ts"
import { ShardMap } from "../../../../src/storage/cluster/ShardMap.ts"
import { makeShardMapMemory } from "../../../../src/storage/cluster/ShardMapMemory.ts"

const settings = { lease: Duration.seconds(4), moves: 8, retireWithin: Duration.seconds(20) }

const recordOf = (incarnation: string) => ({
  runnerId: RunnerId("mbx"),
  incarnation: Incarnation(incarnation),
  address: "mbx:1",
  weight: 100,
  zone: "",
  version: ""
})

const epochs = Layer.mock(ShardEpochs, {
  known: Effect.succeed(new Map([[ShardId(0), Epoch(1)]])),
  acquire: (shards) => Effect.succeed(new Map(shards.map((shard) => [shard, Epoch(1)])))
})

/** This life of the runner, alone with a map. */
const start = (incarnation: string, shardMap: ShardMap["Type"]) =>
  Runner.layer(recordOf(incarnation), settings).pipe(
    Layer.provideMerge(HeldShards.layer(1)),
    Layer.provide(MapMirror.layer),
    Layer.provide([
      Layer.succeed(ShardMap, shardMap),
      Layer.mock(Mailboxes, {}),
      Layer.succeed(Peers, { at: () => assert.fail("nobody is asked") }),
      epochs,
      Health.layer
    ]),
    Layer.build,
    Effect.map((context) => Context.get(context, Runner.Runner))
  )

describe("a runner", () => {
  it.scoped("takes the place of an earlier life that was killed a moment ago", () =>
    Effect.gen(function* () {
      const { shardMap } = makeShardMapMemory()
      yield* shardMap.register({ ...recordOf("killed"), isStopping: false }, 4_000)
      yield* start("new", shardMap)
      const { runners } = yield* shardMap.read
      assert.strictEqual(runners.get(RunnerId("mbx"))?.incarnation, Incarnation("new"))
      // What the killed one had sent comes late.
      yield* shardMap.register({ ...recordOf("killed"), isStopping: false }, 4_000)
      yield* TestClock.adjust("10 seconds")
      const later = yield* shardMap.read
      assert.strictEqual(later.runners.get(RunnerId("mbx"))?.incarnation, Incarnation("new"))
    })
  )

  it.scoped("leaves its place to another process of its name, also when it stops", () =>
    Effect.gen(function* () {
      const { shardMap } = makeShardMapMemory()
      const { retire } = yield* start("older", shardMap)
      const younger = { ...recordOf("younger"), isStopping: false }
      yield* shardMap.register(younger, 60_000)
      yield* TestClock.adjust("2 seconds")
      const seen: Array<string | undefined> = []
      yield* shardMap.listen(() => seen.push("changed"))
      yield* retire
      assert.deepStrictEqual(seen, [])
      const { runners } = yield* shardMap.read
      assert.strictEqual(runners.get(RunnerId("mbx"))?.incarnation, younger.incarnation)
    })
  )

  it.scoped("that has left does not come back while it stops", () =>
    Effect.gen(function* () {
      const { shardMap } = makeShardMapMemory()
      const { retire } = yield* start("stopping", shardMap)
      yield* retire
      yield* TestClock.adjust("10 seconds")
      const { runners } = yield* shardMap.read
      assert.deepStrictEqual([...runners.keys()], [])
    })
  )
})
