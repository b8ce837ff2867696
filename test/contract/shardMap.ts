import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Queue, type Scope } from "effect"
import { Epoch, Incarnation, RunnerId, ShardId } from "../../src/domain/ids.ts"
import type { ShardMapView } from "../../src/storage/cluster/ShardMap.ts"
import { awaited } from "../support/awaited.ts"
import {
  claim,
  entryIn,
  leaseEnds,
  leaseIn,
  life,
  owned,
  runner,
  type Service,
  shard,
  versionIn
} from "../support/shardMap.ts"

/** A map that nobody has written to. */
export interface FreshShardMap {
  /** As one process sees it. */
  readonly open: Effect.Effect<Service, never, Scope.Scope>
  /** Loses everything. */
  readonly flush: Effect.Effect<void>
}

const long = 60_000
const brief = 40

/** What every driver of the shard map promises. */
export const shardMapContract = (name: string, fresh: Effect.Effect<FreshShardMap, never, Scope.Scope>) => {
  const test = <E>(
    title: string,
    body: (map: Service, world: FreshShardMap) => Effect.Effect<void, E, Scope.Scope>
  ) =>
    it.scopedLive(title, () =>
      Effect.flatMap(fresh, (world) => Effect.flatMap(world.open, (map) => body(map, world)))
    )

  describe(`${name} as ShardMap: runners`, () => {
    test("shows nothing at first, and then each runner with all that it said of itself", (map) =>
      Effect.gen(function* () {
        const empty = yield* map.read
        assert.deepEqual([empty.version, empty.ageMillis], [0, 0])
        assert.deepEqual([empty.runners.size, empty.shards.size, empty.pins.size], [0, 0, 0])
        const odd = runner('r "1" é\n', { zone: "zone '{}'", weight: 0.5, isStopping: true })
        yield* map.register(odd, long)
        yield* map.register(runner("b"), long)
        const { runners } = yield* map.read
        assert.sameMembers([...runners.keys()], [odd.runnerId, RunnerId("b")])
        const { leaseMillis = 0, ...said } = runners.get(odd.runnerId) ?? {}
        assert.deepEqual(said, { ...odd, isDraining: false })
        assert.isAtMost(leaseMillis, long)
        assert.isAbove(leaseMillis, long / 2)
      }))

    test("keeps a runner whose lease is over, and renews it while no other life took its place", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), brief)
        yield* leaseEnds(map, "a")
        assert.isTrue(yield* map.renew(life("a"), long))
        assert.isAbove((yield* leaseIn(map, "a")) ?? 0, long / 2)
      }))

    test("does not renew a life that it does not know", (map) =>
      Effect.gen(function* () {
        assert.isFalse(yield* map.renew(life("a"), long))
        assert.strictEqual((yield* map.read).runners.size, 0)
        yield* map.register(runner("a"), long)
        assert.isFalse(yield* map.renew(life("a", "2"), long))
        assert.isFalse(yield* map.renew(life("b"), long))
      }))

    test("gives a runner's place to its next life, and nothing more to the one before", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        yield* map.register(runner("a", { ...life("a", "2"), address: "elsewhere.test:1" }), long)
        assert.isFalse(yield* map.renew(life("a"), long))
        yield* map.leave(life("a"))
        const { runners } = yield* map.read
        assert.deepInclude(runners.get(RunnerId("a")), {
          incarnation: Incarnation("2"),
          address: "elsewhere.test:1"
        })
        // The lease of the one is not that of the other.
        yield* map.swap([claim(owned("a", 1), null, life("a"))])
        assert.deepEqual(yield* entryIn(map), owned("a", 1))
      }))

    test("takes what a life says of itself anew", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        yield* map.register(runner("a", { isStopping: true }), long)
        assert.isTrue((yield* map.read).runners.get(RunnerId("a"))?.isStopping)
        assert.isTrue(yield* map.renew(life("a"), long))
      }))

    test("forgets who leaves, not what it owned", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        yield* map.swap([claim(owned("a", 1))])
        yield* map.leave(life("a"))
        const { runners, shards } = yield* map.read
        assert.strictEqual(runners.size, 0)
        assert.deepEqual([...shards], [[shard, owned("a", 1)]])
        assert.isFalse(yield* map.renew(life("a"), long))
        assert.strictEqual((yield* map.swap([claim(owned("b", 2), owned("a", 1), life("a"))])).size, 1)
        yield* map.leave(life("a"))
      }))

    test("drains a runner over its restarts, until it is wished no more", (map) =>
      Effect.gen(function* () {
        const isDraining = Effect.map(map.read, ({ runners }) => runners.get(RunnerId("a"))?.isDraining)
        yield* map.drain(RunnerId("a"), true)
        assert.strictEqual((yield* map.read).runners.size, 0)
        yield* map.register(runner("a"), long)
        yield* map.register(runner("b"), long)
        assert.isTrue(yield* isDraining)
        assert.isFalse((yield* map.read).runners.get(RunnerId("b"))?.isDraining)
        yield* map.leave(life("a"))
        yield* map.register(runner("a", life("a", "2")), long)
        assert.isTrue(yield* isDraining)
        yield* map.drain(RunnerId("a"), false)
        assert.isFalse(yield* isDraining)
      }))
  })

  describe(`${name} as ShardMap: shards`, () => {
    test("changes an entry only where all of it is as expected", (map) =>
      Effect.gen(function* () {
        const now = owned("a", 3, { target: RunnerId("b") })
        const next = owned("b", 4)
        for (const expected of [now, owned("a", 3)]) {
          assert.strictEqual((yield* map.swap([claim(next, expected)])).size, 0)
        }
        assert.isUndefined(yield* entryIn(map))
        assert.deepEqual([...(yield* map.swap([claim(now)]))], [shard])
        for (const expected of [
          null,
          owned("a", 3),
          owned("a", 4, { target: RunnerId("b") }),
          owned("c", 3, { target: RunnerId("b") }),
          owned("a", 3, { target: RunnerId("c") }),
          { owner: { ...life("a", "2"), epoch: Epoch(3) }, target: RunnerId("b") },
          { owner: null, target: RunnerId("b") }
        ]) {
          assert.strictEqual((yield* map.swap([claim(next, expected)])).size, 0)
        }
        assert.deepEqual(yield* entryIn(map), now)
        assert.strictEqual((yield* map.swap([claim(next, now)])).size, 1)
        assert.deepEqual(yield* entryIn(map), next)
        const nobody = { owner: null, target: null }
        yield* map.swap([claim(nobody, next)])
        assert.deepEqual(yield* entryIn(map), nobody)
      }))

    test("waits with a change for the end of a lease", (map) =>
      Effect.gen(function* () {
        const take = map.swap([claim(owned("b", 2), owned("a", 1), life("a"))])
        yield* map.register(runner("a"), long)
        yield* map.swap([claim(owned("a", 1))])
        assert.strictEqual((yield* take).size, 0)
        yield* map.renew(life("a"), brief)
        yield* leaseEnds(map, "a")
        assert.strictEqual((yield* take).size, 1)
        assert.deepEqual(yield* entryIn(map), owned("b", 2))
      }))

    test("says of no lease that it is over before it is", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        yield* map.swap([claim(owned("a", 0))])
        for (let epoch = 1; epoch <= 20; epoch++) {
          yield* map.renew(life("a"), 3)
          yield* Effect.repeat(leaseIn(map, "a"), { until: (left) => left === 0 })
          const next = claim(owned("a", epoch), owned("a", epoch - 1), life("a"))
          assert.strictEqual((yield* map.swap([next])).size, 1)
        }
      }))

    test("does each of many changes by itself, in their order", (map) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        const many = Array.from({ length: 2500 }, (_, n) => ({
          ...claim(owned("a", n)),
          shardId: ShardId(n)
        }))
        assert.strictEqual((yield* map.swap(many)).size, 2500)
        const done = yield* map.swap([
          { ...claim(owned("b", 9), owned("a", 1)), shardId: ShardId(1) },
          { ...claim(owned("b", 9), owned("a", 1)), shardId: ShardId(2) },
          { ...claim(owned("b", 9), owned("a", 3), life("a")), shardId: ShardId(3) },
          { ...claim(owned("b", 9), owned("a", 4), life("c")), shardId: ShardId(4) },
          { ...claim(owned("c", 10), owned("b", 9)), shardId: ShardId(1) }
        ])
        assert.sameMembers([...done], [ShardId(1), ShardId(4)])
        const { shards } = yield* map.read
        assert.strictEqual(shards.size, 2500)
        assert.deepEqual(
          [0, 1, 2, 3, 4, 2499].map((n) => shards.get(ShardId(n))),
          [owned("a", 0), owned("c", 10), owned("a", 2), owned("a", 3), owned("b", 9), owned("a", 2499)]
        )
        assert.strictEqual((yield* map.swap([])).size, 0)
      }))

    test("lets one of many have what all want", (map, { open }) =>
      Effect.gen(function* () {
        const others = [map, yield* open]
        const done = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => n),
          (n) => (others[n % 2] ?? map).swap([claim(owned(`r${n}`, n))]),
          { concurrency: "unbounded" }
        )
        const winners = done.flatMap(({ size }, n) => (size === 1 ? [n] : []))
        assert.strictEqual(winners.length, 1)
        assert.deepEqual(yield* entryIn(map), owned(`r${winners[0]}`, winners[0] ?? -1))
      }))

    test("shows all of one moment", (map, { open }) =>
      Effect.gen(function* () {
        const other = yield* open
        const ids = Array.from({ length: 50 }, (_, n) => ShardId(n))
        const step = (epoch: number) =>
          other.swap(
            ids.map((shardId) => ({
              ...claim(owned("a", epoch), epoch === 0 ? null : owned("a", epoch - 1)),
              shardId
            }))
          )
        yield* step(0)
        const reading = Effect.repeatN(
          Effect.map(map.read, ({ shards }) => {
            const epochs = new Set(Array.from(shards.values(), ({ owner }) => owner?.epoch))
            assert.strictEqual(epochs.size, 1)
          }),
          30
        )
        const epochs = Array.from({ length: 30 }, (_, n) => n + 1)
        yield* Effect.zip(reading, Effect.forEach(epochs, step), { concurrent: true })
      }))

    test("keeps what operators pin", (map) =>
      Effect.gen(function* () {
        yield* map.pin(shard, RunnerId("a"))
        yield* map.pin(ShardId(1), RunnerId("a"))
        yield* map.pin(shard, RunnerId("b"))
        assert.deepEqual(
          yield* Effect.map(map.read, ({ pins }) => [pins.get(shard), pins.get(ShardId(1)), pins.size]),
          [RunnerId("b"), RunnerId("a"), 2]
        )
        yield* map.pin(shard, null)
        yield* map.pin(ShardId(2), null)
        assert.deepEqual([...(yield* map.read).pins.keys()], [ShardId(1)])
      }))
  })

  describe(`${name} as ShardMap: the whole`, () => {
    test("has one coordinator, as long as it renews its lease", (map, { open }) =>
      Effect.gen(function* () {
        const other = yield* open
        for (const name of ["a", "b"]) yield* map.register(runner(name), long)
        assert.isTrue(yield* map.lead(life("a"), brief))
        assert.isTrue(yield* map.lead(life("a"), long))
        for (const one of [life("b"), life("a", "2")]) assert.isFalse(yield* other.lead(one, long))
        yield* map.lead(life("a"), brief)
        const [spent] = yield* Effect.timed(
          Effect.repeat(Effect.delay(other.lead(life("b"), long), "5 millis"), { until: (leads) => leads })
        )
        assert.isBelow(Duration.toMillis(spent), 2000)
        assert.isFalse(yield* map.lead(life("a"), long))
        // Who goes does not keep others waiting.
        yield* map.leave(life("a"))
        assert.isFalse(yield* map.lead(life("a"), long))
        yield* other.leave(life("b"))
        assert.isTrue(yield* map.lead(life("a"), long))
      }))

    test("takes nobody for its coordinator whose own lease is over", (map, { open }) =>
      Effect.gen(function* () {
        const other = yield* open
        yield* map.register(runner("b"), long)
        yield* map.register(runner("a"), long)
        assert.isTrue(yield* map.lead(life("a"), long))
        assert.isFalse(yield* other.lead(life("b"), long))
        yield* map.register({ ...runner("a"), ...life("a", "2") }, long)
        assert.isTrue(yield* other.lead(life("b"), long))
      }))

    test("counts changes, and neither leases nor what changes nothing", (map) =>
      Effect.gen(function* () {
        const changes = [
          map.register(runner("a"), long),
          map.register(runner("b"), long),
          map.swap([claim(owned("a", 1))]),
          map.pin(shard, RunnerId("a")),
          map.pin(shard, RunnerId("b")),
          map.pin(shard, null),
          map.drain(RunnerId("b"), true),
          map.drain(RunnerId("b"), false),
          map.leave(life("b"))
        ]
        let last = yield* versionIn(map)
        for (const [n, change] of changes.entries()) {
          yield* change
          const now = yield* versionIn(map)
          assert.isAbove(now, last, `change ${n}`)
          last = now
        }
        yield* map.renew(life("a"), long)
        yield* map.lead(life("a"), long)
        yield* map.swap([claim(owned("b", 1))])
        yield* map.pin(shard, null)
        yield* map.drain(RunnerId("b"), false)
        yield* map.leave(life("b"))
        assert.strictEqual(yield* versionIn(map), last)
      }))

    test("knows how old it is, and begins anew where it was lost", (map, { flush }) =>
      Effect.gen(function* () {
        yield* map.register(runner("a"), long)
        yield* map.swap([claim(owned("a", 1))])
        yield* map.pin(shard, RunnerId("a"))
        yield* map.drain(RunnerId("a"), true)
        yield* map.lead(life("a"), long)
        const { ageMillis } = yield* awaited(
          "it to be old",
          Effect.repeat(Effect.delay(map.read, "10 millis"), { until: (view) => view.ageMillis >= 100 })
        )
        yield* flush
        const empty = yield* map.read
        assert.deepEqual([empty.version, empty.ageMillis], [0, 0])
        assert.deepEqual([empty.runners.size, empty.shards.size, empty.pins.size], [0, 0, 0])
        assert.isFalse(yield* map.renew(life("a"), long))
        assert.isTrue(yield* map.lead(life("b"), long))
        assert.strictEqual((yield* map.swap([claim(owned("a", 2), owned("a", 1))])).size, 0)
        yield* map.register(runner("a"), long)
        const young = yield* map.read
        assert.isBelow(young.ageMillis, ageMillis)
        assert.isFalse(young.runners.get(RunnerId("a"))?.isDraining)
      }))

    test("tells who listens of every change, wherever it was made, and of its loss", (map, { open, flush }) =>
      Effect.gen(function* () {
        const other = yield* open
        const heard = yield* Queue.unbounded<void>()
        yield* map.listen(() => heard.unsafeOffer(undefined))
        /** Whoever hears something looks, and sees it. */
        const seen = (what: string, isSeen: (view: ShardMapView) => boolean) =>
          awaited(
            what,
            Effect.repeat(Effect.zipRight(Queue.take(heard), map.read), { until: (view) => isSeen(view) }),
            map.read
          )
        const [spent] = yield* Effect.timed(
          Effect.gen(function* () {
            for (const n of [1, 2, 3, 4, 5]) {
              yield* other.pin(ShardId(n), RunnerId("a"))
              yield* seen(`pin ${n}`, ({ pins }) => pins.has(ShardId(n)))
            }
          })
        )
        // By its events: looking now and then would take a second for each.
        assert.isBelow(Duration.toMillis(spent), 4000)
        yield* map.register(runner("b"), long)
        yield* seen("its own change", ({ runners }) => runners.size === 1)
        yield* flush
        yield* seen("the loss", ({ runners, pins }) => runners.size + pins.size === 0)
      }))

    test("tells nobody who does not listen any more", (map) =>
      Effect.gen(function* () {
        const heard = yield* Queue.unbounded<string>()
        yield* Effect.scoped(map.listen(() => heard.unsafeOffer("gone")))
        yield* Queue.takeAll(heard)
        yield* map.listen(() => heard.unsafeOffer("here"))
        yield* map.pin(shard, RunnerId("a"))
        assert.strictEqual(yield* awaited("a word", Queue.take(heard)), "here")
      }))
  })
}
