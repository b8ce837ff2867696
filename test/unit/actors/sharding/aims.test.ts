import { assert, describe, it } from "@effect/vitest"
import { aimsOf, type Knowledge } from "../../../../src/actors/sharding/aims.ts"
import { RunnerId, ShardId } from "../../../../src/domain/ids.ts"
import type { KnownRunner, ShardEntry, ShardMapView } from "../../../../src/storage/cluster/ShardMap.ts"
import { owned, runner } from "../../../support/shardMap.ts"

const shardCount = 4
const all = { has: () => true }
const knowledge: Knowledge = { shardCount, leaseMillis: 4_000, everOwned: all }

const known = (name: string, more: Partial<KnownRunner> = {}): KnownRunner => ({
  ...runner(name),
  leaseMillis: 4_000,
  isDraining: false,
  ...more
})

const viewOf = (
  runners: ReadonlyArray<KnownRunner>,
  entries: ReadonlyArray<ShardEntry>,
  ageMillis: number
): ShardMapView => ({
  version: 1,
  ageMillis,
  runners: new Map(runners.map((one) => [one.runnerId, one])),
  shards: new Map(entries.map((entry, n) => [ShardId(n), entry])),
  pins: new Map()
})

const targets = (view: ShardMapView, more: Partial<Knowledge> = {}) =>
  aimsOf(view, { ...knowledge, ...more }).map(({ shardId, next }) => [Number(shardId), next.target])

describe("what a coordinator aims", () => {
  const c = RunnerId("c")

  it("gives nobody a shard that somebody owned, while the map is too young to know by whom", () => {
    assert.deepStrictEqual(targets(viewOf([known("c")], [], 100)), [])
    assert.lengthOf(targets(viewOf([known("c")], [], 4_000)), shardCount)
  })

  it("nor where the map was out of reach, and leases ended for that alone", () => {
    const away = ["a", "b"].map((name) => known(name, { leaseMillis: 0 }))
    const entries = [owned("a", 1), owned("a", 1), owned("b", 1), owned("b", 1)]
    assert.deepStrictEqual(targets(viewOf([...away, known("c")], entries, 100)), [])
    const pinned = { ...viewOf([...away, known("c")], entries, 100), pins: new Map([[ShardId(0), c]]) }
    assert.deepStrictEqual(targets(pinned), [])
  })

  it("gives away at once what nobody ever owned, and what a newcomer is due of the living", () => {
    assert.lengthOf(targets(viewOf([known("c")], [], 100), { everOwned: new Set() }), shardCount)
    const entries = [owned("a", 1), owned("a", 1), owned("a", 1), owned("a", 1)]
    const given = targets(viewOf([known("a"), known("c")], entries, 100))
    assert.lengthOf(given, 2)
    assert.isTrue(given.every(([, target]) => target === c))
  })
})
