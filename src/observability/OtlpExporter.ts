import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { Data, Effect, type Scope } from "effect"
import { metrics } from "./metrics.ts"
import type { OtlpSpan } from "./RecordedSpan.ts"

/** Spans that may wait for the collector. */
const maxWaiting = 8192
/** Spans of one request. */
const maxBatch = 512
const interval = "1 second"
const answerWithin = "5 seconds"
/** What a stop waits for the last spans. */
const patienceAtStop = "2 seconds"

class CollectorAway extends Data.TaggedError("CollectorAway")<{ readonly reason: string }> {}

/**
 * Sends spans to a collector, from time to time and many at once. Giving it a span never waits: those that the collector
 * does not take, or that come while too many wait, are dropped and counted.
 */
export const makeExporter = (
  collector: URL,
  roles: ReadonlyArray<string>
): Effect.Effect<(span: OtlpSpan) => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const resource = resourceOf(roles)
    const url = new URL("v1/traces", collector.href.replace(/\/?$/, "/"))
    const waiting: Array<OtlpSpan> = []
    const isFull = yield* Effect.makeLatch(false)
    let isAway = false

    const told = (reason: string | null) => {
      const isNews = isAway !== (reason !== null)
      isAway = reason !== null
      if (!isNews) return Effect.void
      return reason === null
        ? Effect.logInfo("the collector of traces is back")
        : Effect.logWarning(
            `the collector of traces is away (${reason}); traces are dropped until it is back`
          )
    }

    const sendSome = Effect.suspend(() => {
      const spans = waiting.splice(0, maxBatch)
      if (spans.length === 0) return Effect.void
      return post(url, { resource, spans }).pipe(
        Effect.onInterrupt(() => Effect.sync(() => waiting.unshift(...spans))),
        Effect.matchEffect({
          onFailure: ({ reason }) => {
            metrics.traceSpans.inc({ fate: "dropped" }, spans.length)
            return told(reason)
          },
          onSuccess: () => {
            metrics.traceSpans.inc({ fate: "sent" }, spans.length)
            return told(null)
          }
        })
      )
    })
    const sendAll = Effect.repeat(sendSome, { while: () => waiting.length >= maxBatch })

    yield* Effect.addFinalizer(() =>
      Effect.repeat(sendSome, { while: () => waiting.length > 0 }).pipe(
        Effect.interruptible,
        Effect.timeoutOption(patienceAtStop)
      )
    )
    yield* Effect.timeoutOption(isFull.await, interval).pipe(
      Effect.zipRight(isFull.close),
      Effect.zipRight(sendAll),
      Effect.forever,
      Effect.forkScoped
    )

    return (span) => {
      if (waiting.length >= maxWaiting) return metrics.traceSpans.inc({ fate: "dropped" })
      waiting.push(span)
      if (waiting.length >= maxBatch) isFull.unsafeOpen()
    }
  })

/** Of all spans of this process (OpenTelemetry semantic conventions, resources `service`, `host` and `process`). */
const resourceOf = (roles: ReadonlyArray<string>) => ({
  attributes: [
    ...Object.entries({
      "service.name": "postroom",
      "service.instance.id": randomUUID(),
      "host.name": hostname()
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    { key: "process.pid", value: { intValue: String(process.pid) } },
    {
      key: "postroom.roles",
      value: { arrayValue: { values: roles.map((stringValue) => ({ stringValue })) } }
    }
  ]
})

interface Told {
  readonly resource: ReturnType<typeof resourceOf>
  readonly spans: ReadonlyArray<OtlpSpan>
}

const post = (url: URL, { resource, spans }: Told): Effect.Effect<void, CollectorAway> =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "postroom" }, spans }] }]
        }),
        signal
      })
      await response.arrayBuffer()
      return response
    },
    catch: () => new CollectorAway({ reason: "no connection" })
  }).pipe(
    Effect.timeoutFail({
      duration: answerWithin,
      onTimeout: () => new CollectorAway({ reason: "no answer" })
    }),
    Effect.filterOrFail(
      ({ ok }) => ok,
      ({ status }) => new CollectorAway({ reason: `HTTP ${status}` })
    ),
    Effect.asVoid
  )
