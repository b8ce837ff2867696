import { describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { type FleetProcess, fleetUnderTest } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { chaosRounds } from "../../support/rounds.ts"
import { hasValkey } from "../../support/valkey.ts"

const minutes = 1 + chaosRounds
/** Two chapters a minute, so that what must hold is looked at in between. */
const killsOfChapter = 6

describe.skipIf(!hasValkey)("a fleet whose owners are killed with SIGKILL every five seconds", () => {
  it.scopedLive(
    "loses nothing and doubles nothing",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({ runners: 3, doors: 1 })
        const { runners } = fleet
        const { through } = yield* fleetStory(fleet)
        let killed = 0
        let dead: FleetProcess | undefined
        const comeBack = Effect.suspend(() => dead?.start ?? Effect.void)
        /** The one before was away for five seconds, longer than its lease: others have what it had. */
        const killNext = Effect.gen(function* () {
          const victim = runners[killed++ % runners.length]
          if (victim === undefined) return
          yield* victim.untilOwns(1)
          yield* victim.kill("SIGKILL")
          yield* comeBack
          dead = victim
        })
        const kills = Effect.repeat(
          killNext,
          Schedule.intersect(Schedule.fixed("5 seconds"), Schedule.recurs(killsOfChapter - 1))
        )
        for (let chapter = 0; chapter < 2 * minutes; chapter++) {
          yield* through(
            "an owner killed every five seconds",
            ({ more }) => more(20).pipe(Effect.zipRight(kills), Effect.zipRight(more(20))),
            killsOfChapter
          )
        }
      }),
    minutes * 900_000
  )
})
