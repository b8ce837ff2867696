import { Effect, Layer, Schedule } from "effect"
import { metrics } from "../observability/metrics.ts"
import { undeterred } from "../observability/undeterred.ts"
import { Turns } from "../storage/turns/Turns.ts"

/** Keeps the gauges of work that goes on and on current: how overdue it is, whoever does it. */
export const layer = Layer.scopedDiscard(
  Effect.flatMap(Turns, ({ states }) => {
    const measure = Effect.map(states, (all) => {
      for (const { name, overdueMillis } of all) metrics.turnOverdue.set({ turn: name }, overdueMillis / 1000)
    })
    return Effect.forkScoped(
      Effect.repeat(undeterred("reading a gauge", measure), Schedule.spaced("15 seconds"))
    )
  })
)
