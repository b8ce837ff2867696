import { Config, Effect } from "effect"

/** Rounds that the fault tests do beside their usual ones: `POSTROOM_CHAOS_ROUNDS`, for long runs. */
export const chaosRounds: number = Effect.runSync(
  Config.integer("POSTROOM_CHAOS_ROUNDS").pipe(Config.withDefault(0), Effect.orDie)
)
