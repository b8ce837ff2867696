import { Clock, Effect, Exit, Layer } from "effect"
import { Tracing } from "../observability/tracing.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { makeTaskSpans } from "./taskSpans.ts"

/**
 * Streams for a worker whose tasks are then spans of the traces that caused them, from the claim to what came of them.
 * Not for ingest, which tells more.
 */
export const layer = (name: "index" | "notify"): Layer.Layer<Streams, never, Streams> =>
  Layer.effect(
    Streams,
    Effect.map(Effect.all([Streams, Tracing]), ([streams, tracing]) => {
      const spans = makeTaskSpans(tracing, name)
      return Streams.of({
        ...streams,
        claim: (stream, options) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.tap(streams.claim(stream, options), (tasks) =>
              Effect.sync(() => {
                for (const task of tasks) spans.begin(task, now)
              })
            )
          ),
        ack: (tasks) => Effect.zipLeft(streams.ack(tasks), spans.end(tasks, "done")),
        // Why is in the dead letter: it may be a text of somebody else's.
        fail: (task, why) =>
          Effect.tap(streams.fail(task, why), (fate) => spans.end([task], fate, Exit.fail(why))),
        release: (tasks, delayOf) =>
          Effect.zipLeft(
            streams.release(tasks, delayOf),
            spans.end(tasks, delayOf === undefined ? "given back" : "put off")
          )
      })
    })
  )
