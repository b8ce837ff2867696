import { Effect } from "effect"
import { Unavailable } from "../../domain/errors.ts"

/** What another runner asked for. A bug of ours is told here; over there something is unavailable. */
export const served = <A, E>(work: () => Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> =>
  Effect.suspend(work).pipe(
    Effect.tapDefect((cause) => Effect.logError("a call of another runner failed by a defect", cause)),
    Effect.catchAllDefect(() => new Unavailable({ what: "call" }))
  )
