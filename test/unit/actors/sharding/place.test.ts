import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { Candidate } from "../../../../src/actors/sharding/Loads.ts"
import { type Placement, place } from "../../../../src/actors/sharding/place.ts"
import { RunnerId, ShardId } from "../../../../src/domain/ids.ts"

type Assignment = ReadonlyMap<ShardId, RunnerId>

const runner = (name: string, weight = 1, zone = "z"): Candidate => ({
  runnerId: RunnerId(name),
  weight,
  zone
})
const runnersOf = (count: number, zones = 1) =>
  Array.from({ length: count }, (_, n) => runner(`r${String(n).padStart(2, "0")}`, 1, `z${n % zones}`))
const nothing: Assignment = new Map()
const fresh = (shardCount: number, runners: ReadonlyArray<Candidate>): Placement => ({
  shardCount,
  runners,
  current: nothing,
  pins: nothing,
  costs: null
})
const moved = (before: Assignment, after: Assignment) =>
  [...after].filter(([shardId, runnerId]) => before.get(shardId) !== runnerId).map(([shardId]) => shardId)
const countOf = (assignment: Assignment, of: (runnerId: RunnerId) => boolean) =>
  [...assignment.values()].filter(of).length

const runners = fc.uniqueArray(
  fc.record({
    runnerId: fc.integer({ min: 0, max: 30 }).map((n) => RunnerId(`r${n}`)),
    weight: fc.integer({ min: 1, max: 8 }),
    zone: fc.constantFrom("a", "b", "c")
  }),
  { minLength: 1, maxLength: 12, selector: ({ runnerId }) => runnerId }
)
const shardCount = fc.integer({ min: 1, max: 300 })
const someRunner = fc.integer({ min: 0, max: 30 }).map((n) => RunnerId(`r${n}`))
const assignment = fc
  .array(fc.tuple(fc.nat(299).map(ShardId), someRunner), { maxLength: 300 })
  .map((entries): Assignment => new Map(entries))
const costs = fc
  .array(
    fc.tuple(fc.nat(299).map(ShardId), fc.oneof(fc.nat(50), fc.double({ min: 0, max: 1e6, noNaN: true }))),
    {
      maxLength: 300
    }
  )
  .map((entries): ReadonlyMap<ShardId, number> => new Map(entries))
const placement: fc.Arbitrary<Placement> = fc.record({
  shardCount,
  runners,
  current: assignment,
  pins: assignment.map((pins) => new Map([...pins].slice(0, 20))),
  costs: fc.option(costs),
  evens: fc.boolean()
})

