import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { CorrelationId, TaskId } from "../../../src/domain/ids.ts"
import { within } from "../../../src/observability/spans.ts"
import { Tracing } from "../../../src/observability/tracing.ts"
import { IngestTask } from "../../../src/pipeline/IngestTask.ts"
import { makeTaskSpans } from "../../../src/pipeline/taskSpans.ts"
import {
  type ClaimedTask,
  type NewTask,
  type Payload,
  Streams
} from "../../../src/storage/streams/Streams.ts"
import { parentOf, publishMail } from "../../../src/storage/streams/taskTrace.ts"
import { outline, said, treesOf } from "../../support/collector.ts"
import { tracesInMemory } from "../../support/traces.ts"

const payload = {
  contentId: "content",
  tenantId: "tenant",
  blobKey: "blobs/x",
  checksum: "",
  sizeBytes: 1,
  receivedAt: 0,
  sender: "",
  protocol: "smtp",
  recipients: []
} satisfies typeof IngestTask.Encoded

const task = {
  taskId: TaskId("task"),
  stream: "mail_ingest",
  correlationId: CorrelationId("correlation"),
  tenantId: null,
  workKey: null,
  payload,
  notBefore: null
} satisfies NewTask

const claimed = (of: Payload): ClaimedTask => ({
  ...task,
  payload: of,
  claimId: "",
  attempt: 2,
  createdAt: 1000
})

/** What reaches the stream of a message that comes in. */
const published = (ratio: number) =>
  Effect.gen(function* () {
    const traces = tracesInMemory(ratio)
    const streams: Array<NewTask> = []
    const accept = Effect.gen(function* () {
      const { begin } = yield* Tracing
      const message = publishMail(yield* Streams, [task])
      yield* within(
        message,
        begin(() => ({ name: "smtp message" }))
      )
    })
    yield* Effect.provide(
      accept,
      Layer.merge(
        traces.layer,
        Layer.mock(Streams, { publish: (tasks) => Effect.sync(() => void streams.push(...tasks)) })
      )
    )
    return { traces, payload: streams[0]?.payload ?? {} }
  })

describe("a task of mail", () => {
  it.effect("carries its trace to the worker, who goes on with it", () =>
    Effect.gen(function* () {
      const { traces, payload: carried } = yield* published(1)
      // Who knows nothing of traces reads it as ever.
      assert.deepEqual(
        yield* Schema.decodeUnknown(IngestTask)(carried),
        yield* Schema.decode(IngestTask)(payload)
      )
      const one = claimed(carried)
      const spans = yield* Effect.provide(Effect.map(Tracing, makeTaskSpansOf), traces.layer)
      spans.begin(one, 1250)
      yield* spans.end([one], "retry", Exit.fail({ _tag: "Unavailable" }))
      yield* spans.end([one], "delivered")
      assert.deepEqual(outline(treesOf(traces.spans)), ["smtp message", "  publish", "    ingest"])
      const ingest = traces.spans.find(({ name }) => name === "ingest")
      const words = ["task", "correlation_id", "attempt", "waited_ms", "outcome"].map((name) =>
        said(ingest, name)
      )
      assert.deepEqual(words, ["task", "correlation", "2", "250", "retry"])
      assert.strictEqual(ingest?.status.message, "Unavailable")
    })
  )

  it.effect("that is not traced is published as it was", () =>
    Effect.gen(function* () {
      assert.deepEqual((yield* published(0)).payload, payload)
    })
  )

  it.effect("from before there were traces, or with nonsense for one, is worked on without", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      const spans = yield* Effect.provide(Effect.map(Tracing, makeTaskSpansOf), traces.layer)
      for (const trace of [
        undefined,
        7,
        null,
        "",
        "00-zz-1-01",
        `00-${"a".repeat(32)}-${"b".repeat(16)}-00`
      ]) {
        const one = claimed({ ...payload, trace })
        spans.begin(one, 0)
        assert.isUndefined(spans.spanOf(one))
        yield* spans.end([one], "delivered")
      }
      assert.isNull(parentOf(claimed(payload)))
      assert.deepEqual(traces.spans, [])
    })
  )

  it.effect("is not traced by a process that sends no traces", () =>
    Effect.gen(function* () {
      const { payload: carried } = yield* published(1)
      const spans = makeTaskSpansOf(yield* Tracing)
      const one = claimed(carried)
      spans.begin(one, 0)
      assert.isUndefined(spans.spanOf(one))
    })
  )
})

const makeTaskSpansOf = (tracing: typeof Tracing.Service) => makeTaskSpans(tracing, "ingest")
