import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Queue, type Scope } from "effect"
import { ShardId } from "../../src/domain/ids.ts"
import type { ShardMapUnavailable, ShardMapView } from "../../src/storage/cluster/ShardMap.ts"
import { awaited } from "../support/awaited.ts"
import { claim, entryIn, leaseIn, life, owned, runner, type Service } from "../support/shardMap.ts"
import { answers, mapKey, openShardMap } from "../support/shardMapValkey.ts"
import { makeTcpProxy } from "../support/tcpProxy.ts"
import { hasValkey, ownValkeyCluster, ownValkeySentinels, ownValkeyServer, until } from "../support/valkey.ts"

const long = 60_000

/** Looks whenever it hears of a change, and until it sees what it waits for. */
const watching = (map: Service) =>
  Effect.gen(function* () {
    const heard = yield* Queue.sliding<void>(1)
    yield* map.listen(() => heard.unsafeOffer(undefined))
    return (what: string, isSeen: (view: ShardMapView) => boolean) =>
      awaited(
        what,
        Effect.repeat(
          Effect.zipRight(
            Queue.take(heard),
            Effect.orElseSucceed(Effect.map(map.read, isSeen), () => false)
          ),
          { until: (seen) => seen }
        ),
        map.read
      )
  })

/** What a runner does with a map that does not know it. */
const registersAgain = (map: Service) =>
  Effect.gen(function* () {
    assert.isFalse(yield* map.renew(life("a"), long))
    yield* map.register(runner("a"), long)
    assert.strictEqual((yield* map.swap([claim(owned("a", 2))])).size, 1)
  })

describe.skipIf(!hasValkey)("ShardMap in Valkey in trouble (needs valkey-server)", () => {
  const test = <E>(title: string, body: Effect.Effect<void, E, Scope.Scope>) =>
    it.scopedLive(title, () => body)

  test(
    "is away while the server is, and begins anew where it came back empty",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const map = yield* openShardMap(server.settings)
      const other = yield* openShardMap(server.settings)
      const sees = yield* watching(other)
      yield* map.register(runner("a"), long)
      yield* map.swap([claim(owned("a", 1))])
      yield* sees("the first claim", ({ shards }) => shards.size === 1)
      yield* server.kill
      yield* awaited("the map to be away", Effect.eventually(Effect.flip(map.renew(life("a"), long))))
      assert.deepInclude(yield* Effect.flip(map.swap([claim(owned("a", 1))])), {
        _tag: "ShardMapUnavailable"
      })
      yield* server.revive
      yield* sees("the loss", ({ version }) => version === 0)
      yield* answers(map)
      yield* registersAgain(map)
      yield* sees("the claim", ({ shards }) => shards.size === 1)
      assert.isBelow((yield* map.read).ageMillis, long)
    })
  )

  test(
    "is unavailable within its deadline while the server is frozen, and is there again afterwards",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const settings = { ...server.settings, deadline: Duration.millis(250) }
      const map = yield* openShardMap(settings)
      const sees = yield* watching(map)
      yield* map.register(runner("a"), long)
      yield* server.whileFrozen(
        Effect.gen(function* () {
          const asked: ReadonlyArray<Effect.Effect<unknown, ShardMapUnavailable>> = [
            map.read,
            map.renew(life("a"), long),
            map.swap([claim(owned("a", 1))])
          ]
          for (const ask of asked) {
            const [spent, error] = yield* Effect.timed(Effect.flip(Effect.asVoid(ask)))
            assert.strictEqual(error._tag, "ShardMapUnavailable")
            assert.isBelow(Duration.toMillis(spent), 1000)
          }
        })
      )
      yield* answers(map)
      assert.isTrue(yield* map.renew(life("a"), long))
      yield* map.swap([claim(owned("a", 2))])
      yield* sees("the claim", ({ shards }) => shards.size === 1)
    })
  )

  test(
    "has done, for the next who looks, what it was asked before an answer got lost",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
      const map = yield* openShardMap({
        ...server.settings,
        addresses: [{ host: "127.0.0.1", port: proxy.port }]
      })
      // The server has the script from now on, and is not asked twice.
      yield* map.swap([{ ...claim(owned("a", 1)), shardId: ShardId(1) }])
      yield* proxy.cut("down", { afterBytes: 0 })
      const swap = map.swap([claim(owned("a", 1))])
      assert.strictEqual((yield* Effect.flip(swap))._tag, "ShardMapUnavailable")
      yield* proxy.pass
      yield* answers(map)
      assert.deepEqual(yield* entryIn(map), owned("a", 1))
      assert.strictEqual((yield* swap).size, 0)
    })
  )

  test(
    "hears of changes on a new connection where the one before broke",
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
      const map = yield* openShardMap({
        ...server.settings,
        addresses: [{ host: "127.0.0.1", port: proxy.port }]
      })
      const other = yield* openShardMap(server.settings)
      const sees = yield* watching(map)
      yield* other.register(runner("a"), long)
      yield* sees("the first", ({ runners }) => runners.size === 1)
      yield* proxy.refuse
      yield* other.register(runner("b"), long)
      yield* proxy.pass
      yield* sees("the second", ({ runners }) => runners.size === 2)
      yield* proxy.cut("down", { afterBytes: 0, times: 2 })
      yield* other.register(runner("c"), long)
      yield* sees("the third", ({ runners }) => runners.size === 3)
    })
  )

  test(
    "follows the sentinels to the new primary, and takes along what that has",
    Effect.gen(function* () {
      const { primary, replica, settings } = yield* ownValkeySentinels
      const map = yield* openShardMap(settings)
      const sees = yield* watching(map)
      yield* map.register(runner("a"), long)
      yield* map.swap([claim(owned("a", 1))])
      yield* until(replica.ask("hlen", `${mapKey}:shards`), (count) => count === "1")
      yield* primary.kill
      yield* until(replica.ask("info", "replication"), (info) => info.includes("role:master"))
      yield* awaited(
        "the new primary",
        Effect.eventually(Effect.tapError(map.renew(life("a"), long), () => Effect.sleep("20 millis")))
      )
      assert.deepEqual(yield* entryIn(map), owned("a", 1))
      assert.isAbove((yield* leaseIn(map, "a")) ?? 0, long / 2)
      assert.strictEqual((yield* map.swap([claim(owned("b", 2), owned("a", 1))])).size, 1)
      yield* sees("the change", ({ shards }) => [...shards.values()].some(({ owner }) => owner?.epoch === 2))
    })
  )

  test(
    "is away with its node of a cluster, and begins anew with it",
    Effect.gen(function* () {
      const cluster = yield* ownValkeyCluster
      const node = yield* cluster.nodeOf(mapKey)
      const map = yield* openShardMap({ ...cluster.settings, deadline: Duration.millis(250) })
      const sees = yield* watching(map)
      yield* map.register(runner("a"), long)
      yield* node.kill
      yield* awaited("the map to be away", Effect.eventually(Effect.flip(map.read)))
      yield* node.revive
      yield* answers(map)
      yield* registersAgain(map)
      yield* sees("the claim", ({ shards }) => shards.size === 1)
    })
  )
})
