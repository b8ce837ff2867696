import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fleetUnderTest, untilFair } from "../../support/fleet.ts"
import { fleetStory } from "../../support/fleetStory.ts"
import { makeRoads } from "../../support/roads.ts"
import { chaosRounds } from "../../support/rounds.ts"
import type { TcpProxy } from "../../support/tcpProxy.ts"
import { hasValkey } from "../../support/valkey.ts"

/** Longer than a lease, and than two that are connected wait for a sign of life: 4 seconds each. */
const long = Effect.sleep("6 seconds")

/** What becomes of a road. */
const faults: Readonly<Record<string, (road: TcpProxy) => Effect.Effect<void>>> = {
  slow: (road) => road.delay({ millis: 50, jitterMillis: 100 }),
  "half open, nothing heard": (road) => road.swallow("down"),
  "half open, nothing said": (road) => road.swallow("up"),
  silent: (road) => road.stall(),
  "reset, and again": (road) => Effect.repeatN(Effect.delay(road.reset, "500 millis"), 5),
  closed: (road) => road.refuse
}

const ways = [
  ["runner-1", "from others"],
  ["runner-1", "to Valkey"],
  ["runner-1", "to Postgres"],
  ["door-1", "to Valkey"],
  ["door-1", "to Postgres"]
] as const

describe.skipIf(!hasValkey)("a fleet with a bad road, slow, half open, silent, reset or closed,", () => {
  for (const [name, way] of ways) {
    it.scopedLive(
      `of ${name} ${way}, loses nothing and doubles nothing, and is as it was when it is good again`,
      () =>
        Effect.gen(function* () {
          const roads = makeRoads()
          const fleet = yield* fleetUnderTest({
            runners: 2,
            doors: 1,
            particular: roads.particular
          })
          yield* untilFair(fleet)
          const { through } = yield* fleetStory(fleet)
          const road = roads.of(name, way)
          for (let round = 0; round <= chaosRounds; round++) {
            yield* through(
              `the road of ${name} ${way}`,
              ({ more }) =>
                Effect.forEach(
                  Object.values(faults),
                  (fault) =>
                    more(10).pipe(
                      Effect.zipRight(fault(road)),
                      Effect.zipRight(long),
                      Effect.zipRight(road.pass),
                      Effect.zipRight(untilFair(fleet))
                    ),
                  { discard: true }
                ).pipe(Effect.zipRight(more(20))),
              Object.keys(faults).length
            )
          }
        }),
      (1 + chaosRounds) * 900_000
    )
  }
})
