import { Tracer } from "effect"

/** `version-trace-parent-flags`; a later version may have more behind it (W3C Trace Context 3.2.2). */
const shape = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The span that a `traceparent` names, with what was decided there; null where it is not sound. */
export const parseTraceparent = (text: string | undefined): Tracer.ExternalSpan | null => {
  const [, version, traceId, spanId, flags, more] = shape.exec(text ?? "") ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  if (version === "00" && more !== undefined) return null
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** Whether a trace may have that id (W3C Trace Context 3.2.2.3). */
export const isTraceId = (text: string): boolean => /^(?!0{32})[0-9a-f]{32}$/.test(text)

export const traceparentOf = ({ traceId, spanId, sampled }: Tracer.AnySpan): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
