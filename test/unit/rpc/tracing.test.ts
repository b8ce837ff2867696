import { ConnectError } from "@connectrpc/connect"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { summary } from "../../support/alice.ts"
import { said } from "../../support/collector.ts"
import { logLines } from "../../support/logLines.ts"
import { tracesInMemory } from "../../support/traces.ts"
import { alice, makeWorld, type World } from "./fakes.ts"
import { clientOf, serving } from "./serving.ts"

const caller = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" }
const tenant = "aaaaaaaa-0000-4000-8000-000000000000"

type Client = ReturnType<typeof clientOf>

/** A server whose calls are traced, a client of it, and what it tells. */
const tracing = (world: World, { ratio = 1, name = "alice" } = {}) =>
  Effect.gen(function* () {
    const traces = tracesInMemory(ratio)
    const logs = logLines()
    const at = yield* Effect.provide(serving(world), Layer.merge(traces.layer, logs.layer))
    return { client: clientOf(at, "gRPC", name), spans: traces.spans, lines: logs.lines }
  })

/** The headers of the answer to a call with these headers. */
const answered = (client: Client, headers: Record<string, string> = {}) =>
  Effect.promise(() => {
    const answers: Array<Headers> = []
    return client
      .getMailbox({}, { headers, onHeader: (header) => answers.push(header) })
      .then(() => answers[0])
  })

/** A server may be done with a call a moment after its client. */
const settled = (spans: ReadonlyArray<unknown>, count: number) =>
  Effect.suspend(() => (spans.length >= count ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced("5 millis")),
    Effect.timeout("10 seconds")
  )

describe("a call that is traced", () => {
  it.scopedLive("answers with its trace, which its span and its log lines name", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.onState = Effect.logInfo("looked")
      const { client, spans, lines } = yield* tracing(world)
      const headers = yield* answered(client, { "x-correlation-id": "abc-1" })
      const traceId = headers?.get("x-trace-id")
      assert.match(traceId ?? "", /^[0-9a-f]{32}$/)
      assert.strictEqual(headers?.get("x-correlation-id"), "abc-1")
      assert.strictEqual(headers?.get("x-tenant"), tenant)
      const [span] = spans
      assert.deepEqual([span?.name, span?.traceId, span?.kind], ["MailboxService/GetMailbox", traceId, 2])
      const words = ["correlation_id", "tenant", "outcome"].map((name) => said(span, name))
      assert.deepEqual(words, ["abc-1", tenant, "ok"])
      const looked = lines.filter(({ message }) => message === "looked")
      assert.deepEqual(looked, [
        { message: "looked", correlation_id: "abc-1", trace_id: traceId, user: looked[0]?.["user"], tenant }
      ])
    })
  )

  it.scopedLive("goes on with its caller's trace, or takes the id that the caller asks for", () =>
    Effect.gen(function* () {
      const { client, spans } = yield* tracing(makeWorld())
      const traceparent = `00-${caller.trace}-${caller.span}-01`
      const followed = yield* answered(client, { traceparent, "x-trace-id": "f".repeat(32) })
      assert.strictEqual(followed?.get("x-trace-id"), caller.trace)
      const named = yield* answered(client, { "x-trace-id": caller.trace })
      assert.strictEqual(named?.get("x-trace-id"), caller.trace)
      const odd = yield* answered(client, { "x-trace-id": "t-1", traceparent: "nonsense" })
      assert.match(odd?.get("x-trace-id") ?? "", /^[0-9a-f]{32}$/)
      yield* settled(spans, 3)
      assert.deepEqual(
        spans.map(({ parentSpanId }) => parentSpanId),
        [caller.span, undefined, undefined]
      )
    })
  )

  it.scopedLive("says how it failed", () =>
    Effect.gen(function* () {
      const { client, spans } = yield* tracing(makeWorld())
      yield* Effect.flip(
        Effect.tryPromise({ try: () => client.listMessages({ folderId: 9n }), catch: ConnectError.from })
      )
      assert.strictEqual(said(spans[0], "outcome"), "not_found")
      assert.strictEqual(spans[0]?.status.message, "not_found")
    })
  )

  it.scopedLive("is one span for a whole stream", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.box(alice).messages.set(1, summary(1))
      const { client, spans } = yield* tracing(world)
      yield* Effect.promise(async () => {
        for await (const _ of client.getRaw({ messageId: 1n }));
      })
      yield* settled(spans, 1)
      assert.deepEqual(
        spans.map((span) => [span.name, said(span, "outcome")]),
        [["MailboxService/GetRaw", "ok"]]
      )
    })
  )
})

describe("a call that is not traced", () => {
  it.scopedLive("because its caller has decided so, leaves no span", () =>
    Effect.gen(function* () {
      const { client, spans } = yield* tracing(makeWorld())
      const headers = yield* answered(client, { traceparent: `00-${caller.trace}-${caller.span}-00` })
      assert.isNull(headers?.get("x-trace-id"))
      assert.deepEqual(spans, [])
    })
  )

  it.scopedLive("names the trace that its caller speaks of all the same", () =>
    Effect.gen(function* () {
      const world = makeWorld()
      world.onState = Effect.logInfo("looked")
      const { client, spans, lines } = yield* tracing(world, { ratio: 0 })
      const headers = yield* answered(client, { "x-trace-id": "t-1" })
      assert.strictEqual(headers?.get("x-trace-id"), "t-1")
      assert.include(
        lines.find(({ message }) => message === "looked"),
        { trace_id: "t-1" }
      )
      assert.deepEqual(spans, [])
    })
  )

  it.scopedLive("because nobody knows who asks, cannot begin a trace", () =>
    Effect.gen(function* () {
      const { client, spans } = yield* tracing(makeWorld(), { name: "eve" })
      yield* Effect.flip(Effect.tryPromise({ try: () => client.getMailbox({}), catch: ConnectError.from }))
      assert.deepEqual(spans, [])
    })
  )
})
