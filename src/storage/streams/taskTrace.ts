import type { Effect, Tracer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { inTrace, spanned } from "../../observability/spans.ts"
import { parseTraceparent, traceparentOf } from "../../observability/traceparent.ts"
import type { ClaimedTask, NewTask, Streams } from "./Streams.ts"

/** The field of a payload that carries a trace on: the `traceparent` of who published it. Absent = not traced. */
const field = "trace"

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
          : tasks.map((task) => ({ ...task, payload: { ...task.payload, [field]: traceparentOf(span) } }))
      )
    ),
    () => ({ name: "publish", kind: "producer", attributes: { tasks: tasks.length } })
  )

/** Where the work on a task goes on with a trace; null = it is not traced, or the payload is older than traces. */
export const parentOf = ({ payload }: ClaimedTask): Tracer.ExternalSpan | null => {
  const trace = payload[field]
  return typeof trace === "string" ? parseTraceparent(trace) : null
}
