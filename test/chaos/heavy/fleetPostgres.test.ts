import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fleetUnderTest, untilFair } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { chaosRounds } from "../../support/rounds.ts"
import type { Traffic } from "../../support/traffic.ts"
import { hasValkey } from "../../support/valkey.ts"

/** Of each fault in one chapter. */
const times = 3

describe.skipIf(!hasValkey)("a fleet whose Postgres goes away", () => {
  it.scopedLive(
    "loses nothing and doubles nothing, and nobody loses a mailbox for it",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({ runners: 2, doors: 1 })
        yield* untilFair(fleet)
        const { through } = yield* fleetStory(fleet)
        const faults: Readonly<Record<string, (traffic: Traffic) => Effect.Effect<void>>> = {
          "Postgres killed with SIGKILL under a fleet": () => fleet.postgres.crash,
          "Postgres stopped and started under a fleet": ({ more }) =>
            // Every connection has had an answer since the stop.
            fleet.postgres.whileDown(more(12, "deferred"))
        }
        for (let round = 0; round <= chaosRounds; round++) {
          for (const [what, fault] of Object.entries(faults)) {
            const act = (traffic: Traffic) =>
              Effect.repeatN(Effect.zipRight(fault(traffic), traffic.more(20)), times - 1)
            yield* through(what, (traffic) => Effect.zipRight(traffic.more(20), act(traffic)), times)
            yield* untilFair(fleet)
          }
        }
      }),
    (1 + chaosRounds) * 900_000
  )
})
