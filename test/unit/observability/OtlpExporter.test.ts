import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Logger, Schedule, Scope } from "effect"
import { metrics } from "../../../src/observability/metrics.ts"
import { makeExporter } from "../../../src/observability/OtlpExporter.ts"
import type { OtlpSpan } from "../../../src/observability/RecordedSpan.ts"
import { collecting } from "../../support/collector.ts"

const span: OtlpSpan = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
  name: "smtp message",
  kind: 2,
  startTimeUnixNano: "1",
  endTimeUnixNano: "2",
  attributes: [],
  status: { code: 0 }
}

/** Spans sent and dropped since it was run. */
const counted = Effect.promise(async () => {
  const { values } = await metrics.traceSpans.get()
  const of = (fate: string) => values.find(({ labels }) => labels.fate === fate)?.value ?? 0
  return { sent: of("sent"), dropped: of("dropped") }
})
const counting = Effect.map(counted, (before) =>
  Effect.map(counted, ({ sent, dropped }) => [sent - before.sent, dropped - before.dropped] as const)
)

const eventually = (counts: Effect.Effect<readonly [number, number]>, expected: readonly [number, number]) =>
  counts.pipe(
    Effect.repeat({
      until: ([sent, dropped]) => sent === expected[0] && dropped === expected[1],
      schedule: Schedule.spaced("5 millis")
    }),
    Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => `not ${expected.join(" and ")}` })
  )

const give = (tell: (span: OtlpSpan) => void, count: number) =>
  Effect.sync(() => {
    for (let n = 0; n < count; n++) tell(span)
  })

// One after the other: the counters are the process's.
describe.sequential("the exporter of traces", () => {
  it.scopedLive(
    "drops and counts what is not taken, says so once, and goes on when its collector is back",
    () =>
      Effect.gen(function* () {
        const collector = yield* collecting()
        const counts = yield* counting
        const lines: Array<string> = []
        const tell = yield* makeExporter(new URL(collector.url), ["all"]).pipe(
          Effect.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.make(({ message }) => lines.push(String(message)))
            )
          )
        )
        collector.answers = "busy"
        yield* give(tell, 1024)
        yield* eventually(counts, [0, 1024])
        collector.answers = "ok"
        yield* give(tell, 512)
        yield* eventually(counts, [512, 1024])
        assert.deepEqual(lines, [
          "the collector of traces is away (HTTP 503); traces are dropped until it is back",
          "the collector of traces is back"
        ])
      })
  )

  it.scopedLive("drops where nobody listens", () =>
    Effect.gen(function* () {
      const counts = yield* counting
      const tell = yield* makeExporter(new URL("http://127.0.0.1:9"), ["all"]).pipe(
        Effect.provide(Logger.remove(Logger.defaultLogger))
      )
      yield* give(tell, 512)
      yield* eventually(counts, [0, 512])
    })
  )

  it.live("keeps so many and no more for a collector that hangs, and a stop does not wait for it", () =>
    Effect.gen(function* () {
      const collector = yield* collecting()
      collector.answers = "silent"
      const counts = yield* counting
      const scope = yield* Scope.make()
      const tell = yield* Scope.extend(makeExporter(new URL(collector.url), ["all"]), scope)
      yield* give(tell, 20_000)
      assert.deepEqual(yield* counts, [0, 20_000 - 8192])
      yield* Effect.timeoutFail(Scope.close(scope, Exit.void), {
        duration: "4 seconds",
        onTimeout: () => "it waited"
      })
    }).pipe(Effect.scoped)
  )

  it.live("sends at a stop what it has left", () =>
    Effect.gen(function* () {
      const collector = yield* collecting()
      const tell = yield* Effect.scoped(
        Effect.tap(makeExporter(new URL(`${collector.url}/`), ["all"]), (tell) => give(tell, 3))
      )
      assert.isFunction(tell)
      assert.strictEqual((yield* collector.spans).length, 3)
      const { resource } = JSON.parse(yield* collector.received).resourceSpans[0]
      const said = (wanted: string) =>
        resource.attributes.find(({ key }: { readonly key: string }) => key === wanted)?.value
      assert.deepEqual(said("service.name"), { stringValue: "postroom" })
      assert.match(said("service.instance.id").stringValue, /^[0-9a-f-]{36}$/)
      assert.deepEqual(said("postroom.roles"), { arrayValue: { values: [{ stringValue: "all" }] } })
    }).pipe(Effect.scoped)
  )
})
