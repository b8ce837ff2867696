import { randomUUID } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import type { Tracer } from "effect"
import { CorrelationId } from "../domain/ids.ts"
import type { SpanOptions } from "./spans.ts"
import { isTraceId, parseTraceparent } from "./traceparent.ts"
import type { Tracing } from "./tracing.ts"

/** A header as node gives it; of a repeated one the first. */
export type HeaderValue = string | ReadonlyArray<string> | undefined

export const headerText = (value: HeaderValue): string | undefined =>
  typeof value === "string" ? value : value?.[0]

const soundId = /^[\w.:-]{1,128}$/

/** `X-Correlation-Id` as the caller gave it where it is sound, else a new one. It ends up in logs, audit and Received. */
export const correlationIdOf = (value: HeaderValue): CorrelationId => {
  const text = headerText(value)
  return CorrelationId(text !== undefined && soundId.test(text) ? text : randomUUID())
}

/** `X-Trace-Id`, where it is sound. Of a call that is traced it becomes the trace's id, if it can be one. */
export const traceIdOf = (value: HeaderValue): string | null => {
  const text = headerText(value)
  return text !== undefined && soundId.test(text) ? text : null
}

/** Goes on with the caller's trace, or decides whether to begin one; null where it is not traced. */
export const traced = (
  tracing: Tracing["Type"],
  headers: IncomingHttpHeaders,
  span: () => SpanOptions
): Tracer.Span | null => {
  const parent = parseTraceparent(headerText(headers["traceparent"]))
  if (parent !== null) return tracing.follow(parent, span)
  const traceId = traceIdOf(headers["x-trace-id"])
  return tracing.begin(span, traceId !== null && isTraceId(traceId) ? traceId : undefined)
}
