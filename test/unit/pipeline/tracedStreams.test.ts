import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, TestClock } from "effect"
import { CorrelationId, TaskId } from "../../../src/domain/ids.ts"
import { traceparentOf } from "../../../src/observability/traceparent.ts"
import { Tracing } from "../../../src/observability/tracing.ts"
import * as tracedStreams from "../../../src/pipeline/tracedStreams.ts"
import { type ClaimedTask, Streams } from "../../../src/storage/streams/Streams.ts"
import { carriedBy, carrying } from "../../../src/storage/streams/taskTrace.ts"
import { outline, said, treesOf } from "../../support/collector.ts"
import { tracesInMemory } from "../../support/traces.ts"

const claimed = (name: string, traceparent: string | null): ClaimedTask => ({
  taskId: TaskId(name),
  stream: "index",
  claimId: "",
  attempt: 1,
  correlationId: CorrelationId("c"),
  tenantId: null,
  payload: { mailboxId: "m", ...carrying(traceparent) },
  createdAt: 0
})

describe("a worker on traced streams", () => {
  it.effect("tells of each task in the trace that caused it, and of what came of it", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      yield* Effect.gen(function* () {
        const { begin } = yield* Tracing
        const cause = begin(() => ({ name: "commit" }))
        if (cause === null) return yield* Effect.die("not traced")
        const parent = traceparentOf(cause)
        const tasks = ["acked", "failed", "released", "put off"].map((name) => claimed(name, parent))
        const mock = Layer.mock(Streams, {
          claim: () => Effect.succeed([...tasks, claimed("untraced", null)]),
          ack: () => Effect.void,
          fail: () => Effect.succeed("dead"),
          release: () => Effect.void
        })
        const streams = yield* Effect.provide(Streams, Layer.provide(tracedStreams.layer("index"), mock))
        yield* TestClock.adjust("3 seconds")
        const [acked, failed, released, putOff, untraced] = yield* streams.claim("index", {
          max: 9,
          hold: Duration.minutes(1)
        })
        if (!acked || !failed || !released || !putOff || !untraced) return yield* Effect.die("too few")
        yield* streams.ack([acked, untraced])
        yield* streams.fail(failed, { error: "alice@demo.test", final: true })
        yield* streams.release([released])
        yield* streams.release([putOff], () => Duration.seconds(1))
        assert.deepEqual(carriedBy(acked), carrying(parent))
        assert.deepEqual(carriedBy(untraced), {})
      }).pipe(Effect.provide(traces.layer))
      assert.deepEqual(outline(treesOf(traces.spans)), Array(4).fill("index"))
      assert.strictEqual(new Set(traces.spans.map(({ parentSpanId }) => parentSpanId)).size, 1)
      assert.deepEqual(
        traces.spans.map((span) => [said(span, "task"), said(span, "outcome"), said(span, "waited_ms")]),
        [
          ["acked", "done", "3000"],
          ["failed", "dead", "3000"],
          ["released", "given back", "3000"],
          ["put off", "put off", "3000"]
        ]
      )
      assert.notInclude(JSON.stringify(traces.spans), "alice")
    })
  )
})
