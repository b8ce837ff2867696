import { ok } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect, Random, Schedule } from "effect"
import { anyOf, type Fleet, fleetUnderTest, type Operator, untilWhole } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { persist } from "../../support/persist.ts"
import { type Commit, newPeople, type Probe, probe } from "../../support/probe.ts"
import { chaosRounds } from "../../support/rounds.ts"
import type { Traffic } from "../../support/traffic.ts"
import { hasValkey } from "../../support/valkey.ts"

/** Ten rounds make the thousand moves and twenty kills of docs/reliability.md. */
const moves = 16 + 100 * chaosRounds
const kills = 1 + 2 * chaosRounds
const chapters = 1 + Math.floor(chaosRounds / 5)
/** Shards moved at once; half of them have a probe. */
const atOnce = 4
const probes = 8

/** Nothing of what is measured is a queue for the processors. */
const pace = { pause: "100 millis", maxOffers: 20_000 } as const

interface Seen {
  readonly pauses: Array<number>
  readonly commits: Array<number>
  readonly writable: Array<number>
}

describe.skipIf(!hasValkey)("moves and failures while mail flows", () => {
  it.scopedLive(
    "cost the clients of a mailbox moments, wake nobody who waits, and lose and double nothing",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({ runners: 3, doors: 2 })
        yield* untilWhole(fleet)
        const people = yield* newPeople(fleet.platform, "probed", probes)
        const probed = yield* Effect.forEach(people, (one) => probe(fleet.platform, one))
        const seen: Seen = { pauses: [], commits: [], writable: [] }
        const before = yield* acquired(fleet)
        const { through } = yield* fleetStory(fleet, pace)
        for (let chapter = 0; chapter < chapters; chapter++) {
          yield* through(
            "shards moved",
            (traffic) => moveMany({ fleet, probed, seen, traffic }, Math.ceil(moves / chapters)),
            Math.ceil(moves / chapters)
          )
        }
        const moved = (yield* acquired(fleet)) - before
        ok(moved >= moves, `only ${moved} moves`)
        for (let chapter = 0; chapter < chapters; chapter++) {
          yield* through(
            "owners killed",
            (traffic) => killMany({ fleet, probed, seen, traffic }, Math.ceil(kills / chapters)),
            Math.ceil(kills / chapters)
          )
        }
        yield* Effect.logInfo("moves and failures").pipe(
          Effect.annotateLogs({
            moved,
            pause: shown(seen.pauses),
            commit: shown(seen.commits),
            writable: shown(seen.writable)
          })
        )
      }).pipe(Effect.withRandom(Random.make("moves"))),
    600_000 + chaosRounds * 120_000
  )
})

interface Scene {
  readonly fleet: Fleet
  readonly probed: ReadonlyArray<Probe>
  readonly seen: Seen
  readonly traffic: Traffic
}

const moveMany = ({ fleet, probed, seen, traffic }: Scene, count: number) =>
  Effect.gen(function* () {
    const operator = yield* fleet.platform.operator
    yield* traffic.more(20)
    for (let done = 0; done < count; ) {
      const { name: to } = yield* anyOf(fleet.runners)
      const shards = yield* owners(operator)
      const elsewhere = yield* Random.shuffle(probed.filter(({ shardId }) => shards.get(shardId) !== to))
      const watched = [...elsewhere].slice(0, atOnce / 2)
      const others = yield* Random.shuffle([...shards].flatMap(([id, owner]) => (owner === to ? [] : [id])))
      const shardIds = [...new Set([...watched.map(({ shardId }) => shardId), ...others])].slice(0, atOnce)
      const moving = yield* Effect.makeLatch(false)
      const commits = yield* Effect.forEach(watched, (one) => one.during(moving.await), {
        concurrency: "unbounded"
      }).pipe(
        Effect.zipLeft(Effect.zipRight(moveTo(operator, shardIds, to), moving.open), { concurrent: true })
      )
      seen.pauses.push(...commits.map(longest))
      seen.commits.push(...commits.flat().map(tookOf))
      done += shardIds.length
    }
  }).pipe(Effect.scoped)

const killMany = ({ fleet, probed, seen, traffic }: Scene, count: number) =>
  Effect.gen(function* () {
    const operator = yield* fleet.platform.operator
    for (let done = 0; done < count; done++) {
      yield* traffic.more(20)
      const shards = yield* owners(operator)
      const victims = fleet.runners.filter(({ name }) =>
        probed.some(({ shardId }) => shards.get(shardId) === name)
      )
      const victim = yield* anyOf(victims)
      const theirs = probed.filter(({ shardId }) => shards.get(shardId) === victim.name)
      yield* victim.kill("SIGKILL")
      const killedAt = performance.now()
      const writableAt = yield* Effect.forEach(theirs, ({ writable }) => writable, {
        concurrency: "unbounded"
      })
      seen.writable.push(...writableAt.map((at) => at - killedAt))
      yield* victim.start
      yield* untilWhole(fleet)
    }
  }).pipe(Effect.scoped)

/** As `postroom shard move` does; waits until it is done. */
const moveTo = ({ cluster, call }: Operator, shardIds: ReadonlyArray<number>, to: string) =>
  Effect.gen(function* () {
    yield* persist(
      call((signal) => cluster.moveShards({ shardIds: [...shardIds], toRunnerId: to }, { signal }))
    )
    yield* Effect.repeat(persist(call((signal) => cluster.listShards({ remarkable: true }, { signal }))), {
      schedule: Schedule.spaced("20 millis"),
      until: ({ shards }) =>
        !shards.some(({ shardId, target }) => target !== "" && shardIds.includes(shardId))
    })
  }).pipe(Effect.orDie)

const owners = ({ cluster, call }: Operator) =>
  Effect.map(
    Effect.orDie(persist(call((signal) => cluster.listShards({}, { signal })))),
    ({ shards }) => new Map(shards.map(({ shardId, owner }) => [shardId, owner]))
  )

/** How often a shard was acquired, all in all. */
const acquired = ({ platform }: Fleet) =>
  Effect.map(
    platform.query<{ readonly times: number }>("SELECT sum(epoch)::int AS times FROM cluster.shards"),
    ([row]) => row?.times ?? 0
  )

const tookOf = ({ askedAt, answeredAt }: Commit) => answeredAt - askedAt
const longest = (commits: ReadonlyArray<Commit>) => Math.max(...commits.map(tookOf))

const shown = (millis: ReadonlyArray<number>) => {
  const sorted = millis.toSorted((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN)
  return `${at(0.5)} / ${at(0.99)} / ${at(1)} ms of ${sorted.length}`
}
