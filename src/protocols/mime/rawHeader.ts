import { bufferOf } from "./decode.ts"
import { type HeaderField, scanHeaders } from "./headers.ts"
import { defaultMimeLimits } from "./MimeLimits.ts"

/** A header field as it stands in the message. */
export interface RawField extends HeaderField {
  /** Offset of its name; `start` is where the value begins. */
  readonly nameStart: number
}

export interface RawHeader {
  readonly fields: ReadonlyArray<RawField>
  /** Where the empty line begins; where there is none, the body does. */
  readonly fieldsEnd: number
  /** Offset of the first body octet. */
  readonly bodyStart: number
}

const LF = 0x0a
const CR = 0x0d

/** However many there are: what is to be taken out must not hide behind a limit. */
const limits = { ...defaultMimeLimits, headerFields: Number.POSITIVE_INFINITY }

/** Where the fields of the header block at `from` lie. */
export const rawHeaderOf = (raw: Uint8Array, from = 0): RawHeader => {
  const bytes = bufferOf(raw)
  const scan = {
    raw: bytes,
    limits,
    defects: new Set<never>(),
    budget: { left: limits.totalHeaderBytes },
    isBoundary: () => false
  }
  const { fields, bodyStart } = scanHeaders(scan, from)
  const fieldsEnd = bodyStart - emptyLineBefore(bytes, bodyStart)
  return {
    fields: fields.map(({ name, start, end }) => ({
      name,
      nameStart: bytes.lastIndexOf(LF, start - 1) + 1,
      start,
      end: Math.min(end, fieldsEnd)
    })),
    fieldsEnd,
    bodyStart
  }
}

/** Length of the empty line that ends at `at`, or 0. */
const emptyLineBefore = (bytes: Buffer, at: number): number => {
  if (bytes[at - 1] !== LF) return 0
  if (bytes[at - 2] === LF) return 1
  return bytes[at - 2] === CR && bytes[at - 3] === LF ? 2 : 0
}

/** The message without the fields of these names, lower case; the same memory where it has none of them. */
export const withoutFields = (raw: Uint8Array, names: ReadonlySet<string>): Uint8Array => {
  const unwanted = rawHeaderOf(raw).fields.filter(({ name }) => names.has(name))
  if (unwanted.length === 0) return raw
  const kept: Array<Uint8Array> = []
  let at = 0
  for (const { nameStart, end } of unwanted) {
    kept.push(raw.subarray(at, nameStart))
    at = end
  }
  return Buffer.concat([...kept, raw.subarray(at)])
}
