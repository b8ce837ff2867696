import { Clock, type Duration, Effect } from "effect"

/** The clock of this machine, whose wall time somebody sets otherwise; timers and the monotonic one go on. */
export class SkewedClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  private readonly real = Clock.make()
  skewMillis = 0

  unsafeCurrentTimeMillis(): number {
    return this.real.unsafeCurrentTimeMillis() + this.skewMillis
  }

  unsafeCurrentTimeNanos(): bigint {
    return this.real.unsafeCurrentTimeNanos()
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return this.real.sleep(duration)
  }
}
