import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Array as Arrays, Effect, Random, Schedule } from "effect"
import { catchUp, emptyPhone } from "../../model/ModelPhone.ts"
import { folderIds, subjectsOf } from "../../support/activesync/handset.ts"
import { patientPhone } from "../../support/activesync/patientPhone.ts"
import {
  anyOf,
  type Fleet,
  fleetUnderTest,
  type Operator,
  shardCount,
  untilWhole
} from "../../support/fleet.ts"
import { untilDrained } from "../../support/invariants.ts"
import { letter } from "../../support/offers.ts"
import { newPeople } from "../../support/probe.ts"
import { chaosRounds } from "../../support/rounds.ts"
import { hasValkey } from "../../support/valkey.ts"

const phones = 20
const messages = 200
/** So that one initial sync takes fifty answers. */
const window = 4
const arrivals = 1 + 2 * chaosRounds
/** Shards that are brought out of balance at once. */
const atOnce = 24

describe.skipIf(!hasValkey)("a rebalance storm", () => {
  it.scopedLive(
    "leaves every phone that syncs for the first time meanwhile with exactly what its mailbox holds",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({ runners: 3, doors: 2 })
        yield* untilWhole(fleet)
        const people = yield* newPeople(fleet.platform, "new", phones)
        const addresses = people.map(({ address }) => address)
        yield* fill(fleet, addresses)
        let isOver = false
        let synced = 0
        let unanswered = 0
        const syncAnew = (address: string, n: number) =>
          Effect.gen(function* () {
            const patient = yield* patientPhone(fleet.doors, { address, deviceId: `P${n}` })
            const phone = yield* emptyPhone(patient)
            yield* catchUp(phone, folderIds.inbox, window)
            deepStrictEqual(subjectsOf(phone.handset, folderIds.inbox), subjects)
            synced += 1
            unanswered += patient.unanswered()
          }).pipe(Effect.scoped)
        const syncing = Effect.forEach(
          addresses,
          (address) => {
            let count = 0
            const next = Effect.suspend(() => syncAnew(address, ++count))
            return Effect.zipRight(next, Effect.repeat(next, { until: () => isOver }))
          },
          { concurrency: "unbounded", discard: true }
        )
        const over = Effect.sync(() => {
          isOver = true
        })
        const [moved] = yield* Effect.all([Effect.zipLeft(storm(fleet), over), syncing], {
          concurrency: "unbounded"
        })
        yield* Effect.logInfo("a rebalance storm").pipe(
          Effect.annotateLogs({ arrivals, moved, synced, unanswered, resyncs: 0 })
        )
      }),
    600_000 + chaosRounds * 60_000
  )
})

const subjects = Array.from({ length: messages }, (_, n) => `Letter ${n}`).sort()

const fill = ({ platform }: Fleet, to: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const smtp = yield* platform.smtp
    for (let n = 0; n < messages; n++) {
      const bytes = letter({ messageId: `${n}@elsewhere.test`, from: "a@b.test", sizeBytes: 400 })
      strictEqual((yield* smtp.deliver({ to, bytes })).slice(0, 3), "250")
    }
    yield* untilDrained(platform)
  }).pipe(Effect.scoped)

/** One runner after the other leaves and comes back, while shards are moved away and evened out. Gives the moves of rebalances. */
const storm = (fleet: Fleet): Effect.Effect<number> =>
  Effect.gen(function* () {
    const operator = yield* fleet.platform.operator
    let moved = 0
    const unevenAndEven = Effect.gen(function* () {
      yield* crowd(operator, (yield* anyOf(fleet.runners)).name)
      moved += yield* rebalance(operator)
    })
    // Another one runs, or a runner is missing.
    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(unevenAndEven), "100 millis")))
    for (let n = 0; n < arrivals; n++) {
      const guest = yield* anyOf(fleet.runners)
      yield* guest.kill("SIGTERM")
      yield* guest.start
      yield* untilWhole(fleet)
    }
    return moved
  }).pipe(Effect.scoped)

const crowd = ({ cluster, call }: Operator, toRunnerId: string) =>
  Effect.gen(function* () {
    const shardIds = yield* Random.shuffle(Arrays.makeBy(shardCount, (n) => n))
    yield* call((signal) =>
      cluster.moveShards({ shardIds: [...shardIds].slice(0, atOnce), toRunnerId }, { signal })
    )
  })

/** Moves that were made. */
const rebalance = ({ cluster, call }: Operator) =>
  Effect.gen(function* () {
    const planned = yield* call((signal) => cluster.planRebalance({ byCount: true }, { signal }))
    const id = planned.rebalance?.id ?? ""
    yield* call((signal) => cluster.runRebalance({ id }, { signal }))
    const look = Effect.map(
      call((signal) => cluster.getRebalance({ id }, { signal })),
      ({ rebalance: now }) => now
    )
    const isOver = (now: Effect.Effect.Success<typeof look>) => now?.endedAt !== undefined
    yield* Effect.repeat(look, { schedule: Schedule.spaced("200 millis"), until: isOver })
    return (yield* look)?.ended ?? 0
  })
