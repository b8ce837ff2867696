import { Clock, Duration, Effect, Exit, Option } from "effect"
import { boundary } from "../observability/boundaries.ts"
import { metrics } from "../observability/metrics.ts"
import { spannedInEach, under } from "../observability/spans.ts"
import { Tracing } from "../observability/tracing.ts"
import { type ClaimedTask, Streams } from "../storage/streams/Streams.ts"
import { delayAt, patience } from "./putOff.ts"
import { makeTaskSpans } from "./taskSpans.ts"

type Tasks = ReadonlyArray<ClaimedTask>

/**
 * Writes down what became of claimed ingest tasks, of each only the first that is told. Where that cannot be written
 * the claim runs out by itself, and then somebody takes the task.
 */
export const makeSettlement = Effect.map(Effect.all([Streams, Tracing]), ([streams, tracing]) => {
  const open = new WeakSet<ClaimedTask>()
  const putOff = new WeakSet<ClaimedTask>()
  const spans = makeTaskSpans(tracing, "ingest")

  const release = (tasks: Tasks, delayOf?: (task: ClaimedTask) => Duration.Duration) =>
    tasks.length === 0 ? Effect.void : Effect.ignore(streams.release(tasks, delayOf))

  const acknowledge = Effect.fnUntraced(function* (tasks: Tasks) {
    if (tasks.length === 0) return
    yield* spannedInEach(streams.ack(tasks), spans.spansOf(tasks), () => ({
      name: "ack",
      kind: "client",
      attributes: { tasks: tasks.length }
    }))
    for (const task of tasks) open.delete(task)
    yield* spans.end(tasks, "delivered")
    yield* boundary("acked")
    const now = yield* Clock.currentTimeMillis
    for (const task of tasks) metrics.ingestDuration.observe((now - task.createdAt) / 1000)
    metrics.ingestTasks.inc({ outcome: "delivered" }, tasks.length)
  })

  const giveUp = (task: ClaimedTask, error: string, final: boolean): Effect.Effect<Option.Option<never>> => {
    const given = Effect.gen(function* () {
      open.delete(task)
      const fate = yield* streams.fail(task, { error, final })
      metrics.ingestTasks.inc({ outcome: fate })
      yield* Effect.annotateLogs(Effect.logWarning("a message could not be delivered"), {
        task: task.taskId,
        correlation_id: task.correlationId,
        attempt: task.attempt,
        error
      })
      return fate
    })
    return under(given, spans.spanOf(task)).pipe(
      Effect.orElseSucceed(() => "lost"),
      Effect.flatMap((fate) => spans.end([task], fate, Exit.fail({ _tag: error }))),
      Effect.as(Option.none())
    )
  }

  const putOffOpen = Effect.fnUntraced(function* (tasks: Tasks) {
    const now = yield* Clock.currentTimeMillis
    for (const task of tasks) {
      const isHopeless = now - task.createdAt > Duration.toMillis(patience)
      if (open.has(task) && isHopeless) yield* giveUp(task, "held up too long", false)
    }
    const others = tasks.filter((task) => open.delete(task))
    for (const task of others) putOff.add(task)
    yield* release(others, delayAt(now))
    yield* spans.end(others, "put off")
  })

  return {
    /** Of these nothing is written down yet. */
    begin: (tasks: Tasks, claimedAt: number): void => {
      for (const task of tasks) {
        open.add(task)
        spans.begin(task, claimedAt)
      }
    },
    spanOf: spans.spanOf,
    spansOf: spans.spansOf,
    isOpen: (task: ClaimedTask): boolean => open.has(task),
    isPutOff: (task: ClaimedTask): boolean => putOff.has(task),
    /** Every recipient has them. */
    acknowledge,
    /** Counts the attempt. */
    giveUp,
    /** What is in the way will pass: the attempt does not count, and nobody is dead-lettered by an outage. */
    putOffOpen,
    /** Somebody else may take them at once. */
    giveBackOpen: (tasks: Tasks) =>
      Effect.zipRight(
        Effect.suspend(() => release(tasks.filter((task) => open.delete(task)))),
        spans.end(tasks, "given back")
      )
  }
})
