import type { Effect, Tracer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { inTrace, spanned } from "../../observability/spans.ts"
import { parseTraceparent, traceparentOf } from "../../observability/traceparent.ts"
import type { ClaimedTask, NewTask, Payload, Streams } from "./Streams.ts"

/** The field of a payload that carries a trace on: the `traceparent` of who published it. Absent = not traced. */
const field = "trace"

/** What a payload has in it to carry on a trace; null = nothing. Of tasks that are merged, the last one's counts. */
export const carrying = (traceparent: string | null): Payload =>
  traceparent === null ? {} : { [field]: traceparent }

/** Publishes what an accepted message becomes; where it is traced, so is the work on it. */
export const publishMail = (
  streams: Streams["Type"],
  tasks: ReadonlyArray<NewTask>
): Effect.Effect<void, Unavailable> =>
  spanned(
    inTrace((span) =>
      streams.publish(
        span === undefined
          ? tasks
          : tasks.map((task) => ({ ...task, payload: { ...task.payload, ...carrying(traceparentOf(span)) } }))
      )
    ),
    () => ({ name: "publish", kind: "producer", attributes: { tasks: tasks.length } })
  )

/** Where the work on a task goes on with a trace; null = it is not traced, or the payload is older than traces. */
export const parentOf = ({ payload }: ClaimedTask): Tracer.ExternalSpan | null => {
  const trace = payload[field]
  return typeof trace === "string" ? parseTraceparent(trace) : null
}

/** For the tasks that one becomes. */
export const carriedBy = (task: ClaimedTask): Payload => {
  const parent = parentOf(task)
  return carrying(parent === null ? null : traceparentOf(parent))
}
