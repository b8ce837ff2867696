import { Effect, Schedule, type Scope } from "effect"
import { monotonicMillis, monotonicMillisOf } from "../domain/monotonicMillis.ts"

/** Time-outs of requests that wait for minutes: one timer for all of them, right to the second. */
export interface TimerWheel {
  /** Calls back once, unless what it answers is called before. */
  readonly after: (millis: number, call: () => void) => () => void
}

const tick = 1_000

export const makeTimerWheel: Effect.Effect<TimerWheel, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const slots = new Map<number, Set<{ readonly call: () => void }>>()
  let turned = Math.floor((yield* monotonicMillis) / tick)

  const turn = Effect.sync(() => {
    const now = Math.floor(monotonicMillisOf(clock) / tick)
    for (; turned < now; turned++) {
      const due = slots.get(turned + 1)
      slots.delete(turned + 1)
      for (const { call } of due ?? []) call()
    }
  })
  yield* Effect.forkScoped(Effect.repeat(turn, Schedule.spaced(tick)))

  return {
    after: (millis, call) => {
      const at = Math.max(turned + 1, Math.ceil((monotonicMillisOf(clock) + millis) / tick))
      const slot = slots.get(at) ?? new Set()
      slots.set(at, slot)
      const waiting = { call }
      slot.add(waiting)
      return () => {
        slot.delete(waiting)
      }
    }
  }
})
