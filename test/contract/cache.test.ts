import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { Cache, type CacheKey } from "../../src/storage/valkey/Cache.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { connected, hasValkey, ownValkeyServer } from "../support/valkey.ts"
import { cacheContract } from "./cache.ts"

cacheContract("This process", Effect.map(Layer.build(Cache.layerLocal()), Context.get(Cache)))

const key = (n: number): CacheKey => ({ name: `test:${n}`, ttl: Duration.minutes(1) })

describe("Cache of this process", () => {
  it.effect("keeps no more than it may", () =>
    Effect.gen(function* () {
      const cache = yield* Cache
      yield* Effect.forEach([1, 2, 3], (n) => cache.set(key(n), `${n}`))
      assert.deepEqual(yield* cache.get(key(1)), Option.none())
      assert.deepEqual(yield* cache.get(key(3)), Option.some("3"))
    }).pipe(Effect.provide(Cache.layerLocal(2)))
  )
})

describe.skipIf(!hasValkey)("Valkey (needs valkey-server)", () => {
  const server = Effect.flatMap(ownValkeyServer(), ({ settings }) => connected(settings))
  cacheContract(
    "Valkey",
    Effect.flatMap(server, (valkey) =>
      Effect.map(
        Layer.build(Layer.provide(Cache.layerValkey, Layer.succeed(Valkey, valkey))),
        Context.get(Cache)
      )
    )
  )

  it.scopedLive("has nothing and keeps nothing while Valkey is away, and goes on when it is back", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const valkey = yield* connected(server.settings)
      const layer = Layer.provide(Cache.layerValkey, Layer.succeed(Valkey, valkey))
      const cache = Context.get(yield* Layer.build(layer), Cache)
      yield* cache.set(key(1), "x")
      yield* server.kill
      assert.deepEqual(yield* cache.get(key(1)), Option.none())
      assert.strictEqual(yield* cache.setIfAbsent(key(2), "mine"), "mine")
      yield* Effect.zipRight(cache.set(key(1), "x"), cache.remove(key(1)))
      yield* server.revive
      yield* Effect.repeat(Effect.zipRight(cache.set(key(1), "y"), cache.get(key(1))), {
        until: Option.isSome
      })
    })
  )
})
