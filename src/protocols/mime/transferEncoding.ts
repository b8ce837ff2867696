import type { TransferEncoding } from "../../domain/Content.ts"

const encodings: Readonly<Record<string, TransferEncoding>> = {
  "": "7bit",
  "7bit": "7bit",
  "7-bit": "7bit",
  "8bit": "8bit",
  "8-bit": "8bit",
  binary: "binary",
  base64: "base64",
  "quoted-printable": "quoted-printable",
  quotedprintable: "quoted-printable",
  "x-uuencode": "uuencode",
  "x-uue": "uuencode",
  uuencode: "uuencode",
  uue: "uuencode"
}

/** The value of a Content-Transfer-Encoding field, parameters and case forgiven. */
export const parseTransferEncoding = (value: string): TransferEncoding => {
  const name = value
    .split(/[;(]/, 1)
    .join("")
    .trim()
    .replace(/^["']|["']$/g, "")
    .toLowerCase()
  return (Object.hasOwn(encodings, name) ? encodings[name] : undefined) ?? "unknown"
}

const base64Values = (() => {
  const table = new Int8Array(256).fill(-1)
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  return table
})()

const EQUALS = 0x3d

/** Several padded runs behind each other: Node's decoder would stop at the first `=`. */
const decodeBase64Runs = (bytes: Buffer): Buffer => {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4))
  let length = 0
  let bits = 0
  let count = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    const value = base64Values[byte] ?? -1
    if (value >= 0) {
      bits = ((bits << 6) | value) & 0xffffff
      if (count > 0) out[length++] = (bits >> (6 - 2 * count)) & 0xff
      count = (count + 1) & 3
    } else if (byte === EQUALS) count = 0
  }
  return out.subarray(0, length)
}

/**
 * Padding ends the data, so that a footer which a mailing list appended is not decoded; unless nothing but more
 * padded runs follows, as of senders who encode line by line.
 */
const decodeBase64 = (bytes: Buffer): Buffer => {
  const padding = bytes.indexOf(EQUALS)
  if (padding === -1) return Buffer.from(bytes.toString("latin1"), "base64")
  let hasMore = false
  for (let i = padding + 1; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    const isData = (base64Values[byte] ?? -1) >= 0
    hasMore ||= isData
    if (isData || byte === EQUALS || byte === 0x0a || byte === 0x0d) continue
    hasMore = false
    break
  }
  return hasMore ? decodeBase64Runs(bytes) : Buffer.from(bytes.toString("latin1", 0, padding), "base64")
}

const hexValue = (byte: number | undefined): number => {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const upper = byte & 0xdf
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : -1
}

/** Where the line after a soft break begins, or -1 when `=` at `at - 1` is not followed by white space and a line end. */
const softBreak = (bytes: Buffer, at: number): number => {
  let i = at
  while (bytes[i] === 0x20 || bytes[i] === 0x09) i++
  if (i >= bytes.length) return i
  if (bytes[i] === 0x0d && bytes[i + 1] === 0x0a) return i + 2
  return bytes[i] === 0x0a ? i + 1 : -1
}

const decodeQuotedPrintable = (bytes: Buffer): Buffer => {
  let at = bytes.indexOf(EQUALS)
  if (at === -1) return bytes
  const out = Buffer.allocUnsafe(bytes.length)
  let length = bytes.copy(out, 0, 0, at)
  while (at < bytes.length) {
    const byte = bytes[at++] ?? 0
    if (byte !== EQUALS) {
      out[length++] = byte
      continue
    }
    const high = hexValue(bytes[at])
    const low = hexValue(bytes[at + 1])
    const next = high >= 0 && low >= 0 ? at + 2 : softBreak(bytes, at)
    if (high >= 0 && low >= 0) out[length++] = high * 16 + low
    else if (next === -1) out[length++] = byte
    at = next === -1 ? at : next
  }
  return out.subarray(0, length)
}

/** The first line of the encoded data: the one after `begin MODE NAME`, or -1. */
const uuDataStart = (bytes: Buffer): number => {
  for (let at = bytes.indexOf("begin "); at !== -1; at = bytes.indexOf("begin ", at + 1)) {
    const isLineStart = at === 0 || bytes[at - 1] === 0x0a
    if (isLineStart && /^begin [0-7]{3,4} /.test(bytes.toString("latin1", at, at + 11))) {
      const end = bytes.indexOf(0x0a, at)
      return end === -1 ? bytes.length : end + 1
    }
  }
  return -1
}

const uuValue = (byte: number | undefined): number => ((byte ?? 0x20) - 0x20) & 0x3f

/** Decodes one line into `out` and returns the new length; octets that the line lacks are taken as zero. */
const decodeUuLine = (line: Buffer, out: Buffer, start: number): number => {
  const end = start + uuValue(line[0])
  let length = start
  for (let i = 1; i < line.length && length < end; i += 4) {
    let group = 0
    for (let k = 0; k < 4; k++) group = (group << 6) | uuValue(line[i + k])
    for (let k = 16; k >= 0 && length < end; k -= 8) out[length++] = (group >> k) & 0xff
  }
  return length
}

const decodeUu = (bytes: Buffer): Buffer => {
  let at = uuDataStart(bytes)
  if (at === -1) return bytes
  const out = Buffer.allocUnsafe(bytes.length)
  let length = 0
  while (at < bytes.length) {
    const newline = bytes.indexOf(0x0a, at)
    const end = newline === -1 ? bytes.length : newline
    const line = bytes.subarray(at, bytes[end - 1] === 0x0d ? end - 1 : end)
    if (line.length === 3 && line.toString("latin1") === "end") break
    length = decodeUuLine(line, out, length)
    at = end + 1
  }
  return out.subarray(0, length)
}

/** Undoes a transfer encoding as far as it goes; identity encodings return the same memory. */
export const decodeTransfer = (bytes: Buffer, encoding: TransferEncoding): Buffer => {
  switch (encoding) {
    case "base64":
      return decodeBase64(bytes)
    case "quoted-printable":
      return decodeQuotedPrintable(bytes)
    case "uuencode":
      return decodeUu(bytes)
    default:
      return bytes
  }
}
