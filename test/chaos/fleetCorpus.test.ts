import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import {
  catchUp,
  folderIds,
  readyAt,
  serverIdsOf,
  subjectsOf,
  syncAll
} from "../support/activesync/handset.ts"
import { awaited } from "../support/awaited.ts"
import { corpusMail, hasCorpusMail } from "../support/corpusMail.ts"
import { addUsers, offerAll } from "../support/corpusRun.ts"
import { npmFleet } from "../support/npmFleet.ts"
import { inboxOf, rawOf, withoutTrace } from "../support/readBack.ts"
import { chaosRounds } from "../support/rounds.ts"
import { assertSettled } from "../support/settled.ts"
import { hasValkey } from "../support/valkey.ts"

const { inbox } = folderIds

/** Of the corpus; all of it in a long run. */
const every = chaosRounds > 0 ? 1 : 50

describe.skipIf(!hasValkey || !hasCorpusMail)("`npm run fleet` (needs ../shared/corpus)", () => {
  it.scopedLive(
    "delivers the corpus byte for byte, and phones at either edge hold the same mail",
    () =>
      Effect.gen(function* () {
        const { platform, edges } = yield* npmFleet
        strictEqual(edges.length, 2)
        const users = Array.from({ length: 4 }, (_, n) => `fleet${n}@demo.test`)
        yield* addUsers(platform, users)
        const mails = corpusMail().filter((_, n) => n % every === 0)
        const offered = yield* offerAll(platform, "smtp", { mails, users })
        const accepted = new Map(
          offered.filter(({ correlationId }) => correlationId !== "").map((one) => [one.correlationId, one])
        )
        ok(accepted.size > 0.9 * mails.length, `only ${accepted.size} of ${mails.length} were accepted`)
        const inFlight = Effect.map(platform.ledger, (ledger) => Number(ledger.inFlight))
        yield* awaited(
          "all mail to be delivered",
          Effect.repeat(inFlight, { schedule: Schedule.spaced("100 millis"), until: (count) => count === 0 }),
          inFlight
        )
        for (const address of users) {
          const rpc = yield* platform.client(address)
          const messages = yield* inboxOf(rpc)
          for (const { id } of messages) {
            const { correlationId, bytes } = withoutTrace(yield* rawOf(rpc, id))
            const sent = accepted.get(correlationId)
            ok(sent !== undefined && bytes.equals(sent.mail.bytes), `${sent?.mail.file} came back otherwise`)
            accepted.delete(correlationId)
          }
          const phones = yield* Effect.forEach(edges, (at, n) =>
            readyAt({ at }, { address, deviceId: `EDGE${n}` })
          )
          for (const phone of phones) {
            yield* syncAll(phone, inbox)
            deepStrictEqual(subjectsOf(phone, inbox).length, messages.length)
          }
          const [one, other] = phones
          ok(one !== undefined && other !== undefined)
          deepStrictEqual([...serverIdsOf(one, inbox)].sort(), [...serverIdsOf(other, inbox)].sort())
          deepStrictEqual(subjectsOf(one, inbox), subjectsOf(other, inbox))
          yield* catchUp(one, inbox)
        }
        deepStrictEqual([...accepted.keys()], [], "accepted and not there")
        yield* assertSettled(platform)
      }),
    180_000 + chaosRounds * 300_000
  )
})
