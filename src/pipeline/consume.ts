import { Cause, Clock, Duration, Effect, ExecutionStrategy, Scope, Stream } from "effect"
import { metrics } from "../observability/metrics.ts"
import { type ClaimedTask, type StreamName, Streams } from "../storage/streams/Streams.ts"
import { delayAt, patience } from "./putOff.ts"

/** What came of work on a task. */
export type Fate =
  | { readonly _tag: "Done" }
  /** Tried again by the stream's backoff, or dead. */
  | { readonly _tag: "Failed"; readonly error: string; readonly isFinal: boolean }
  /** There is more to do: others go before, and no attempt is counted. */
  | { readonly _tag: "More" }
  /** Something is in its way that will pass. No attempt is counted, for a day. Without a delay: as long as it waited so far. */
  | { readonly _tag: "Held"; readonly delay: Duration.Duration | null }

export const done: Fate = { _tag: "Done" }
export const more: Fate = { _tag: "More" }
export const held: Fate = { _tag: "Held", delay: null }
export const failed = (error: string): Fate => ({ _tag: "Failed", error, isFinal: false })
export const hopeless = (error: string): Fate => ({ _tag: "Failed", error, isFinal: true })

export interface ConsumeOptions {
  readonly stream: StreamName
  /** Tasks that are taken at once; they are worked on side by side. */
  readonly batch: number
  /** Batches under way at a time. */
  readonly loops: number
  /** How long a task is ours. Work that takes longer than three quarters of it is cut off. */
  readonly hold: Duration.Duration
  /** From one look for tasks to the next. */
  readonly spacing: Duration.Duration
  readonly work: (task: ClaimedTask) => Effect.Effect<Fate>
}

/** Works on the tasks of a stream until the scope closes; what is under way then is given back at once. */
export const consume = (options: ConsumeOptions): Effect.Effect<void, never, Streams | Scope.Scope> =>
  Effect.gen(function* () {
    const { stream, batch, loops, hold, spacing, work } = options
    const streams = yield* Streams

    const settle = (task: ClaimedTask, fate: Fate): Effect.Effect<void> =>
      // Where it cannot be written down the claim runs out by itself.
      Effect.ignore(
        Effect.map(write(streams, task, fate), (outcome) => metrics.workerTasks.inc({ stream, outcome }))
      )

    const onFailure = (task: ClaimedTask, cause: Cause.Cause<never>): Effect.Effect<Fate> =>
      Cause.isInterruptedOnly(cause)
        ? Effect.succeed(more)
        : Effect.logError("work on a task failed by a defect", cause).pipe(
            Effect.annotateLogs({ task: task.taskId, stream, correlation_id: task.correlationId }),
            Effect.as(failed("defect"))
          )

    const one = (task: ClaimedTask): Effect.Effect<void> =>
      Effect.uninterruptibleMask((restore) =>
        restore(Effect.timeout(work(task), Duration.times(hold, 3 / 4))).pipe(
          Effect.catchTag("TimeoutException", () => Effect.succeed(failed("took too long"))),
          Effect.catchAllCause((cause) => onFailure(task, cause)),
          Effect.flatMap((fate) => settle(task, fate))
        )
      )

    const none: ReadonlyArray<ClaimedTask> = []
    const claim = Effect.catchAllCause(streams.claim(stream, { max: batch, hold }), (cause) =>
      Effect.as(
        Cause.isDie(cause) ? Effect.logError("looking for tasks failed by a defect", cause) : Effect.void,
        none
      )
    )

    // Made before the loop is forked, so that it ends after it: what a stop gives back is not taken again.
    const batches = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.parallel)
    const turns = yield* Effect.makeSemaphore(loops)
    /** Takes a batch and leaves it to a fiber of its own. True where more may wait. */
    const takeBatch = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* restore(turns.take(1))
        const tasks = yield* claim
        const all = Effect.forEach(tasks, one, { concurrency: "unbounded", discard: true })
        if (tasks.length === 0) yield* turns.release(1)
        else yield* Effect.forkIn(Effect.ensuring(restore(all), turns.release(1)), batches)
        return tasks.length === batch
      })
    )
    const round = Effect.zipRight(
      Effect.repeat(takeBatch, { while: (isMore) => isMore }),
      Effect.sleep(spacing)
    )
    if (loops > 0) yield* Effect.forkScoped(Stream.runForEach(streams.rings(stream), () => round))
  })

/** How the metric calls it. */
const write = (streams: typeof Streams.Service, task: ClaimedTask, fate: Fate) =>
  Effect.gen(function* () {
    switch (fate._tag) {
      case "Done":
        return yield* Effect.as(streams.ack([task]), "done")
      case "More":
        return yield* Effect.as(streams.release([task]), "more")
      case "Failed":
        return yield* streams.fail(task, { error: fate.error, final: fate.isFinal })
      case "Held": {
        const now = yield* Clock.currentTimeMillis
        if (now - task.createdAt > Duration.toMillis(patience)) {
          return yield* streams.fail(task, { error: "held up too long", final: false })
        }
        const delay = fate.delay ?? delayAt(now)(task)
        return yield* Effect.as(
          streams.release([task], () => delay),
          "held"
        )
      }
    }
  })
