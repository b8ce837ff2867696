import { ok } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { faultStory } from "../support/faultStory.ts"
import { fleetUnderTest } from "../support/fleet.ts"
import { chaosRounds } from "../support/rounds.ts"
import { hasValkey } from "../support/valkey.ts"

const rounds = Array.from({ length: chaosRounds + 1 }, (_, n) => n)

describe.skipIf(!hasValkey)("a fleet of processes in the middle of traffic", () => {
  it.scopedLive(
    "loses nothing and doubles nothing through owners killed, stopped and frozen, and a shard map that is lost",
    () =>
      Effect.gen(function* () {
        const { platform, runners, valkey } = yield* fleetUnderTest({ runners: 2, doors: 1 })
        const { through } = yield* faultStory(platform)
        const [one, two] = runners
        ok(one !== undefined && two !== undefined)
        for (const round of rounds) {
          const [victim] = round % 2 === 0 ? [one] : [two]
          yield* through("an owner killed with SIGKILL", ({ more }) =>
            Effect.gen(function* () {
              yield* more(20)
              yield* victim.kill("SIGKILL")
              yield* more(20)
              yield* victim.start
              yield* more(20)
            })
          )
          yield* through("an owner told to stop", ({ more }) =>
            Effect.gen(function* () {
              yield* more(20)
              yield* victim.kill("SIGTERM")
              yield* more(20)
              yield* victim.start
              yield* more(20)
            })
          )
          yield* through("an owner frozen past its lease", ({ more }) =>
            Effect.gen(function* () {
              yield* more(20)
              yield* victim.kill("SIGSTOP")
              yield* Effect.sleep("6 seconds")
              yield* more(20)
              yield* victim.kill("SIGCONT")
              yield* more(20)
            })
          )
          yield* through("a shard map that is lost", ({ more }) =>
            Effect.gen(function* () {
              yield* more(20)
              yield* valkey.ask("flushall")
              yield* more(20)
              yield* valkey.kill
              yield* more(20)
              yield* valkey.revive
              yield* more(20)
            })
          )
        }
      }),
    (1 + chaosRounds) * 240_000
  )
})
