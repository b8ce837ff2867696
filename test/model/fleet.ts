import { Effect, Random, Schedule, type Scope } from "effect"
import { patientPhone } from "../support/activesync/patientPhone.ts"
import { letter } from "../support/activesync/seedMail.ts"
import { type Fleet, fleetUnderTest, untilWhole } from "../support/fleet.ts"
import { connectTo, newOffer, offerOver } from "../support/offers.ts"
import { persist } from "../support/persist.ts"
import { makeRoads } from "../support/roads.ts"
import { act } from "./acts.ts"
import { type ModelPhone, modelPhone } from "./ModelPhone.ts"
import { type Others, othersAt } from "./Others.ts"
import { assertQuiet } from "./phones.ts"
import { startTroubles } from "./troubles.ts"

const people = ["alice@demo.test", "bob@demo.test", "carol@demo.test"]

/**
 * The same at a fleet: three phones each of three mailboxes, every request at another door, while what runs the mailboxes is
 * stopped, killed, frozen, cut off and moved. Who is not answered asks again; nothing else is forgiven.
 */
export const runFleetModel = ({
  seed,
  operations
}: {
  readonly seed: number
  /** In each mailbox. */
  readonly operations: number
}): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const roads = makeRoads()
    const fleet = yield* fleetUnderTest({ runners: 3, doors: 2, particular: roads.particular })
    yield* untilWhole(fleet)
    const households = yield* Effect.forEach(people, (address) => household(fleet, address))
    const troubles = yield* Effect.withRandom(
      startTroubles(fleet, roads, people),
      Random.make(`troubles ${seed}`)
    )
    yield* Effect.forEach(
      households,
      (house, n) =>
        Effect.withRandom(play(house, { name: `${seed}.${n}`, operations }), Random.make(`${seed}.${n}`)),
      { concurrency: "unbounded" }
    )
    yield* troubles.end
    yield* untilWhole(fleet)
    for (const { phones } of households) yield* assertQuiet(fleet.platform, phones)
    const asked = households.flatMap(({ phones }) => phones.map(({ unanswered }) => unanswered()))
    yield* Effect.logInfo("the phones agree").pipe(
      Effect.annotateLogs({
        ...Object.fromEntries(troubles.counts),
        operations: operations * people.length,
        unanswered: asked.reduce((sum, count) => sum + count, 0)
      })
    )
  })

interface Household {
  readonly others: Others
  readonly phones: readonly [ModelPhone, ...Array<ModelPhone>]
}

const household = (fleet: Fleet, address: string): Effect.Effect<Household, never, Scope.Scope> =>
  Effect.gen(function* () {
    const newPhone = (name: string) =>
      Effect.flatMap(patientPhone(fleet.doors, { address, deviceId: `MODEL${name}` }), (phone) =>
        modelPhone(phone)
      )
    const others = yield* othersAt(fleet.platform, address, persist)
    const phones = [yield* newPhone("ONE"), yield* newPhone("TWO"), yield* newPhone("THREE")] as const
    return { others: alsoByMail(fleet, others, address), phones }
  })

/** Half of the mail comes as mail does. */
const alsoByMail = (fleet: Fleet, others: Others, address: string): Others => ({
  ...others,
  deliver: (name) =>
    Effect.flatMap(Random.nextBoolean, (isMailed) =>
      isMailed ? mailed(fleet, address, name) : others.deliver(name)
    )
})

/** Offered until it is accepted: it may come twice. */
const mailed = ({ platform }: Fleet, address: string, name: string) =>
  Effect.flatMap(connectTo(platform), (dialogue) =>
    dialogue._tag === "None"
      ? Effect.succeed("")
      : offerOver(
          dialogue.value,
          newOffer({ messageId: name, recipients: [address], bytes: letter(`letter ${name}`) })
        )
  ).pipe(
    Effect.scoped,
    Effect.repeat({ schedule: Schedule.spaced("250 millis"), until: (code) => code === "250" }),
    Effect.asVoid
  )

const play = (
  { others, phones }: Household,
  { name, operations }: { readonly name: string; readonly operations: number }
) =>
  Effect.gen(function* () {
    for (let n = 0; n < operations; n++) {
      yield* act(others, phones, `${name}.${n}`)
      yield* Effect.flatMap(Random.nextIntBetween(0, 200), Effect.sleep)
    }
  })
