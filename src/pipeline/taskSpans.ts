import { Effect, Exit, type Tracer } from "effect"
import { ended, type SpanName } from "../observability/spans.ts"
import type { Tracing } from "../observability/tracing.ts"
import type { ClaimedTask } from "../storage/streams/Streams.ts"
import { parentOf } from "../storage/streams/taskTrace.ts"

/** Spans of claimed tasks whose message is traced, from the claim to what became of them. */
export const makeTaskSpans = (tracing: typeof Tracing.Service, name: SpanName) => {
  const spans = new WeakMap<ClaimedTask, Tracer.Span>()
  const spansOf = (tasks: ReadonlyArray<ClaimedTask>) => tasks.flatMap((task) => spans.get(task) ?? [])

  return {
    begin: (task: ClaimedTask, claimedAt: number): void => {
      const parent = parentOf(task)
      if (parent === null) return
      const span = tracing.follow(parent, () => ({
        name,
        kind: "consumer",
        attributes: {
          task: task.taskId,
          correlation_id: task.correlationId,
          attempt: task.attempt,
          waited_ms: Math.max(0, claimedAt - task.createdAt)
        }
      }))
      if (span !== null) spans.set(task, span)
    },
    spanOf: (task: ClaimedTask): Tracer.Span | undefined => spans.get(task),
    spansOf,
    /** The first that is told of a task counts. */
    end: (
      tasks: ReadonlyArray<ClaimedTask>,
      outcome: string,
      exit: Exit.Exit<unknown, unknown> = Exit.void
    ): Effect.Effect<void> =>
      Effect.suspend(() => {
        const over = spansOf(tasks)
        if (over.length === 0) return Effect.void
        for (const span of over) span.attribute("outcome", outcome)
        for (const task of tasks) spans.delete(task)
        return ended(over, exit)
      })
  }
}
