import { randomBytes } from "node:crypto"
import { Cause, Context, Exit, Option, Predicate, type Tracer } from "effect"
import { attributeNames } from "./spans.ts"

/** A span as OTLP has it in JSON (opentelemetry-proto, trace.proto). */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: OtlpValue }>
  readonly status: { readonly code: number; readonly message?: string }
}

/** 64-bit numbers are strings in protobuf's JSON. */
type OtlpValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } satisfies Record<
  Tracer.SpanKind,
  number
>
const failed = 2

export const newTraceId = (): string => randomBytes(16).toString("hex")

export interface Beginning {
  readonly name: string
  readonly traceId: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly isSampled: boolean
  readonly startTime: bigint
  readonly kind: Tracer.SpanKind
}

/** Effect's span; where it is sampled, what it became is told at its end. */
export class RecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly traceId: string
  readonly spanId = randomBytes(8).toString("hex")
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context = Context.empty()
  readonly sampled: boolean
  readonly kind: Tracer.SpanKind
  readonly attributes = new Map<string, unknown>()
  readonly links: ReadonlyArray<Tracer.SpanLink> = []
  status: Tracer.SpanStatus
  readonly #tell: (span: OtlpSpan) => void

  constructor(
    { name, traceId, parent, isSampled, startTime, kind }: Beginning,
    tell: (span: OtlpSpan) => void
  ) {
    this.name = name
    this.traceId = traceId
    this.parent = parent
    this.sampled = isSampled
    this.kind = kind
    this.status = { _tag: "Started", startTime }
    this.#tell = tell
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    if (this.status._tag === "Ended") return
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
    if (this.sampled) this.#tell(this.#toOtlp(endTime, exit))
  }

  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
  }

  /** What libraries note along the way may hold what a trace must not. */
  event(): void {}
  addLinks(): void {}

  #toOtlp(endTime: bigint, exit: Exit.Exit<unknown, unknown>): OtlpSpan {
    return {
      traceId: this.traceId,
      spanId: this.spanId,
      ...(Option.isSome(this.parent) ? { parentSpanId: this.parent.value.spanId } : {}),
      name: this.name,
      kind: kinds[this.kind],
      startTimeUnixNano: String(this.status.startTime),
      endTimeUnixNano: String(endTime),
      attributes: attributeNames.flatMap((key) => {
        const value = toOtlpValue(this.attributes.get(key))
        return value === undefined ? [] : [{ key, value }]
      }),
      status: Exit.isSuccess(exit) ? { code: 0 } : { code: failed, message: reasonOf(exit.cause) }
    }
  }
}

const toOtlpValue = (value: unknown): OtlpValue | undefined => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "boolean":
      return { boolValue: value }
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
    default:
      return undefined
  }
}

/** The name of an error and no more: its text may quote what a client said. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const failure = Cause.failureOption(cause)
  if (Option.isNone(failure)) return Cause.isInterruptedOnly(cause) ? "Interrupted" : "Defect"
  const { value } = failure
  return Predicate.hasProperty(value, "_tag") && typeof value._tag === "string" ? value._tag : "Failure"
}
