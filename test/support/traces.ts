import type { Layer } from "effect"
import type { OtlpSpan } from "../../src/observability/RecordedSpan.ts"
import { layerTelling, type Tracing } from "../../src/observability/tracing.ts"

/** Traces kept in memory, in the order in which their spans ended. */
export const tracesInMemory = (
  ratio = 1
): { readonly spans: Array<OtlpSpan>; readonly layer: Layer.Layer<Tracing> } => {
  const spans: Array<OtlpSpan> = []
  return { spans, layer: layerTelling({ ratio, tell: (span) => spans.push(span) }) }
}
