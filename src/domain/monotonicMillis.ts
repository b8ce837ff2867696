import { type Clock, Effect } from "effect"

/** Of a clock that never jumps: differences alone mean anything. */
export const monotonicMillisOf = (clock: Clock.Clock): number =>
  Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)

export const monotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.sync(() => monotonicMillisOf(clock))
)
