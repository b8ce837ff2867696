import { Effect } from "effect"
import { Unavailable } from "../../domain/errors.ts"

/** What another runner asked for. A bug of ours is told here; over there something is unavailable. */
export const served = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Unavailable, R> =>
  effect.pipe(
    Effect.tapDefect((cause) => Effect.logError("a call of another runner failed by a defect", cause)),
    Effect.catchAllDefect(() => new Unavailable({ what: "mailbox" }))
  )
