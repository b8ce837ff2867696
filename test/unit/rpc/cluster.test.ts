import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream, TestClock } from "effect"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../../src/domain/ids.ts"
import { Cluster, type ClusterSnapshot } from "../../../src/rpc/Cluster.ts"
import type { Runner } from "../../../src/storage/cluster/ShardMap.ts"
import { calling, layerCore, makeWorld, principals, type World } from "./fakes.ts"

const runner = (name: string, more: Partial<Runner> = {}): Runner => ({
  runnerId: RunnerId(name),
  incarnation: Incarnation("1"),
  address: `${name}.test:7000`,
  weight: 1,
  zone: "a",
  version: "1",
  isStopping: false,
  ...more
})
const r1 = RunnerId("r1")
const r2 = RunnerId("r2")
const operator = calling(principals.operator)

/** Runners with leases, and of twelve shards those with even numbers at the first, the others at the second. */
const settled = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const world = makeWorld()
    for (const name of names) yield* world.shardMap.register(runner(name), 60_000)
    yield* world.shardMap.swap(
      Array.from({ length: 12 }, (_, n) => ({
        shardId: ShardId(n),
        expected: null,
        next: {
          owner: {
            runnerId: RunnerId(names[n % names.length] ?? ""),
            incarnation: Incarnation("1"),
            epoch: Epoch(n + 1)
          },
          target: null
        },
        onlyAfter: null
      }))
    )
    return world
  })

const clusterIn = (world: World) => Effect.provide(Cluster, layerCore(world))
const entriesIn = (world: World) => Effect.map(world.shardMap.read, ({ shards }) => shards)

describe("the cluster's operator", () => {
  it.effect("sees runners and shards as the map has them", () =>
    Effect.gen(function* () {
      const world = yield* settled("r1", "r2")
      const cluster = yield* clusterIn(world)
      yield* world.shardMap.pin(ShardId(3), r1)
      const runners = yield* cluster.listRunners(operator, null)
      assert.deepStrictEqual(
        runners.map(({ runnerId, shards, share, cost }) => [runnerId, shards, share, cost]),
        [
          [r1, 6, 1, null],
          [r2, 6, 1, null]
        ]
      )
      const { shard } = yield* cluster.getShard(operator, { shardId: ShardId(3) })
      assert.deepInclude(shard, {
        owner: r2,
        isOwnerAlive: true,
        epoch: Epoch(4),
        pinnedTo: r1,
        target: null
      })
      assert.strictEqual(
        (yield* cluster.listShards(operator, { runnerId: r1, isRemarkable: false })).length,
        6
      )
      assert.deepStrictEqual(yield* cluster.listShards(operator, { runnerId: null, isRemarkable: true }), [])
      assert.strictEqual(
        (yield* Effect.flip(cluster.getShard(operator, { shardId: ShardId(12) })))._tag,
        "NotFound"
      )
    })
  )

  it.effect("moves shards by giving them a target, and calls that off by moving them back", () =>
    Effect.gen(function* () {
      const world = yield* settled("r1", "r2")
      const cluster = yield* clusterIn(world)
      const shardIds = [ShardId(0), ShardId(1), ShardId(2)]
      assert.deepStrictEqual(yield* cluster.moveShards(operator, { shardIds, to: r2 }), [
        ShardId(0),
        ShardId(2)
      ])
      assert.strictEqual((yield* entriesIn(world)).get(ShardId(0))?.target, "r2")
      assert.deepStrictEqual(yield* cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r1 }), [
        ShardId(0)
      ])
      assert.strictEqual((yield* entriesIn(world)).get(ShardId(0))?.target, null)
      assert.deepInclude(world.audited.at(-1), { action: "ClusterService/MoveShards", resource: "runner:r1" })
    })
  )

  it.effect("moves nothing to a runner that drains, nor what is pinned elsewhere", () =>
    Effect.gen(function* () {
      const world = yield* settled("r1", "r2", "r3")
      const cluster = yield* clusterIn(world)
      yield* cluster.pinShard(operator, { shardId: ShardId(0), runnerId: r1 })
      const pinned = yield* Effect.flip(cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r2 }))
      assert.deepInclude(pinned, { _tag: "NotAllowed", message: "Shard 0 is pinned to r1; unpin it first." })
      yield* cluster.unpinShard(operator, { shardId: ShardId(0) })
      assert.strictEqual(yield* cluster.drainRunner(operator, { runnerId: r2 }), 4)
      const drains = yield* Effect.flip(cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r2 }))
      assert.strictEqual(drains._tag, "NotAllowed")
      yield* cluster.undrainRunner(operator, { runnerId: r2 })
      assert.deepStrictEqual(yield* cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r2 }), [
        ShardId(0)
      ])
      const unknown = yield* Effect.flip(cluster.drainRunner(operator, { runnerId: RunnerId("r9") }))
      assert.strictEqual(unknown._tag, "NotFound")
    })
  )

  it.effect("is told why a runner takes no shards, moved or pinned", () =>
    Effect.gen(function* () {
      const world = yield* settled("r1", "r2")
      const cluster = yield* clusterIn(world)
      yield* cluster.drainRunner(operator, { runnerId: r2 })
      yield* world.shardMap.register(runner("r3", { weight: 0 }), 60_000)
      yield* world.shardMap.register(runner("r4", { isStopping: true }), 60_000)
      yield* world.shardMap.register(runner("r5"), 0)
      const shardId = ShardId(0)
      for (const [name, why] of [
        ["r2", "it drains"],
        ["r3", "its weight is 0"],
        ["r4", "it stops"],
        ["r5", "it is gone"]
      ] as const) {
        const refused = { _tag: "NotAllowed" as const, message: `Runner ${name} takes no shards: ${why}.` }
        const to = RunnerId(name)
        assert.deepInclude(
          yield* Effect.flip(cluster.moveShards(operator, { shardIds: [shardId], to })),
          refused
        )
        assert.deepInclude(yield* Effect.flip(cluster.pinShard(operator, { shardId, runnerId: to })), refused)
      }
      assert.strictEqual((yield* world.shardMap.read).pins.size, 0)
    })
  )

  it.effect("is told why nothing can be moved where there is one runner", () =>
    Effect.gen(function* () {
      const cluster = yield* Effect.flatMap(settled("r1"), clusterIn)
      const refusals = [
        cluster.drainRunner(operator, { runnerId: r1 }),
        cluster.pinShard(operator, { shardId: ShardId(0), runnerId: r1 }),
        cluster.planRebalance(operator, { maxMoving: null, maxMoves: null, byCount: true })
      ]
      for (const refusal of refusals) assert.strictEqual((yield* Effect.flip(refusal))._tag, "NotAllowed")
      assert.deepStrictEqual(yield* cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r1 }), [])
    })
  )

  it.effect("watches: a snapshot at once, and another one when something changed", () =>
    Effect.gen(function* () {
      const world = yield* settled("r1", "r2")
      const cluster = yield* clusterIn(world)
      const seen: Array<ClusterSnapshot> = []
      const watching = yield* Effect.fork(
        Stream.runForEach(cluster.watchCluster(operator, null), (snapshot) =>
          Effect.sync(() => seen.push(snapshot))
        )
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(seen.length, 1)
      yield* cluster.moveShards(operator, { shardIds: [ShardId(0)], to: r2 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(seen.length, 2)
      assert.strictEqual(seen[1]?.shards[0]?.target, "r2")
      yield* Fiber.interrupt(watching)
    })
  )
})
