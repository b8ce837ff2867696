import { Effect } from "effect"
import { Running } from "./running.ts"

/** Waits until as many requests are parked. */
export const parked = (count: number): Effect.Effect<void, never, Running> =>
  Effect.gen(function* () {
    const { metrics } = yield* Running
    const text = yield* metrics
    if (Number(/activesync_parked_requests (\d+)/.exec(text)?.[1]) === count) return
    yield* Effect.sleep("20 millis")
    yield* parked(count)
  })
