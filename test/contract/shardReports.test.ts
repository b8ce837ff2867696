import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import { RunnerId, ShardId } from "../../src/domain/ids.ts"
import { type ShardReport, ShardReports } from "../../src/storage/cluster/ShardReports.ts"
import * as ShardReportsValkey from "../../src/storage/valkey/ShardReportsValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { mailboxNumber } from "../support/actors.ts"
import { awaited } from "../support/awaited.ts"
import { hasValkey, ownValkeyServer } from "../support/valkey.ts"

const report = (name: string, load = 1.25): ShardReport => ({
  runnerId: RunnerId(name),
  shards: new Map([
    [ShardId(7), { commitMillis: 12.5, bytes: 1000, commands: 2, watchers: 3, mailboxes: 4 }]
  ]),
  hottest: [{ mailboxId: mailboxNumber(1), shardId: ShardId(7), load }]
})

const contract = (name: string, open: Effect.Effect<ShardReports["Type"], never, Scope.Scope>) =>
  it.scopedLive(`${name} has of each runner what it said last`, () =>
    Effect.gen(function* () {
      const reports = yield* open
      assert.deepStrictEqual(yield* reports.read, [])
      yield* reports.publish(report("r1"))
      yield* reports.publish(report("r2"))
      yield* reports.publish(report("r1", 2.5))
      const found = [...(yield* reports.read)].sort((a, b) => (a.runnerId < b.runnerId ? -1 : 1))
      assert.deepStrictEqual(found, [report("r1", 2.5), report("r2")])
    })
  )

/** Once it answers. */
const built = <E>(layer: Layer.Layer<ShardReports, E>) =>
  Layer.build(layer).pipe(
    Effect.orDie,
    Effect.map(Context.get(ShardReports)),
    Effect.tap(({ read }) =>
      awaited("the reports", Effect.eventually(Effect.tapError(read, () => Effect.sleep("10 millis"))), read)
    )
  )

describe("reports of runners", () => {
  contract("memory", built(ShardReports.layerMemory))

  describe.skipIf(!hasValkey)("in Valkey (needs valkey-server)", () => {
    contract(
      "Valkey",
      Effect.flatMap(ownValkeyServer(), ({ settings }) =>
        built(Layer.provide(ShardReportsValkey.layer, Valkey.layer(settings)))
      )
    )

    it.scopedLive("does not believe what is old, and bears what it does not understand", () =>
      Effect.gen(function* () {
        const { ask, settings } = yield* ownValkeyServer()
        const reports = yield* built(Layer.provide(ShardReportsValkey.layer, Valkey.layer(settings)))
        yield* reports.publish(report("r1"))
        const [entry = ""] = [yield* ask("hget", "{postroom:shards}:reports", "r1")].map(String)
        yield* ask(
          "hset",
          "{postroom:shards}:reports",
          "r1",
          entry.replace(/^\d+/, (at) => String(Number(at) - 16_000))
        )
        yield* ask(
          "hset",
          "{postroom:shards}:reports",
          "r2",
          entry.replace(/ .*/, ' {"other":1}'),
          "r3",
          "nonsense"
        )
        assert.deepStrictEqual(yield* reports.read, [])
      })
    )

    it.scopedLive("forgets runners that have said nothing for long", () =>
      Effect.gen(function* () {
        const { ask, settings } = yield* ownValkeyServer()
        const reports = yield* built(Layer.provide(ShardReportsValkey.layer, Valkey.layer(settings)))
        const key = "{postroom:shards}:reports"
        yield* Effect.forEach(Array(100).keys(), (n) => reports.publish(report(`r${n}`)), { discard: true })
        const entry = String(yield* ask("hget", key, "r0"))
        const old = entry.replace(/^\d+/, (at) => String(Number(at) - 16_000))
        for (let n = 0; n < 100; n++) yield* ask("hset", key, `r${n}`, old)
        yield* reports.publish(report("r1"))
        assert.strictEqual(yield* ask("hlen", key), 1)
        assert.deepStrictEqual(yield* reports.read, [report("r1")])
      })
    )
  })
})
