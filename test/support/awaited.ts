import { Cause, Duration, Effect, Exit, Option } from "effect"

/** Longer than anything takes on a busy machine, and shorter than a test may take: that limit tells nothing. */
const usualPatience = Duration.seconds(20)

/** Dies where it waits in vain, and tells what for and how things stood then. */
export const awaited = <A, E, R, F = never>(
  what: string,
  effect: Effect.Effect<A, E, R>,
  state: Effect.Effect<unknown, F> = Effect.void,
  patience: Duration.Duration = usualPatience
): Effect.Effect<A, E, R> =>
  effect.pipe(
    Effect.disconnect,
    Effect.timeoutOption(patience),
    Effect.flatMap(
      Option.match({
        onSome: Effect.succeed,
        onNone: () =>
          Effect.flatMap(shown(state), (now) =>
            Effect.dieMessage(`waited ${Duration.format(patience)} in vain for ${what}; now: ${now}`)
          )
      })
    )
  )

/** Or why that cannot be said: whatever holds up the one may hold up the other. */
const shown = <F>(state: Effect.Effect<unknown, F>): Effect.Effect<string> =>
  Effect.map(
    Effect.exit(Effect.timeout(Effect.disconnect(state), "2 seconds")),
    Exit.match({ onSuccess: (value) => JSON.stringify(value), onFailure: Cause.pretty })
  )
