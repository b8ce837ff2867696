import { Clock, Effect } from "effect"

/** Of a clock that never jumps: differences alone mean anything. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeNanos, (nanos) =>
  Number(nanos / 1_000_000n)
)
