import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, ManagedRuntime, Option, Redacted, type Scope } from "effect"
import { afterAll } from "vitest"
import { RunnerId, ShardId } from "../../src/domain/ids.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { logLines } from "../support/logLines.ts"
import { claim, entryIn, life, owned, runner, shard } from "../support/shardMap.ts"
import { mapKey, openShardMap } from "../support/shardMapValkey.ts"
import {
  hasValkey,
  type OwnValkeyServer,
  ownValkeyCluster,
  ownValkeySentinels,
  ownValkeyServer
} from "../support/valkey.ts"
import { shardMapContract } from "./shardMap.ts"

class Server extends Context.Tag("postroom/test/contract/ShardMapServer")<
  Server,
  /** Of those that there are, the one that has the map. */
  Pick<OwnValkeyServer, "ask"> & { readonly settings: ValkeySettings }
>() {}

describe.skipIf(!hasValkey)("Valkey (needs valkey-server)", () => {
  /** Started once for all tests, and emptied for each. */
  const contractOn = (name: string, started: Effect.Effect<typeof Server.Service, never, Scope.Scope>) => {
    const world = ManagedRuntime.make(Layer.scoped(Server, started))
    afterAll(() => world.dispose())
    shardMapContract(
      name,
      Effect.gen(function* () {
        const { ask, settings } = Context.get((yield* world.runtimeEffect).context, Server)
        const flush = Effect.asVoid(ask("flushall"))
        yield* flush
        return { open: openShardMap(settings), flush }
      })
    )
  }
  contractOn("Valkey", ownValkeyServer())
  contractOn(
    "Valkey under sentinels",
    Effect.map(ownValkeySentinels, ({ primary, settings }) => ({ ...primary, settings }))
  )
  contractOn(
    "Valkey Cluster",
    Effect.flatMap(ownValkeyCluster, ({ nodeOf, settings }) =>
      Effect.map(nodeOf(mapKey), (node) => ({ ...node, settings }))
    )
  )

  const test = <E>(title: string, body: (server: OwnValkeyServer) => Effect.Effect<void, E, Scope.Scope>) =>
    it.scopedLive(title, () => Effect.flatMap(ownValkeyServer(), body))

  describe("ShardMap in Valkey", () => {
    test("says what it cannot read, once, does without it, and lets others write over it", ({
      ask,
      settings
    }) =>
      Effect.gen(function* () {
        const map = yield* openShardMap(settings)
        yield* map.register(runner("a"), 60_000)
        yield* map.swap([{ ...claim(owned("a", 1)), shardId: ShardId(1) }])
        yield* ask("hset", `${mapKey}:runners`, "b", '{"incarnation":"1"}')
        const odd = '{"owner":{"runnerId":"a","incarnation":"1","epoch":"two"},"target":null}'
        yield* ask("hset", `${mapKey}:shards`, "7", odd, "none", '{"owner":null,"target":null}', "8", "")
        yield* ask("hset", `${mapKey}:pins`, "-1", "a")
        const { lines, layer } = logLines()
        const view = yield* Effect.zipRight(map.read, map.read).pipe(Effect.provide(layer))
        assert.deepEqual([...view.runners.keys()], [RunnerId("a")])
        assert.deepEqual([...view.shards], [[ShardId(1), owned("a", 1)]])
        assert.strictEqual(view.pins.size, 0)
        assert.deepEqual(lines, [
          { message: "the shard map has entries that cannot be read", entries: "-1 7 8 b none" }
        ])
        assert.strictEqual((yield* map.swap([claim(owned("a", 2))])).size, 1)
        assert.deepEqual(yield* entryIn(map), owned("a", 2))
        // Not what another one has written meanwhile.
        yield* ask("hset", `${mapKey}:shards`, "8", "new")
        assert.strictEqual((yield* map.swap([{ ...claim(owned("a", 2)), shardId: ShardId(8) }])).size, 0)
      }))

    test("changes where others have filled the memory", ({ ask, settings }) =>
      Effect.gen(function* () {
        const map = yield* openShardMap(settings)
        yield* ask("config", "set", "maxmemory", 1)
        yield* map.register(runner("a"), 60_000)
        assert.isTrue(yield* map.renew(life("a"), 60_000))
        assert.isTrue(yield* map.lead(life("a"), 60_000))
        assert.strictEqual((yield* map.swap([claim(owned("a", 1))])).size, 1)
        assert.deepEqual(yield* entryIn(map), owned("a", 1))
      }))

    test("goes on where the server forgot its scripts", ({ ask, settings }) =>
      Effect.gen(function* () {
        const map = yield* openShardMap(settings)
        yield* map.register(runner("a"), 60_000)
        yield* ask("script", "flush")
        assert.isTrue(yield* map.renew(life("a"), 60_000))
        assert.strictEqual((yield* map.read).runners.size, 1)
      }))

    test("has an ACL user of its own do with few rights", ({ ask, settings }) =>
      Effect.gen(function* () {
        const commands = [
          "+ping +info +select +eval +evalsha +time +get +set +del +pttl +xadd +xread +xrevrange",
          "+hget +hset +hsetnx +hdel +hmget +hgetall +hincrby +sadd +srem +sismember"
        ]
        yield* ask(
          "acl",
          "setuser",
          "postroom",
          "on",
          ">secret",
          ...commands.join(" ").split(" "),
          `~${mapKey}*`
        )
        yield* ask("acl", "setuser", "default", "off")
        const map = yield* openShardMap({
          ...settings,
          credentials: Option.some({ username: Option.some("postroom"), password: Redacted.make("secret") })
        })
        yield* map.register(runner("a"), 60_000)
        yield* map.renew(life("a"), 60_000)
        yield* map.lead(life("a"), 60_000)
        yield* map.swap([claim(owned("a", 1), null, life("b"))])
        for (const pinned of [RunnerId("a"), null]) yield* map.pin(shard, pinned)
        for (const isDraining of [true, false]) yield* map.drain(RunnerId("a"), isDraining)
        assert.strictEqual((yield* map.read).runners.size, 1)
        yield* map.leave(life("a"))
        assert.notInclude(String(yield* ask("acl", "log")), "reason")
      }))
  })
})
