import { Effect, type Tracer } from "effect"
import type { Command } from "../domain/Command.ts"

/** Every span. Names come from closed sets; what they are about stands in attributes. */
export type SpanName =
  | "smtp message"
  | "smtp receive"
  | "blob put"
  | "blob get"
  | "publish"
  | "ingest"
  | "mime read"
  | "contents put"
  | `mailbox ${Command["_tag"]}`
  | "commit"
  | "watch wake"
  | "ack"
  | "index"
  | "notify"
  /** By the name of a statement of ours. */
  | `postgres ${string}`
  /** By service and method, as in `proto/`. */
  | `${string}/${string}`

/** Everything that a span may say: ids, sizes, counts, outcomes. Never an address, a subject or content. */
export const attributeNames = [
  "attempt",
  "changes",
  "commands",
  "correlation_id",
  "mailbox",
  "messages",
  "modseq",
  "origin",
  "outcome",
  "protocol",
  "recipients",
  "size_bytes",
  "task",
  "tasks",
  "tenant",
  "waited_ms"
] as const

export interface SpanOptions {
  readonly name: SpanName
  readonly kind?: Tracer.SpanKind
  readonly attributes?: { readonly [Name in (typeof attributeNames)[number]]?: string | number | boolean }
}

/** As Effect takes them. Our names say where a span comes from; stack traces would cost more than the rest of it. */
const forEffect = ({ kind, attributes }: SpanOptions): Tracer.SpanOptions => ({
  kind,
  attributes: { ...attributes },
  captureStackTrace: false
})

/** For what depends on the trace that the fiber is in; undefined = none. Costs one look at the fiber. */
export const inTrace = <A, E, R>(
  use: (span: Tracer.AnySpan | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime<A, E, R>(({ currentSpan }) =>
    use(currentSpan?.sampled === true ? currentSpan : undefined)
  )

/** Does it as a span of the trace that the fiber is in; outside of a trace just does it. */
export const spanned = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  span: () => SpanOptions
): Effect.Effect<A, E, R> =>
  inTrace((parent) => {
    if (parent === undefined) return effect
    const options = span()
    return Effect.withSpan(effect, options.name, forEffect(options))
  })

/** Does it in the trace of a span that somebody else ends; log lines name the trace. */
export const under = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  span: Tracer.AnySpan | null | undefined
): Effect.Effect<A, E, R> =>
  span === null || span === undefined
    ? effect
    : effect.pipe(Effect.withParentSpan(span), Effect.annotateLogs("trace_id", span.traceId))

/** Does it in the trace of the span, and ends the span with it. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span | null
): Effect.Effect<A, E, R> =>
  span === null ? effect : Effect.onExit(under(effect, span), (exit) => ended([span], exit))

/** Does what several traces share, as a span of each; what it consists of is told in the first of them. */
export const spannedInEach = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  parents: ReadonlyArray<Tracer.AnySpan>,
  span: () => SpanOptions
): Effect.Effect<A, E, R> => {
  if (parents.length === 0) return effect
  const options = span()
  return Effect.acquireUseRelease(
    Effect.forEach(parents, (parent) => Effect.makeSpan(options.name, { ...forEffect(options), parent })),
    ([first]) => under(effect, first),
    ended
  )
}

/** Ends them now. */
export const ended = (
  spans: ReadonlyArray<Tracer.Span>,
  exit: Parameters<Tracer.Span["end"]>[1]
): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    Effect.sync(() => {
      for (const span of spans) span.end(clock.unsafeCurrentTimeNanos(), exit)
    })
  )
