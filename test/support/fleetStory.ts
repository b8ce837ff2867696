import { Effect, type Scope } from "effect"
import { type FaultStory, faultStory, type Pace } from "./faultStory.ts"
import type { Fleet } from "./fleet.ts"
import { sleepers } from "./sleepers.ts"

/** A phone of each at each door. */
const peopleAsleep = 6

/** Enough for the longest chapter, at a pace that leaves the processors to what is told of. */
const longPace: Pace = { pause: "25 millis", maxOffers: 20_000 }

/** In each of its chapters phones sleep, which nothing may wake but the mail that comes to them at its end. */
export const fleetStory = (
  fleet: Fleet,
  pace: Pace = longPace
): Effect.Effect<FaultStory<Fleet["platform"]>, never, Scope.Scope> =>
  Effect.flatMap(sleepers(fleet, peopleAsleep), (asleep) => faultStory(fleet.platform, pace, asleep))
