import { Context, Effect, Layer, Option, Tracer } from "effect"
import { makeExporter } from "./OtlpExporter.ts"
import { type Beginning, newTraceId, type OtlpSpan, RecordedSpan } from "./RecordedSpan.ts"
import type { SpanOptions } from "./spans.ts"
import { TraceConfig } from "./TraceConfig.ts"

/**
 * Begins traces where messages and calls come in. Whether one is traced is decided there, once; who works on it further
 * on finds it in the fiber, or in the task's payload. Off by default.
 */
export class Tracing extends Context.Reference<Tracing>()("postroom/observability/Tracing", {
  defaultValue: (): {
    /** A trace of its own where the dice fall so; null = it is not traced. */
    readonly begin: (span: () => SpanOptions, traceId?: string) => Tracer.Span | null
    /** Goes on with a trace that was begun elsewhere; null where it was not sampled there. */
    readonly follow: (parent: Tracer.ExternalSpan, span: () => SpanOptions) => Tracer.Span | null
  } => ({ begin: () => null, follow: () => null })
}) {}

/** Traces of the whole process, which has these roles, by configuration. */
export const layer = (roles: ReadonlyArray<string>) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const { collector, ratio } = yield* TraceConfig
      return Option.isNone(collector)
        ? Layer.empty
        : layerTelling({ ratio, tell: yield* makeExporter(collector.value, roles) })
    })
  )

/** Traces of which every span is told at its end. */
export const layerTelling = (options: {
  /** Share of what comes in that is traced where its sender has not decided it. */
  readonly ratio: number
  readonly tell: (span: OtlpSpan) => void
}): Layer.Layer<Tracing> =>
  Layer.unwrapEffect(
    Effect.map(Effect.clock, (clock) => {
      const { ratio, tell } = options
      const start = (
        { name, kind = "internal", attributes }: SpanOptions,
        trace: Pick<Beginning, "traceId" | "parent">
      ): Tracer.Span => {
        const startTime = clock.unsafeCurrentTimeNanos()
        const span = new RecordedSpan({ ...trace, name, kind, startTime, isSampled: true }, tell)
        for (const [key, value] of Object.entries(attributes ?? {})) span.attribute(key, value)
        return span
      }

      /** Spans within a trace that was begun. Those of a library that begins one by itself are not sampled. */
      const tracer = Tracer.make({
        span: (name, parent, _context, _links, startTime, kind) => {
          const { traceId, sampled: isSampled } = Option.getOrElse(parent, untraced)
          return new RecordedSpan({ name, traceId, parent, isSampled, startTime, kind }, tell)
        },
        context: (run) => run()
      })

      return Layer.merge(
        Layer.setTracer(tracer),
        Layer.succeed(Tracing, {
          begin: (span, traceId) =>
            Math.random() < ratio
              ? start(span(), { traceId: traceId ?? newTraceId(), parent: Option.none() })
              : null,
          follow: (parent, span) =>
            parent.sampled ? start(span(), { traceId: parent.traceId, parent: Option.some(parent) }) : null
        })
      )
    })
  )

const untraced = () => ({ traceId: newTraceId(), sampled: false })
