import { ok } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Fleet, type FleetProcess, fairShare, fleetUnderTest, shardCount } from "../support/fleet.ts"
import { fleetStory } from "../support/fleetStory.ts"
import { chaosRounds } from "../support/rounds.ts"
import type { Traffic } from "../support/traffic.ts"
import { hasValkey } from "../support/valkey.ts"

interface Cast {
  readonly victim: FleetProcess
  readonly other: FleetProcess
  readonly valkey: Fleet["valkey"]
  /** Waits for more mail to be accepted and wishes to be granted. */
  readonly more: Effect.Effect<void>
}

/** What happens to an owner, or to the map, and what the others make of it. */
const chapters: Readonly<Record<string, (cast: Cast) => Effect.Effect<void>>> = {
  "an owner killed with SIGKILL": ({ victim, other, more }) =>
    Effect.gen(function* () {
      yield* victim.kill("SIGKILL")
      yield* other.untilOwns(shardCount)
      yield* more
      yield* victim.start
      yield* victim.untilOwns(fairShare(2))
    }),
  "an owner told to stop": ({ victim, other, more }) =>
    Effect.gen(function* () {
      yield* victim.kill("SIGTERM")
      yield* other.untilOwns(shardCount)
      yield* more
      yield* victim.start
      yield* victim.untilOwns(fairShare(2))
    }),
  "an owner frozen past its lease": ({ victim, other, more }) =>
    Effect.gen(function* () {
      yield* victim.kill("SIGSTOP")
      yield* other.untilOwns(shardCount)
      yield* more
      yield* victim.kill("SIGCONT")
      yield* victim.untilOwns(fairShare(2))
    }),
  "a shard map flushed, killed and back empty": ({ victim, other, valkey, more }) =>
    Effect.gen(function* () {
      yield* valkey.ask("flushall")
      yield* more
      yield* valkey.kill
      yield* more
      yield* valkey.revive
      yield* more
      yield* victim.untilOwns(fairShare(2))
      yield* other.untilOwns(fairShare(2))
    })
}

describe.skipIf(!hasValkey)("a fleet of processes in the middle of traffic", () => {
  it.scopedLive(
    "loses nothing and doubles nothing, whatever happens to its owners and to what says who they are",
    () =>
      Effect.gen(function* () {
        const fleet = yield* fleetUnderTest({ runners: 2, doors: 1 })
        const { runners, valkey } = fleet
        const [one, two] = runners
        ok(one !== undefined && two !== undefined)
        yield* two.untilOwns(fairShare(2))
        const { through } = yield* fleetStory(fleet)
        for (let round = 0; round <= chaosRounds; round++) {
          const [victim, other] = round % 2 === 0 ? [one, two] : [two, one]
          for (const [what, happens] of Object.entries(chapters)) {
            const act = ({ more }: Traffic) =>
              Effect.zipRight(more(20), happens({ victim, other, valkey, more: more(20) }))
            yield* through(what, act)
          }
        }
      }),
    (1 + chaosRounds) * 300_000
  )
})
