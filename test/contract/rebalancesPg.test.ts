import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { planRebalance } from "../../src/actors/sharding/planRebalance.ts"
import { rebalancing } from "../../src/actors/sharding/rebalancing.ts"
import { CorrelationId, Epoch, Incarnation, MailboxId, RunnerId, ShardId } from "../../src/domain/ids.ts"
import type { Authorized } from "../../src/rpc/guard.ts"
import { makeRebalanceHandlers } from "../../src/rpc/handlers/rebalances.ts"
import { type MoveState, type RebalancePlan, Rebalances } from "../../src/storage/cluster/Rebalances.ts"
import * as RebalancesPg from "../../src/storage/cluster/RebalancesPg.ts"
import { ShardMap } from "../../src/storage/cluster/ShardMap.ts"
import { makeShardMapMemory } from "../../src/storage/cluster/ShardMapMemory.ts"
import { ShardReports } from "../../src/storage/cluster/ShardReports.ts"
import { Quarantine } from "../../src/storage/mailbox/Quarantine.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import { awaited } from "../support/awaited.ts"
import { layerMailboxesPg, newMailbox } from "../support/mailboxesPg.ts"
import { layerTestPostgres } from "../support/postgres.ts"

const r1 = RunnerId("r1")
const r2 = RunnerId("r2")

const plan: RebalancePlan = {
  moves: [
    { shardId: ShardId(3), from: r1, to: r2, load: 1.5 },
    { shardId: ShardId(1), from: r1, to: r2, load: 1 }
  ],
  spreadBefore: 1.4,
  spreadAfter: 1,
  shares: [{ runnerId: r1, before: 1.4, after: 1 }],
  maxMoving: 1
}
const kept = { begins: false, reverses: null }

const begun = { begins: true, reverses: null }

const fresh = RebalancesPg.layer.pipe(Layer.provideMerge(layerTestPostgres))

const running = Layer.mergeAll(
  fresh,
  Layer.sync(ShardMap, () => makeShardMapMemory().shardMap),
  ShardReports.layerMemory,
  Layer.mock(Streams, { stats: Effect.succeed([]) })
)

const authorized: Authorized = {
  principal: { _tag: "Operator" },
  correlationId: CorrelationId("test"),
  remote: "192.0.2.1",
  origin: "test",
  access: { tenantId: null, may: () => true, maySomewhere: () => true }
}

const life = (runnerId: RunnerId) => ({ runnerId, incarnation: Incarnation("1") })
const ownedBy = (runnerId: RunnerId) => ({ owner: { ...life(runnerId), epoch: Epoch(1) }, target: null })

/** The first of them has eight shards. */
const twoRunners = Effect.gen(function* () {
  const shardMap = yield* ShardMap
  for (const runnerId of [r1, r2]) {
    const more = { address: "", weight: 1, zone: "", version: "", isStopping: false }
    yield* shardMap.register({ ...life(runnerId), ...more }, 60_000)
  }
  yield* shardMap.swap(
    Array.from({ length: 8 }, (_, n) => ({
      shardId: ShardId(n),
      expected: null,
      next: ownedBy(r1),
      onlyAfter: null
    }))
  )
})

/** Runners take what aims at them. */
const follow = Effect.flatMap(ShardMap, (shardMap) =>
  Effect.flatMap(shardMap.read, ({ shards }) =>
    shardMap.swap(
      [...shards].flatMap(([shardId, entry]) =>
        entry.target === null
          ? []
          : [{ shardId, expected: entry, next: ownedBy(entry.target), onlyAfter: null }]
      )
    )
  )
)

