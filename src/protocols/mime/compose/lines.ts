import { bufferOf } from "../decode.ts"

/** Octets of a line without its break (RFC 5322 2.1.1). */
export const maxLineBytes = 998

/** What of some octets SMTP would not carry as they are. */
export interface Oddities {
  /** CR or LF that stands alone. */
  readonly hasBareBreaks: boolean
  readonly hasNul: boolean
  readonly hasLongLines: boolean
  readonly hasHighOctets: boolean
}

const CR = 0x0d
const LF = 0x0a

/** One pass; lines end at any break, since each becomes CRLF. */
export const odditiesOf = (bytes: Uint8Array): Oddities => {
  let hasBareBreaks = false
  let hasNul = false
  let high = 0
  let longest = 0
  let lineStart = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    high |= byte
    if (byte > CR) continue
    if (byte === 0) hasNul = true
    if (byte !== CR && byte !== LF) continue
    longest = Math.max(longest, at - lineStart)
    const isPair = byte === CR && bytes[at + 1] === LF
    if (isPair) at++
    else hasBareBreaks = true
    lineStart = at + 1
  }
  longest = Math.max(longest, bytes.length - lineStart)
  return { hasBareBreaks, hasNul, hasLongLines: longest > maxLineBytes, hasHighOctets: high > 0x7f }
}

/** Every break as CRLF, and nothing else: for what is signed. */
export const canonicalBreaks = (bytes: Uint8Array): Uint8Array =>
  odditiesOf(bytes).hasBareBreaks ? withLines(bytes, (text) => text.split(anyBreak)) : bytes

/** As `canonicalBreaks`, without NUL, and lines broken where they are too long: for what no transfer encoding can save. */
export const tidyLines = (bytes: Uint8Array): Uint8Array => {
  const { hasBareBreaks, hasNul, hasLongLines } = odditiesOf(bytes)
  if (!hasBareBreaks && !hasNul && !hasLongLines) return bytes
  return withLines(bytes, (text) => text.replaceAll("\0", "").split(anyBreak).flatMap(broken))
}

const anyBreak = /\r\n|\r|\n/

const withLines = (bytes: Uint8Array, linesOf: (text: string) => ReadonlyArray<string>): Uint8Array =>
  Buffer.from(linesOf(bufferOf(bytes).toString("latin1")).join("\r\n"), "latin1")

const broken = (line: string): ReadonlyArray<string> => {
  if (line.length <= maxLineBytes) return [line]
  return Array.from({ length: Math.ceil(line.length / maxLineBytes) }, (_, n) =>
    line.slice(n * maxLineBytes, (n + 1) * maxLineBytes)
  )
}
