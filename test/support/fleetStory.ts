import { Effect, type Scope } from "effect"
import { type FaultStory, faultStory, type Pace } from "./faultStory.ts"
import type { Fleet } from "./fleet.ts"
import { sleepers } from "./sleepers.ts"

/** A phone of each at each door. */
const peopleAsleep = 6

/** In each of its chapters phones sleep, which nothing may wake but the mail that comes to them at its end. */
export const fleetStory = (
  fleet: Fleet,
  pace: Pace = {}
): Effect.Effect<FaultStory<Fleet["platform"]>, never, Scope.Scope> =>
  Effect.flatMap(sleepers(fleet, peopleAsleep), (asleep) => faultStory(fleet.platform, pace, asleep))
