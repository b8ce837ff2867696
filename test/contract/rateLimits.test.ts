import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { RateLimits } from "../../src/storage/valkey/RateLimits.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { connected, hasValkey, ownValkeyServer } from "../support/valkey.ts"
import { rateLimitsContract } from "./rateLimits.ts"

rateLimitsContract("This process", Effect.map(Layer.build(RateLimits.layerLocal()), Context.get(RateLimits)))

describe.skipIf(!hasValkey)("Valkey (needs valkey-server)", () => {
  const onServer = (server: Effect.Effect.Success<ReturnType<typeof ownValkeyServer>>) =>
    Effect.gen(function* () {
      const valkey = yield* connected(server.settings)
      const layer = Layer.provide(RateLimits.layerValkey, Layer.succeed(Valkey, valkey))
      return Context.get(yield* Layer.build(layer), RateLimits)
    })
  rateLimitsContract("Valkey", Effect.flatMap(ownValkeyServer(), onServer))

  const key = { ip: "192.0.2.1", route: "smtp" }
  const limit = { max: 2, window: Duration.minutes(1) }

  it.scopedLive("counts for all processes under the key of the specification, which ends by itself", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const [here, there] = [yield* onServer(server), yield* onServer(server)]
      yield* here.take(key, limit)
      yield* there.take(key, limit)
      assert.isFalse((yield* here.take(key, limit)).isWithin)
      assert.strictEqual(yield* server.ask("get", "rate:192.0.2.1:smtp"), "3")
      assert.isAbove(Number(yield* server.ask("pttl", "rate:192.0.2.1:smtp")), 50_000)
      yield* server.ask("set", "rate:192.0.2.1:smtp", 5)
      assert.strictEqual((yield* here.take(key, limit)).resetMillis, 60_000)
    })
  )

  it.scopedLive("counts for itself while Valkey is away or full", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const limits = yield* onServer(server)
      const taken = Effect.map(
        Effect.forEach([1, 2, 3], () => limits.take(key, limit)),
        (all) => all.map(({ isWithin }) => isWithin)
      )
      yield* server.ask("config", "set", "maxmemory", 1)
      assert.deepEqual(yield* taken, [true, true, false])
      yield* server.kill
      yield* limits.forget(key)
      assert.deepEqual(yield* taken, [true, true, false])
      yield* limits.giveBack(key)
    })
  )
})
