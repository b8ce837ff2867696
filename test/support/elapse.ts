import { Duration, Effect, TestClock } from "effect"

/** The event loop goes round once: promises that can be kept are. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets time go by in steps, and between them what is waited for beside the clock: promises, callbacks. */
export const elapse = (
  time: Duration.DurationInput,
  step: Duration.DurationInput = "500 millis"
): Effect.Effect<void> =>
  Effect.asVoid(
    Effect.repeatN(
      Effect.zipRight(turn, TestClock.adjust(step)),
      Math.ceil(Duration.toMillis(time) / Duration.toMillis(step)) - 1
    )
  ).pipe(Effect.zipRight(turn))
