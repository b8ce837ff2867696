import { hostname } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { perWindow, RateLimits } from "../../src/storage/limits/RateLimits.ts"
import * as RateLimitsValkey from "../../src/storage/valkey/RateLimitsValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { connected, hasValkey, type OwnValkeyServer, ownValkeyServer } from "../support/valkey.ts"
import { rateLimitsContract } from "./rateLimits.ts"

rateLimitsContract("This process", Effect.map(Layer.build(RateLimits.layerLocal()), Context.get(RateLimits)))

const key = { who: "192.0.2.1", route: "smtp" }
const limit = perWindow(2, "1 minute")

describe("RateLimits of this process", () => {
  it.effect("remember no more of a route than they may, and a flood of one is none of another", () =>
    Effect.gen(function* () {
      const { take } = yield* RateLimits
      const other = { ...key, route: "token" }
      yield* Effect.repeatN(take(other, limit), 1)
      for (const n of [1, 2, 3]) yield* Effect.repeatN(take({ ...key, who: `${n}` }, limit), 1)
      assert.isTrue((yield* take({ ...key, who: "1" }, limit)).isWithin)
      assert.isFalse((yield* take({ ...key, who: "3" }, limit)).isWithin)
      assert.isFalse((yield* take(other, limit)).isWithin)
    }).pipe(Effect.provide(RateLimits.layerLocal(2)))
  )
})

describe.skipIf(!hasValkey)("Valkey (needs valkey-server)", () => {
  const onServer = (server: OwnValkeyServer) =>
    Effect.gen(function* () {
      const valkey = yield* connected(server.settings)
      const layer = Layer.provide(RateLimitsValkey.layer, Layer.succeed(Valkey, valkey))
      return Context.get(yield* Layer.build(layer), RateLimits)
    })
  rateLimitsContract("Valkey", Effect.flatMap(ownValkeyServer(), onServer))

  it.scopedLive("counts for all processes under the key of the specification, which ends by itself", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const [here, there] = [yield* onServer(server), yield* onServer(server)]
      yield* here.take(key, limit)
      yield* there.take(key, limit)
      assert.isFalse((yield* here.take(key, limit)).isWithin)
      assert.strictEqual(yield* server.ask("get", "rate:192.0.2.1:smtp"), "2")
      assert.isAbove(Number(yield* server.ask("pttl", "rate:192.0.2.1:smtp")), 50_000)
      yield* there.forget(key)
      assert.isTrue((yield* here.take(key, limit)).isWithin)
      yield* server.ask("set", "rate:192.0.2.1:smtp", 5)
      assert.deepEqual(yield* here.take(key, limit), { isWithin: false, waitMillis: 60_000 })
      assert.isAbove(Number(yield* server.ask("pttl", "rate:192.0.2.1:smtp")), 50_000)
    })
  )

  it.scopedLive("takes the loopback of another machine for another caller", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const limits = yield* onServer(server)
      for (const who of ["127.0.0.1", "0:0:0:0::/64"]) {
        yield* limits.take({ ...key, who }, limit)
        assert.strictEqual(yield* server.ask("get", `rate:${who}@${hostname()}:smtp`), "1")
      }
    })
  )

  it.scopedLive("goes on counting for itself from where it was while Valkey is away or full", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const limits = yield* onServer(server)
      const isWithin = Effect.map(limits.take(key, limit), (verdict) => verdict.isWithin)
      assert.isTrue(yield* isWithin)
      yield* server.ask("config", "set", "maxmemory", 1)
      assert.isTrue(yield* isWithin)
      assert.isFalse(yield* isWithin)
      yield* server.kill
      assert.isFalse(yield* isWithin)
      yield* limits.giveBack(key)
      assert.isTrue(yield* isWithin)
      yield* limits.forget(key)
      assert.isTrue(yield* isWithin)
    })
  )
})
