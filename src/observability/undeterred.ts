import { Cause, Effect } from "effect"

/** One turn of something that goes on and on: an outage passes by itself, and a bug in one turn must not end the others. */
export const undeterred = <E>(what: string, turn: Effect.Effect<unknown, E>): Effect.Effect<void> =>
  Effect.catchAllCause(Effect.asVoid(turn), (cause) =>
    Cause.isDie(cause) ? Effect.logError(`${what} failed by a defect`, cause) : Effect.void
  )
