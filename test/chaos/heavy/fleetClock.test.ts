import { deepStrictEqual, ok } from "node:assert/strict"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hasFaketime, makeWallClock } from "../../support/faketime.ts"
import { fleetUnderTest, shardCount, untilFair } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { chaosRounds } from "../../support/rounds.ts"
import { hasValkey } from "../../support/valkey.ts"

const hour = 3600
const jumps = [hour, -hour, 0]

/** Longer than a lease. */
const long = Effect.sleep("6 seconds")

describe.skipIf(!hasValkey || !hasFaketime)(
  "a fleet with a runner whose wall clock jumps (needs libfaketime)",
  () => {
    it.scopedLive(
      "loses nothing and doubles nothing; nobody takes a mailbox for it, and nothing waits for the hour to come round",
      () =>
        Effect.gen(function* () {
          const clock = yield* makeWallClock
          const fleet = yield* fleetUnderTest({
            runners: 2,
            doors: 1,
            particular: ({ name }) => Effect.succeed(name === "runner-1" ? { settings: clock.settings } : {})
          })
          const { platform, runners, valkey } = fleet
          const [jumping, other] = runners
          ok(jumping !== undefined && other !== undefined)
          yield* untilFair(fleet)
          const epochs = platform.query("SELECT shard, epoch FROM cluster.shards ORDER BY shard")
          const { through } = yield* fleetStory(fleet)
          for (let round = 0; round <= chaosRounds; round++) {
            yield* through(
              "a wall clock that jumps by hours",
              ({ more }) =>
                Effect.gen(function* () {
                  yield* more(20)
                  const before = yield* epochs
                  for (const jump of jumps) {
                    yield* clock.set(jump)
                    yield* Effect.zipRight(long, more(20))
                  }
                  deepStrictEqual(yield* epochs, before, "a shard changed hands")
                }),
              jumps.length
            )
            yield* through(
              "a wall clock that goes back while Valkey is away, and then an owner that dies",
              ({ more }) =>
                Effect.gen(function* () {
                  yield* clock.set(hour)
                  yield* more(10)
                  yield* valkey.whileFrozen(Effect.zipRight(long, clock.set(0)))
                  yield* untilFair(fleet)
                  yield* other.kill("SIGKILL")
                  yield* jumping.untilOwns(shardCount)
                  yield* more(20)
                  yield* other.start
                  yield* untilFair(fleet)
                })
            )
          }
        }),
      (1 + chaosRounds) * 900_000
    )
  }
)
