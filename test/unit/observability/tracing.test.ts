import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Tracer } from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import { spanned, spannedInEach, within } from "../../../src/observability/spans.ts"
import { Tracing } from "../../../src/observability/tracing.ts"
import { outline, said, treesOf } from "../../support/collector.ts"
import { logLines } from "../../support/logLines.ts"
import { tracesInMemory } from "../../support/traces.ts"

const message = () => ({ name: "smtp message", kind: "server" }) as const
const caller = (sampled: boolean) =>
  Tracer.externalSpan({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", sampled })

/** What comes in over SMTP, with something done for it. */
const arrival = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.flatMap(Tracing, (tracing) => within(work, tracing.begin(message)))
const put = spanned(Effect.void, () => ({ name: "blob put", attributes: { size_bytes: 7 } }))

describe("a trace", () => {
  it.effect("is begun for the share of arrivals that was asked for", () =>
    Effect.gen(function* () {
      for (const [ratio, least, most] of [
        [0, 0, 0],
        [0.25, 150, 350],
        [1, 1000, 1000]
      ] as const) {
        const traces = tracesInMemory(ratio)
        yield* Effect.provide(Effect.replicateEffect(arrival(put), 1000), traces.layer)
        const count = new Set(traces.spans.map(({ traceId }) => traceId)).size
        assert.isTrue(count >= least && count <= most, `${count} of 1000 at ${ratio}`)
        // All of a trace or nothing of it.
        assert.strictEqual(traces.spans.length, 2 * count)
      }
    })
  )

  it.effect("that came from elsewhere goes on as was decided there", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory(0)
      const followed = (sampled: boolean) =>
        Effect.flatMap(Tracing, (tracing) => within(put, tracing.follow(caller(sampled), message)))
      yield* Effect.provide(Effect.all([followed(false), followed(true)]), traces.layer)
      assert.deepEqual(outline(treesOf(traces.spans)), ["smtp message", "  blob put"])
      const [inner, outer] = traces.spans
      assert.strictEqual(outer?.parentSpanId, caller(true).spanId)
      assert.isTrue(traces.spans.every(({ traceId }) => traceId === caller(true).traceId))
      assert.strictEqual(said(inner, "size_bytes"), "7")
    })
  )

  it.effect("is not begun by libraries, nor where tracing is off", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      const library = Effect.withSpan(put, "http.client GET", { attributes: { url: "a@b.test" } })
      yield* Effect.provide(Effect.all([library, put]), traces.layer)
      yield* arrival(put)
      assert.deepEqual(traces.spans, [])
    })
  )

  it.effect("says which error it was and nothing of what the error says", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      const secret = "bob@demo.test"
      const causes: ReadonlyArray<Cause.Cause<string | Unavailable>> = [
        Cause.fail(new Unavailable({ what: "blobs", cause: secret })),
        Cause.die(new Error(secret)),
        Cause.fail(secret)
      ]
      for (const cause of causes) {
        yield* arrival(
          Effect.withSpan(Effect.failCause(cause), "of a library", {
            attributes: { "url.full": secret, size_bytes: 1 }
          })
        ).pipe(Effect.exit, Effect.provide(traces.layer))
      }
      yield* arrival(Effect.interrupt).pipe(Effect.exit, Effect.provide(traces.layer))
      const reasons = traces.spans
        .filter(({ name }) => name === "smtp message")
        .map(({ status }) => status.message)
      assert.deepEqual(reasons, ["Unavailable", "Defect", "Failure", "Interrupted"])
      assert.notInclude(JSON.stringify(traces.spans), secret)
    })
  )

  it.effect("of several messages has a span in each for what is done for all of them at once", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      const commits = yield* Effect.gen(function* () {
        const { begin } = yield* Tracing
        const both = [begin(message), begin(message)].filter((span) => span !== null)
        let runs = 0
        const commit = Effect.zipRight(
          put,
          Effect.sync(() => ++runs)
        )
        yield* spannedInEach(commit, both, () => ({ name: "commit" }))
        for (const span of both) span.end(0n, Exit.void)
        return runs
      }).pipe(Effect.provide(traces.layer))
      assert.strictEqual(commits, 1)
      assert.deepEqual(outline(treesOf(traces.spans)), [
        "smtp message",
        "  commit",
        "    blob put",
        "smtp message",
        "  commit"
      ])
    })
  )

  it.effect("is named by the log lines within it", () =>
    Effect.gen(function* () {
      const traces = tracesInMemory()
      const logs = logLines()
      yield* arrival(Effect.logInfo("something")).pipe(Effect.provide(Layer.merge(traces.layer, logs.layer)))
      assert.deepEqual(logs.lines, [{ message: "something", trace_id: traces.spans[0]?.traceId }])
    })
  )
})
