import { Context, Effect, Layer, Queue } from "effect"

/** Rung after each commit in this process, so that the relay looks at the outbox at once. Losing a ring costs a poll. */
export class OutboxBell extends Context.Tag("postroom/storage/OutboxBell")<
  OutboxBell,
  {
    readonly ring: () => void
    /** Succeeds once it was rung since the last wait. */
    readonly wait: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.effect(
    OutboxBell,
    Effect.map(Queue.dropping<void>(1), (queue) => ({
      ring: () => {
        queue.unsafeOffer(undefined)
      },
      wait: Queue.take(queue)
    }))
  )
}
