import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { Effect, Fiber, Option, type Scope } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import { ask, folderIds, type Handset, readyAt, statusOf, syncAll } from "./activesync/handset.ts"
import type { Fleet } from "./fleet.ts"
import { letter } from "./offers.ts"

const { inbox } = folderIds

/** Until there is news in the Inbox. */
export const ping = (handset: Handset, seconds: number) =>
  ask(
    handset,
    "Ping",
    element(
      "Ping:Ping",
      element("Ping:HeartbeatInterval", seconds),
      element(
        "Ping:Folders",
        element("Ping:Folder", element("Ping:Id", inbox), element("Ping:Class", "Email"))
      )
    )
  )

/** Phones that wait for mail, a Ping each. */
export interface Sleepers {
  readonly count: number
  /** How many were answered. */
  readonly disturbed: Effect.Effect<number>
  /** Mail comes, and wakes them all. */
  readonly wake: Effect.Effect<void>
}

const anHour = 3540

/** One at each door for each address; parked when this returns. */
export const sleepers = (
  { platform, doors }: Fleet,
  addresses: ReadonlyArray<string>
): Effect.Effect<Sleepers, never, Scope.Scope> =>
  Effect.gen(function* () {
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
    const waiting = yield* Effect.forEach(all, (handset) => Effect.forkScoped(ping(handset, anHour)))
    const parked = Effect.forEach(doors, ({ metric }) => metric("activesync_parked_requests"))
    yield* Effect.repeat(parked, { until: (counts) => counts.every((count) => count === addresses.length) })
    return {
      count: all.length,
      disturbed: Effect.map(
        Effect.forEach(waiting, Fiber.poll),
        (polled) => polled.filter(Option.isSome).length
      ),
      wake: Effect.gen(function* () {
        const counts = yield* parked
        deepStrictEqual(
          [...counts],
          doors.map(() => addresses.length),
          "a Ping was disturbed"
        )
        const smtp = yield* platform.smtp
        const bytes = letter({ messageId: "wake@elsewhere.test", from: "a@b.test", sizeBytes: 400 })
        strictEqual((yield* smtp.deliver({ to: addresses, bytes })).slice(0, 3), "250")
        for (const fiber of waiting) strictEqual(statusOf(yield* Fiber.join(fiber)), "2")
      }).pipe(Effect.scoped)
    }
  })
