import { Clock, Duration, Effect, Scheduler } from "effect"
import type { Life, Timeline } from "./Timeline.ts"

/** 2026-01-01, when every story begins. */
const beginning = Date.UTC(2026, 0, 1)

/** Where a process runs: what it says of time outlives the process. */
export interface Machine {
  readonly name: string
  /** Milliseconds that its wall clock is ahead of the true time. May change at any moment. */
  skewMillis: number
  /** Milliseconds that its monotonic clock showed when the story began. */
  readonly upMillis: number
}

export const trueMillis = (timeline: Timeline): number => beginning + timeline.now

/** Timers and the monotonic clock follow the true time, the wall clock what the machine thinks it is. */
export class MachineClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  private readonly timeline: Timeline
  private readonly machine: Machine
  private readonly life: Life

  constructor(timeline: Timeline, machine: Machine, life: Life) {
    this.timeline = timeline
    this.machine = machine
    this.life = life
  }

  unsafeCurrentTimeMillis(): number {
    return trueMillis(this.timeline) + this.machine.skewMillis
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(this.timeline.now + this.machine.upMillis) * 1_000_000n
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  scheduler(): Effect.Effect<Clock.ClockScheduler> {
    return Effect.succeed({
      unsafeSchedule: (task, duration) => this.after(duration, task)
    })
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const cancel = this.after(duration, () => resume(Effect.void))
      return Effect.sync(cancel)
    })
  }

  private after(duration: Duration.Duration, task: () => void): () => boolean {
    // As the timers of Node: whole milliseconds.
    return this.timeline.after(this.life, Math.ceil(Duration.toMillis(duration)), task)
  }
}

/** The fibers of a life, step by step in the timeline. */
export const schedulerOf = (timeline: Timeline, life: Life): Scheduler.Scheduler =>
  Scheduler.make((task) => timeline.soon(life, task))
