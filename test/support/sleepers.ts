import { ok, strictEqual } from "node:assert/strict"
import { Duration, Effect, Fiber, Option, type Scope } from "effect"
import {
  ask,
  catchUp,
  folderIds,
  type Handset,
  keyOf,
  readyAt,
  statusOf,
  subjectsOf,
  syncAll
} from "./activesync/handset.ts"
import { pingDocument } from "./activesync/talk.ts"
import { awaited } from "./awaited.ts"
import type { Fleet } from "./fleet.ts"
import { letter, newOffer, type Offer, offerOver } from "./offers.ts"
import { newPeople } from "./probe.ts"

const { inbox } = folderIds

/** Until there is news in the Inbox. */
export const ping = (handset: Handset, seconds: number) => ask(handset, "Ping", pingDocument(inbox, seconds))

/** Phones that wait for mail, a Ping each. */
export interface Sleepers {
  readonly addresses: ReadonlyArray<string>
  readonly count: number
  /**
   * Asserts that none was answered since it was parked; then mail comes, wakes them all, and their next Sync with the key
   * that they have gives it. Parked again when it returns. Gives the mail.
   */
  readonly wake: Effect.Effect<ReadonlyArray<Offer>>
}

const anHour = 3540

/** The mail that wakes them comes after all that waits to be delivered. */
const patience = Duration.seconds(100)

/** One at each door for each of so many new people; parked when this returns. */
export const sleepers = (
  { platform, doors }: Pick<Fleet, "platform" | "doors">,
  people: number
): Effect.Effect<Sleepers, never, Scope.Scope> =>
  Effect.gen(function* () {
    const addresses = (yield* newPeople(platform, "asleep", people)).map(({ address }) => address)
    const handsets = yield* Effect.forEach(doors, ({ name, httpPort }) =>
      Effect.forEach(addresses, (address, n) =>
        readyAt(
          { at: { ...platform.at, http: httpPort } },
          { address, deviceId: `${name.replace("-", "")}N${n}` }
        )
      )
    )
    const all = handsets.flat()
    yield* Effect.forEach(all, (handset) => syncAll(handset, inbox), { concurrency: 4 })
    const parked = Effect.forEach(doors, ({ metric }) => metric("activesync_parked_requests"))
    const areParked = (counts: ReadonlyArray<number>) => counts.every((count) => count === people)
    const scope = yield* Effect.scope
    const park = Effect.gen(function* () {
      const pings = yield* Effect.forEach(all, (handset) => Effect.forkIn(ping(handset, anHour), scope))
      yield* awaited("all Pings to be parked", Effect.repeat(parked, { until: areParked }), parked)
      return pings
    })
    let pings = yield* park
    const inFlight = Effect.map(platform.ledger, (ledger) => `${ledger.inFlight} in flight`)
    let nights = 0
    const wake = Effect.gen(function* () {
      const answered = (yield* Effect.forEach(pings, Fiber.poll)).filter(Option.isSome)
      strictEqual(answered.length, 0, "a Ping was disturbed")
      const keys = all.map((handset) => keyOf(handset, inbox))
      const offers = yield* callAll(`morning${++nights}@elsewhere.test`)
      yield* Effect.forEach(pings, (fiber) =>
        Effect.map(awaited("a Ping to be answered", Fiber.join(fiber), inFlight, patience), (answer) =>
          strictEqual(statusOf(answer), "2")
        )
      )
      for (const [n, handset] of all.entries()) {
        strictEqual(keyOf(handset, inbox), keys[n])
        yield* catchUp(handset, inbox)
        ok(subjectsOf(handset, inbox).includes(`Letter morning${nights}`), "woken for nothing")
      }
      pings = yield* park
      return offers
    })
    const callAll = (messageId: string) =>
      Effect.gen(function* () {
        const smtp = yield* platform.smtp
        const offers: Array<Offer> = []
        const bytes = letter({ messageId, from: "a@b.test", sizeBytes: 400 })
        const offerOnce = Effect.suspend(() => {
          const offer = newOffer({ messageId, recipients: addresses, bytes })
          offers.push(offer)
          return offerOver(smtp, offer)
        })
        yield* Effect.repeat(offerOnce, { until: (code) => code === "250" })
        return offers
      }).pipe(Effect.scoped)
    return { addresses, count: all.length, wake }
  })
