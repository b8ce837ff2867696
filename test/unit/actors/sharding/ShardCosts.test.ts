import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { HeavyHitters } from "../../../../src/actors/sharding/HeavyHitters.ts"
import { publishCosts, ShardCosts } from "../../../../src/actors/sharding/ShardCosts.ts"
import { isHot, loadOf, noCost } from "../../../../src/domain/Cost.ts"
import { RunnerId, ShardId } from "../../../../src/domain/ids.ts"
import { ShardReports } from "../../../../src/storage/cluster/ShardReports.ts"
import { mailboxNumber } from "../../../support/actors.ts"

const shard = ShardId(7)
const runner = RunnerId("r1")
const commit = { commitMillis: 5, bytes: 1000, commands: 2 }

describe("costs of shards", () => {
  it.effect("are rates: what comes evenly is told as so much a second", () =>
    Effect.gen(function* () {
      const costs = yield* ShardCosts
      for (let n = 0; n < 120; n++) {
        yield* TestClock.adjust("5 seconds")
        for (let second = 0; second < 5; second++) costs.spent(mailboxNumber(1), shard, commit)
      }
      const cost = costs.report(runner).shards.get(shard) ?? noCost
      assert.closeTo(cost.commitMillis, 5, 0.2)
      assert.closeTo(cost.bytes, 1000, 40)
      assert.closeTo(cost.commands, 2, 0.08)
      const [hottest] = costs.report(runner).hottest
      assert.strictEqual(hottest?.mailboxId, mailboxNumber(1))
      assert.closeTo(hottest?.load ?? 0, loadOf(cost), 0.01)
    }).pipe(Effect.provide(ShardCosts.layer))
  )

  it.effect("halve in a minute, and are forgotten in the end, in whatever steps time goes by", () =>
    Effect.gen(function* () {
      const costs = yield* ShardCosts
      costs.spent(mailboxNumber(1), shard, { ...commit, commitMillis: 1000 })
      const millis = () => costs.report(runner).shards.get(shard)?.commitMillis ?? 0
      const before = millis()
      yield* TestClock.adjust("1 minute")
      assert.closeTo(millis(), before / 2, 1e-9)
      yield* TestClock.adjust("1 minute")
      assert.closeTo(millis(), before / 4, 1e-9)
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(costs.report(runner), { runnerId: runner, shards: new Map(), hottest: [] })
      costs.spent(mailboxNumber(1), shard, { ...commit, commitMillis: 1000 })
      assert.closeTo(millis(), before, 1e-9)
    }).pipe(Effect.provide(ShardCosts.layer))
  )

  it.effect("count who waits and what is in memory as it is", () =>
    Effect.gen(function* () {
      const costs = yield* ShardCosts
      let now = { watchers: 2, mailboxes: 3 }
      costs.countsBy(() => [{ shardId: shard, ...now }])
      costs.spent(mailboxNumber(1), shard, commit)
      assert.deepInclude(costs.report(runner).shards.get(shard), now)
      assert.isAbove(costs.report(runner).shards.get(shard)?.commands ?? 0, 0)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(costs.report(runner).shards.get(shard), { ...noCost, ...now })
      now = { watchers: 0, mailboxes: 0 }
      assert.strictEqual(costs.report(runner).shards.size, 0)
    }).pipe(Effect.provide(ShardCosts.layer))
  )

  it.effect("are told to the others every few seconds, and not believed when they are old", () =>
    Effect.gen(function* () {
      const costs = yield* ShardCosts
      const reports = yield* ShardReports
      costs.spent(mailboxNumber(1), shard, commit)
      yield* Effect.scoped(Effect.zipRight(publishCosts(runner), TestClock.adjust("10 seconds")))
      const [report] = yield* reports.read
      assert.strictEqual(report?.runnerId, runner)
      assert.isAbove(report?.shards.get(shard)?.commitMillis ?? 0, 0)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* reports.read, [])
    }).pipe(Effect.provide(Layer.merge(ShardCosts.layer, ShardReports.layerMemory)))
  )
})

describe("heavy hitters", () => {
  it("are found among very many names, and never told too heavy", () => {
    const heavy = new HeavyHitters<string, null>(64)
    let random = 1
    const next = () => {
      random = (random * 48_271) % 2_147_483_647
      return random
    }
    const truth = new Map<string, number>()
    let whole = 0
    for (let n = 0; n < 200_000; n++) {
      const name = n % 20 === 0 ? "hot" : `n${next() % 50_000}`
      truth.set(name, (truth.get(name) ?? 0) + 1)
      heavy.add(name, null, 1)
      whole += 1
    }
    assert.strictEqual(heavy.top(1)[0]?.name, "hot")
    for (const { name, weight } of heavy.top(1000)) {
      const real = truth.get(name) ?? 0
      assert.isAtMost(weight, real)
      assert.isAtLeast(weight, real - whole / 64)
    }
    assert.isAtMost(heavy.top(1000).length, 128)
  })
})

describe("what is hot", () => {
  it("is several times the mean of the shards, and no trifle", () => {
    assert.isTrue(isHot(50, 10))
    assert.isFalse(isHot(40, 10))
    assert.isFalse(isHot(5, 0.01))
  })
})