describe("placing shards", () => {
  it("places every shard at a runner that is there, and nothing else", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const placed = place(given)
        assert.strictEqual(placed.size, given.shardCount)
        const known = new Set(given.runners.map(({ runnerId }) => runnerId))
        for (const [shardId, runnerId] of placed) {
          assert.isBelow(shardId, given.shardCount)
          assert.isTrue(known.has(runnerId))
        }
      })
    )
  })

  it("changes nothing when it is asked again about what it answered", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const placed = place(given)
        assert.deepStrictEqual(moved(placed, place({ ...given, current: placed })), [])
      }),
      { numRuns: 500 }
    )
  })

  it("does not depend on the order in which it hears of things", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const turned = place({
          ...given,
          runners: [...given.runners].reverse(),
          current: new Map([...given.current].reverse()),
          costs: given.costs && new Map([...given.costs].reverse())
        })
        assert.deepStrictEqual(moved(place(given), turned), [])
      })
    )
  })

  it("keeps a pinned shard where it is pinned, while that runner is there", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const placed = place(given)
        const known = new Set(given.runners.map(({ runnerId }) => runnerId))
        for (const [shardId, runnerId] of given.pins)
          if (shardId < given.shardCount && known.has(runnerId))
            assert.strictEqual(placed.get(shardId), runnerId)
      })
    )
  })

  it("leaves nobody further from their share than the tolerance or one shard", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const { weights, loads, largest, mean } = spread({ ...given, pins: nothing, evens: true })
        const slack = Math.max(0.1 * mean, largest / Math.min(...weights.values())) + 0.01 * mean
        for (const [runnerId, weight] of weights)
          assert.closeTo((loads.get(runnerId) ?? 0) / weight, mean, slack)
      }),
      { numRuns: 500 }
    )
  })

  it("weighs shards by what they cost: a hot one is alone, the others share the idle ones", () => {
    const measured = new Map([[ShardId(7), 900]])
    const placed = place({ ...fresh(100, runnersOf(3)), costs: measured })
    const hot = placed.get(ShardId(7))
    assert.strictEqual(
      countOf(placed, (runnerId) => runnerId === hot),
      1
    )
    const others = runnersOf(3).filter(({ runnerId }) => runnerId !== hot)
    for (const { runnerId } of others)
      assert.closeTo(
        countOf(placed, (r) => r === runnerId),
        49.5,
        0.5
      )
  })

  it("takes the neighbours of a shard that became hot away from it, not the hot one", () => {
    const before = place(fresh(30, runnersOf(3)))
    const after = place({
      ...fresh(30, runnersOf(3)),
      current: before,
      evens: true,
      costs: new Map([...before.keys()].map((shardId) => [shardId, shardId === 0 ? 20 : 1]))
    })
    assert.strictEqual(after.get(ShardId(0)), before.get(ShardId(0)))
    assert.isTrue(moved(before, after).every((shardId) => before.get(shardId) === before.get(ShardId(0))))
    assert.isNotEmpty(moved(before, after))
  })

  it("moves nothing to a runner that has shards unless it is to even them out", () => {
    fc.assert(
      fc.property(placement, (given) => {
        const lives = new Set(given.runners.map(({ runnerId }) => runnerId))
        const isKept = (owner: RunnerId | undefined): owner is RunnerId =>
          owner !== undefined && lives.has(owner)
        const kept = [...given.current].filter(
          ([shardId, owner]) => shardId < given.shardCount && isKept(owner)
        )
        const busy = new Set(kept.map(([, owner]) => owner))
        const placed = place({ ...given, pins: nothing, evens: false })
        for (const [shardId, owner] of kept)
          if (placed.get(shardId) !== owner) assert.isFalse(busy.has(placed.get(shardId) ?? owner))
      })
    )
  })

  it("moves no more than its share to a runner that joins, and only to it", () => {
    fc.assert(
      fc.property(shardCount, fc.integer({ min: 1, max: 20 }), (count, members) => {
        const before = place(fresh(count, runnersOf(members)))
        const joined = runnersOf(members + 1)
        const after = place({ ...fresh(count, joined), current: before })
        const newcomer = joined.at(-1)?.runnerId
        const shards = moved(before, after)
        assert.isTrue(shards.every((shardId) => after.get(shardId) === newcomer))
        assert.isAtMost(shards.length, Math.ceil(count / (members + 1)))
        assert.isAtLeast(shards.length, Math.floor((0.9 * count) / (members + 1)))
      })
    )
  })

  it("moves only the leaver's shards when a runner leaves", () => {
    fc.assert(
      fc.property(shardCount, runners, fc.nat(), (count, members, pick) => {
        const before = place(fresh(count, members))
        const leaver = members[pick % members.length]?.runnerId
        const after = place({
          ...fresh(
            count,
            members.filter(({ runnerId }) => runnerId !== leaver)
          ),
          current: before
        })
        assert.isTrue(moved(before, after).every((shardId) => before.get(shardId) === leaver))
      }),
      { numRuns: 500 }
    )
  })

  it("spreads what a lost zone had evenly over the zones that are left", () => {
    const all = runnersOf(9, 3)
    const before = place(fresh(256, all))
    const left = all.filter(({ zone }) => zone !== "z0")
    const after = place({ ...fresh(256, left), current: before })
    const ofZone = (zone: string) => (runnerId: RunnerId) =>
      left.some((member) => member.zone === zone && member.runnerId === runnerId)
    assert.closeTo(countOf(after, ofZone("z1")), 128, 1)
    assert.closeTo(countOf(after, ofZone("z2")), 128, 1)
  })

  it("takes nobody's last shard away, however hot it is: whoever has none would have to be given some", () => {
    const given = {
      ...fresh(107, [runner("large", 2), runner("small")]),
      current: new Map([[ShardId(106), RunnerId("small")]]),
      costs: new Map([[ShardId(106), 1]])
    }
    const placed = place(given)
    assert.strictEqual(placed.get(ShardId(106)), "small")
    assert.deepStrictEqual(moved(placed, place({ ...given, current: placed })), [])
  })

  it("places nothing where nobody is there", () => {
    assert.strictEqual(place(fresh(10, [])).size, 0)
  })
})

/** Loads as `place` counts them: an idle shard costs a tenth of the average. */
const spread = (given: Placement) => {
  const sum = [...(given.costs ?? [])].reduce(
    (all, [id, cost]) => all + (id < given.shardCount ? cost : 0),
    0
  )
  const costOf = (shardId: ShardId) =>
    given.costs === null || sum === 0 ? 1 : ((given.costs.get(shardId) ?? 0) / sum) * given.shardCount + 0.1
  const loads = new Map<RunnerId, number>()
  let total = 0
  let largest = 0
  for (const [shardId, runnerId] of place(given)) {
    const cost = costOf(shardId)
    total += cost
    largest = Math.max(largest, cost)
    loads.set(runnerId, (loads.get(runnerId) ?? 0) + cost)
  }
  const weights = new Map(given.runners.map(({ runnerId, weight }) => [runnerId, weight]))
  return { weights, loads, largest, mean: total / given.runners.reduce((all, { weight }) => all + weight, 0) }
}