describe("rebalances in Postgres", () => {
  it.live("are kept as they were planned, in the order of their moves", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      assert.isNull(yield* rebalances.find(null))
      const added = yield* rebalances.add(plan, kept)
      assert.deepInclude(added, {
        state: "planned",
        reason: "",
        total: 2,
        ended: 0,
        moving: 0,
        spreadBefore: 1.4,
        shares: plan.shares,
        startedAt: null
      })
      assert.deepStrictEqual(
        added?.moves,
        plan.moves.map((move) => ({ ...move, state: "waiting" as const, movingMillis: 0 }))
      )
      assert.deepStrictEqual(yield* rebalances.find(added?.id ?? ""), added)
      assert.isNull(yield* rebalances.active)
      assert.isNull(yield* rebalances.find(randomUUID()))
    }).pipe(Effect.provide(fresh))
  )

  it.live("run one at a time, and go on after they were stopped, trying again what failed", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      const first = (yield* rebalances.add(plan, kept))?.id ?? ""
      const second = (yield* rebalances.add(plan, kept))?.id ?? ""
      assert.isTrue(yield* rebalances.begin(first))
      assert.isFalse(yield* rebalances.begin(second))
      assert.isNull(yield* rebalances.add(plan, { begins: true, reverses: second }))
      assert.strictEqual((yield* rebalances.active)?.id, first)
      yield* rebalances.advance(first, {
        moves: new Map([
          [0, "moving"],
          [1, "failed"]
        ]),
        state: "paused",
        reason: "why"
      })
      const paused = yield* rebalances.active
      assert.deepInclude(paused, { state: "paused", reason: "why", ended: 1, moving: 1 })
      assert.isAtLeast(paused?.moves[0]?.movingMillis ?? -1, 0)
      assert.isTrue(yield* rebalances.stop(first, "an operator stopped it"))
      assert.isFalse(yield* rebalances.stop(first, "again"))
      // One move is under way still.
      assert.deepInclude(yield* rebalances.active, { id: first, state: "stopped" })
      yield* rebalances.advance(first, { moves: new Map([[0, "done"]]), state: "running", reason: "" })
      assert.deepInclude(yield* rebalances.find(first), { state: "stopped", ended: 2 })
      assert.isNull(yield* rebalances.active)
      assert.isTrue(yield* rebalances.begin(first))
      assert.deepStrictEqual(
        (yield* rebalances.active)?.moves.map(({ state }) => state),
        ["done", "waiting"]
      )
      yield* rebalances.advance(first, { moves: new Map([[1, "done"]]), state: "done", reason: "" })
      const [youngest, oldest] = yield* rebalances.list(10)
      assert.strictEqual(youngest?.id, second)
      assert.deepInclude(oldest, { id: first, state: "done", ended: 2 })
      assert.isNotNull(oldest?.endedAt ?? null)
      assert.isTrue(yield* rebalances.begin(second))
    }).pipe(Effect.provide(fresh))
  )

  it.live("are carried out by whoever has the coordinator's lease, and by the next one when it is gone", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      const shardMap = yield* ShardMap
      yield* twoRunners
      yield* Effect.forkScoped(Effect.forever(Effect.delay(follow, "100 millis")))
      const made = planRebalance(yield* shardMap.read, {
        shardCount: 8,
        loads: null,
        maxMoving: 1,
        maxMoves: null
      })
      const { id } = (yield* rebalances.add(made, begun)) ?? { id: "" }
      yield* Effect.scoped(
        Effect.zipRight(
          rebalancing(life(r1), 500),
          awaited(
            "two moves",
            Effect.repeat(Effect.delay(rebalances.find(id), "50 millis"), {
              until: (now) => (now?.ended ?? 0) >= 2
            })
          )
        )
      )
      yield* rebalancing(life(r2), 500)
      const done = yield* awaited(
        "the end",
        Effect.repeat(Effect.delay(rebalances.find(id), "50 millis"), {
          until: (now) => now?.state === "done"
        })
      )
      assert.strictEqual(done?.moves.filter(({ state }) => state === "done").length, 4)
      const { shards } = yield* shardMap.read
      assert.strictEqual([...shards.values()].filter(({ owner }) => owner?.runnerId === r2).length, 4)
    }).pipe(Effect.scoped, Effect.provide(running))
  )

  it.live("stopped right after a wish, know what became of it", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      const shardMap = yield* ShardMap
      yield* twoRunners
      const { id } = (yield* rebalances.add(plan, begun)) ?? { id: "" }
      const wished = yield* Deferred.make<void>()
      const stopping = ShardMap.of({
        ...shardMap,
        swap: (swaps) =>
          Effect.ensuring(
            Effect.zipLeft(
              shardMap.swap(swaps),
              Effect.ignore(rebalances.stop(id, "an operator stopped it"))
            ),
            Deferred.succeed(wished, undefined)
          )
      })
      yield* Effect.provideService(rebalancing(life(r1), 500), ShardMap, stopping)
      yield* awaited("the wish", Deferred.await(wished))
      const { reverseRebalance } = makeRebalanceHandlers({
        shardMap,
        rebalances,
        reports: yield* ShardReports,
        shardCount: 8
      })
      const early = yield* Effect.flip(reverseRebalance(authorized, { id }))
      assert.deepInclude(early, { message: "Its last moves are under way; try again in a moment." })
      yield* follow
      const ended = yield* awaited(
        "the end of its move",
        Effect.repeat(Effect.delay(rebalances.find(id), "50 millis"), { until: (now) => now?.ended === 1 })
      )
      assert.strictEqual(ended?.state, "stopped")
      assert.deepStrictEqual(
        ended?.moves.map(({ state }) => state),
        ["done", "waiting"]
      )
      const reverse = yield* reverseRebalance(authorized, { id })
      assert.deepStrictEqual(
        reverse.moves.map(({ shardId, from, to }) => [shardId, from, to]),
        [[ShardId(3), r2, r1]]
      )
    }).pipe(Effect.scoped, Effect.provide(running))
  )

  it.live("stopped before a wish, make none", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      const shardMap = yield* ShardMap
      yield* twoRunners
      const { id } = (yield* rebalances.add(plan, begun)) ?? { id: "" }
      const looks: Array<string | undefined> = []
      const again = yield* Deferred.make<void>()
      const stopped = Rebalances.of({
        ...rebalances,
        active: Effect.gen(function* () {
          const found = yield* rebalances.active
          yield* rebalances.stop(id, "an operator stopped it")
          looks.push(found?.state)
          if (looks.length > 1) yield* Deferred.succeed(again, undefined)
          return found
        })
      })
      yield* Effect.provideService(rebalancing(life(r1), 500), Rebalances, stopped)
      yield* awaited("the end of its step", Deferred.await(again))
      assert.strictEqual(looks[0], "running")
      const { shards } = yield* shardMap.read
      assert.isTrue([...shards.values()].every(({ target }) => target === null))
      assert.deepInclude(yield* rebalances.find(id), { state: "stopped", moving: 0, ended: 0 })
    }).pipe(Effect.scoped, Effect.provide(running))
  )

  it.live("are not set back by a coordinator that slept", () =>
    Effect.gen(function* () {
      const rebalances = yield* Rebalances
      const { id } = (yield* rebalances.add(plan, begun)) ?? { id: "" }
      const step = (...moves: ReadonlyArray<readonly [number, MoveState]>) =>
        rebalances.advance(id, { moves: new Map(moves), state: "running", reason: "" })
      yield* step([0, "moving"])
      yield* step([0, "done"], [1, "moving"])
      yield* step([0, "moving"])
      assert.deepStrictEqual(
        (yield* rebalances.find(id))?.moves.map(({ state }) => state),
        ["done", "moving"]
      )
    }).pipe(Effect.provide(fresh))
  )
})

describe("quarantine", () => {
  it.scopedLive("shuts a mailbox and opens it again, and says since when", () =>
    Effect.gen(function* () {
      const quarantine = yield* Quarantine
      const mailboxId = yield* newMailbox
      assert.deepStrictEqual(yield* quarantine.standing(mailboxId), { epoch: Epoch(0), quarantinedAt: null })
      yield* quarantine.shut(mailboxId)
      const { quarantinedAt } = yield* quarantine.standing(mailboxId)
      assert.isAbove(quarantinedAt ?? 0, 0)
      yield* quarantine.shut(mailboxId)
      assert.deepInclude(yield* quarantine.standing(mailboxId), { quarantinedAt })
      yield* quarantine.open(mailboxId)
      assert.deepInclude(yield* quarantine.standing(mailboxId), { quarantinedAt: null })
      const nobody = MailboxId(randomUUID())
      for (const call of [quarantine.shut(nobody), quarantine.open(nobody), quarantine.standing(nobody)])
        assert.strictEqual((yield* Effect.flip(call))._tag, "NotFound")
    }).pipe(Effect.provide(Quarantine.layer.pipe(Layer.provideMerge(layerMailboxesPg))))
  )
})
