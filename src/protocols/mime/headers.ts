import type { Defect } from "../../domain/Content.ts"
import { decodeUnlabelled } from "./charset.ts"
import { decodeWords } from "./encodedWords.ts"
import type { MimeLimits } from "./MimeLimits.ts"

/** One header field: its name in lower case and the byte range of its value, line breaks included. */
export interface HeaderField {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** The header block of one entity. */
export interface HeaderBlock {
  readonly fields: ReadonlyArray<HeaderField>
  /** Offset of the first body octet. */
  readonly bodyStart: number
  /** Line breaks between the start of the block and `bodyStart`. */
  readonly lines: number
}

export interface HeaderScan {
  readonly raw: Buffer
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
  /** Header octets that may still be decoded, of all entities. */
  readonly budget: { left: number }
  /** Whether the line that starts at this offset is a boundary: it ends a header that lacks its empty line. */
  readonly isBoundary: (lineStart: number) => boolean
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a
const DASH = 0x2d

/** Offset of the colon after a field name (RFC 5322 3.6.8; white space before it forgiven), or -1. */
const colonOf = (raw: Buffer, start: number, end: number): number => {
  let at = start
  while (at < end) {
    const byte = raw[at] ?? 0
    if (byte === COLON) return at > start ? at : -1
    if (byte <= SPACE || byte >= 0x7f) break
    at++
  }
  if (at === start) return -1
  while (at < end && (raw[at] === SPACE || raw[at] === TAB)) at++
  return raw[at] === COLON ? at : -1
}

const nameOf = (raw: Buffer, start: number, colon: number): string =>
  raw.toString("latin1", start, colon).trimEnd().toLowerCase()

/** Length of the empty line at `at`, or 0. */
const emptyLine = (raw: Buffer, at: number): number => {
  if (raw[at] === LF) return 1
  return raw[at] === CR && raw[at + 1] === LF ? 2 : 0
}

class FieldList {
  readonly fields: Array<HeaderField> = []
  readonly #scan: HeaderScan
  #name: string | undefined
  #valueStart = 0

  constructor(scan: HeaderScan) {
    this.#scan = scan
  }

  /** Ends the field whose lines came before `at`. */
  close(at: number): void {
    if (this.#name !== undefined) this.fields.push({ name: this.#name, start: this.#valueStart, end: at })
    this.#name = undefined
  }

  /** Begins the field on the line `[start, end)`; a line that is none is passed over, but for an mbox line on top. */
  open(start: number, end: number, isFirst: boolean): void {
    const { raw, limits, defects } = this.#scan
    const colon = colonOf(raw, start, end)
    if (colon === -1) {
      if (!isFirst) defects.add("invalid-header-line")
      return
    }
    if (this.fields.length === limits.headerFields) {
      defects.add("too-many-header-fields")
      return
    }
    this.#name = nameOf(raw, start, colon)
    this.#valueStart = colon + 1
  }
}

/** Reads fields from `start` up to the empty line, a boundary, or the end of the message. */
export const scanHeaders = (scan: HeaderScan, start: number): HeaderBlock => {
  const { raw } = scan
  const list = new FieldList(scan)
  let lines = 0
  let at = start
  while (at < raw.length) {
    const empty = emptyLine(raw, at)
    if (empty > 0) {
      at += empty
      lines++
      list.close(at)
      break
    }
    const first = raw[at]
    if (first === DASH && raw[at + 1] === DASH && scan.isBoundary(at)) break
    const newline = raw.indexOf(LF, at)
    const next = newline === -1 ? raw.length : newline + 1
    if (first !== SPACE && first !== TAB) {
      list.close(at)
      list.open(at, next, at === start)
    }
    if (newline !== -1) lines++
    at = next
  }
  list.close(at)
  return { fields: list.fields, bodyStart: at, lines }
}

/** Reads field values of one header block, spending the entity's budget of header octets. */
export class HeaderReader {
  readonly #scan: HeaderScan
  readonly #block: HeaderBlock
  #budget: number

  constructor(scan: HeaderScan, block: HeaderBlock) {
    this.#scan = scan
    this.#block = block
    this.#budget = scan.limits.headerBytes
  }

  get fields(): ReadonlyArray<HeaderField> {
    return this.#block.fields
  }

  /** First field of that name, unfolded (RFC 5322 2.2.3), without NUL, encoded words not decoded; null when absent. */
  first(name: string): string | null {
    const field = this.#block.fields.find((candidate) => candidate.name === name)
    return field === undefined ? null : this.read(field)
  }

  /** All fields of that name joined by commas: what RFC 5322 3.6 forbids and senders do. */
  joined(name: string): string {
    return this.#block.fields
      .filter((candidate) => candidate.name === name)
      .map((field) => this.read(field))
      .join(", ")
  }

  /** The value as unfolded text; cut to what the limits still allow. */
  read(field: HeaderField): string {
    const { raw, limits, defects, budget } = this.#scan
    const length = Math.min(field.end - field.start, limits.fieldBytes, this.#budget, budget.left)
    if (length < field.end - field.start) defects.add("header-too-long")
    this.#budget -= length
    budget.left -= length
    const end = field.start + length
    const latin1 = raw.toString("latin1", field.start, end)
    const text = notAscii.test(latin1) ? decodeUnlabelled(raw.subarray(field.start, end)) : latin1
    return (text.includes("\n") ? text.replace(/\r?\n/g, "") : text).replaceAll("\0", "").trim()
  }

  /** The value as text for people: encoded words decoded, control characters gone, cut to `length` characters. */
  text(value: string, length: number): string {
    const decoded = decodeWords(value, this.#scan.limits.encodedWords, this.#scan.defects)
    return cut(cleanText(decoded), length)
  }
}

const controls = /\p{Cc}/u
const notAscii = /[\u0080-\uffff]/

/** Replaces control characters by a space (NUL by nothing) and trims. */
export const cleanText = (text: string): string =>
  controls.test(text)
    ? text
        .replaceAll("\0", "")
        .replace(/\p{Cc}+/gu, " ")
        .trim()
    : text.trim()

/** At most `length` UTF-16 units, never half a surrogate pair. */
export const cut = (text: string, length: number): string => {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}
