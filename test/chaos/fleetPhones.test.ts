import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import {
  catchUp,
  folderIds,
  keyOf,
  readyAt,
  statusOf,
  subjectsOf,
  syncAll
} from "../support/activesync/handset.ts"
import { fairShare, fleetUnderTest, shardCount } from "../support/fleet.ts"
import { letter } from "../support/offers.ts"
import { ping } from "../support/sleepers.ts"
import { hasValkey } from "../support/valkey.ts"

const { inbox } = folderIds
const people = ["alice@demo.test", "bob@demo.test", "carol@demo.test"]

describe.skipIf(!hasValkey)("phones of a fleet", () => {
  it.scopedLive(
    "sleep through moves and failures of their mailboxes' owners, are woken by the next mail, and begin nothing anew",
    () =>
      Effect.gen(function* () {
        const { platform, doors, runners } = yield* fleetUnderTest({
          runners: 2,
          doors: 2,
          settings: { POSTROOM_ACTIVESYNC_MIN_HEARTBEAT: "1 second" }
        })
        const [one, two] = runners
        ok(one !== undefined && two !== undefined)
        const phones = yield* Effect.forEach(doors, ({ name, httpPort }) =>
          Effect.forEach(people, (address) =>
            readyAt(
              { at: { ...platform.at, http: httpPort } },
              { address, deviceId: `PHONE${name.slice(-1)}${address.slice(0, 3).toUpperCase()}` }
            )
          )
        )
        const all = phones.flat()
        for (const phone of all) yield* syncAll(phone, inbox)
        const parkedAt = Effect.forEach(doors, ({ metric }) => metric("activesync_parked_requests"))

        const faults = {
          stopped: Effect.zipRight(one.kill("SIGTERM"), two.untilOwns(shardCount)),
          back: Effect.zipRight(one.start, one.untilOwns(fairShare(2))),
          killed: Effect.zipRight(two.kill("SIGKILL"), one.untilOwns(shardCount))
        }
        for (const [subject, fault] of Object.entries(faults)) {
          const keys = all.map((phone) => keyOf(phone, inbox))
          const waiting = yield* Effect.forEach(all, (phone) => Effect.fork(ping(phone, 300)))
          yield* Effect.repeat(parkedAt, {
            until: (counts) => counts.every((count) => count === people.length)
          })
          yield* fault
          deepStrictEqual(
            (yield* parkedAt).map((count) => count),
            doors.map(() => people.length),
            `${subject}: a Ping was disturbed`
          )
          const smtp = yield* platform.smtp
          const bytes = letter({ messageId: `${subject}@test`, from: "a@b.test", sizeBytes: 400 })
          ok((yield* smtp.deliver({ to: people, bytes })).startsWith("250"))
          for (const fiber of waiting) strictEqual(statusOf(yield* Fiber.join(fiber)), "2", subject)
          for (const [n, phone] of all.entries()) {
            strictEqual(keyOf(phone, inbox), keys[n])
            yield* catchUp(phone, inbox)
            ok(subjectsOf(phone, inbox).includes(`Letter ${subject}`), subject)
          }
        }
      }),
    240_000
  )
})
