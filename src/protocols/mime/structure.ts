import type { Defect, Part } from "../../domain/Content.ts"
import { describeEntity, type Entity } from "./entity.ts"
import { type HeaderBlock, HeaderReader, type HeaderScan, scanHeaders } from "./headers.ts"
import type { MimeLimits } from "./MimeLimits.ts"

/** The body structure of a message, and the header of its root. */
export interface Structure {
  readonly parts: ReadonlyArray<Part>
  readonly header: HeaderReader
}

/** An entity whose end is not known yet. */
interface OpenEntity {
  readonly entity: Entity
  readonly index: number
  readonly parent: number
  readonly path: string
  readonly headerStart: number
  readonly bodyStart: number
  /** Line breaks of the message before `bodyStart`. */
  readonly linesBefore: number
  /** Boundary of a multipart that still may get children. */
  boundary: Buffer | undefined
  children: number
}

interface Delimiter {
  readonly frame: number
  readonly isClose: boolean
  /** Where the delimiter line begins and where the next line begins. */
  readonly start: number
  readonly next: number
}

const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d

/** After the boundary only white space may stand on the line; returns the start of the next line or -1. */
const lineTail = (raw: Buffer, from: number): number => {
  let at = from
  while (raw[at] === 0x20 || raw[at] === 0x09) at++
  if (raw[at] === CR && raw[at + 1] === LF) return at + 2
  if (raw[at] === LF) return at + 1
  return at >= raw.length ? raw.length : -1
}

/** Bytes of a line looked at one by one; beyond, the native search is worth its call. */
const shortLine = 24

/** Position of the next line feed, or -1. */
const lineFeed = (raw: Buffer, from: number): number => {
  const end = Math.min(raw.length, from + shortLine)
  for (let at = from; at < end; at++) if (raw[at] === LF) return at
  return end === raw.length ? -1 : raw.indexOf(LF, end)
}

/** A multipart is numbered only where it stands in a multipart; elsewhere it is the TEXT of its message. */
const pathOf = (entity: Entity, parent: OpenEntity | undefined): string => {
  const isMultipart = entity.type.startsWith("multipart/")
  if (parent === undefined) return isMultipart ? "TEXT" : "1"
  if (parent.entity.isMessage) return `${parent.path}.${isMultipart ? "TEXT" : "1"}`
  parent.children++
  return parent.path.endsWith("TEXT")
    ? `${parent.path.slice(0, -"TEXT".length)}${parent.children}`
    : `${parent.path}.${parent.children}`
}

/** Octets after decoding; of base64 what its clean characters amount to. */
const decodedSize = (
  raw: Buffer,
  open: OpenEntity,
  at: { readonly bodyEnd: number; readonly lines: number }
) => {
  const size = at.bodyEnd - open.bodyStart
  if (open.entity.encoding !== "base64") return size
  const newline = raw.indexOf(LF, open.bodyStart)
  const lineBreak = newline > 0 && raw[newline - 1] === CR ? 2 : 1
  let padding = 0
  for (let i = at.bodyEnd - 1; i >= open.bodyStart && padding < 2 && (raw[i] ?? 0) < 0x40; i--) {
    if (raw[i] === 0x3d) padding++
    else if (raw[i] !== LF && raw[i] !== CR) break
  }
  return Math.max(0, Math.floor(((size - at.lines * lineBreak) * 3) / 4) - padding)
}

const partOf = (
  open: OpenEntity,
  at: { readonly bodyEnd: number; readonly lines: number; readonly raw: Buffer }
): Part => ({
  path: open.path,
  parent: open.parent,
  type: open.entity.type,
  parameters: open.entity.parameters,
  charset: open.entity.charset,
  encoding: open.entity.encoding,
  disposition: open.entity.disposition,
  fileName: open.entity.fileName,
  contentId: open.entity.contentId,
  contentLocation: open.entity.contentLocation,
  description: open.entity.description,
  headerStart: open.headerStart,
  bodyStart: open.bodyStart,
  bodyEnd: at.bodyEnd,
  sizeBytes: at.bodyEnd - open.bodyStart,
  decodedSizeBytes: decodedSize(at.raw, open, at),
  lines: at.lines
})

class StructureScanner {
  readonly #raw: Buffer
  readonly #limits: MimeLimits
  readonly #defects: Set<Defect>
  readonly #scan: HeaderScan
  readonly #parts: Array<Part | undefined> = []
  /** Entities that enclose the current position, outermost first. */
  readonly #open: Array<OpenEntity> = []
  #rootHeader: HeaderReader | undefined
  /** Line breaks before `#counted`. */
  #lines = 0

  constructor(raw: Buffer, limits: MimeLimits, defects: Set<Defect>) {
    this.#raw = raw
    this.#limits = limits
    this.#defects = defects
    const budget = { left: limits.totalHeaderBytes }
    this.#scan = { raw, limits, defects, budget, isBoundary: (at) => this.#delimiterAt(at) !== undefined }
  }

  read(): Structure {
    let at = this.#begin(0, undefined)
    for (let delimiter = this.#next(at); delimiter !== undefined; delimiter = this.#next(at)) {
      at = this.#pass(delimiter)
    }
    this.#closeAll()
    const header = this.#rootHeader ?? new HeaderReader(this.#scan, { fields: [], bodyStart: 0, lines: 0 })
    return { parts: this.#parts.filter((part) => part !== undefined), header }
  }

  /** Acts on a delimiter line; returns where to go on. */
  #pass(delimiter: Delimiter): number {
    const { frame, isClose, next } = delimiter
    const isFull = !isClose && this.#parts.length >= this.#limits.parts
    if (isFull) this.#giveUp()
    else this.#closeAbove(delimiter)
    this.#lines++
    const multipart = this.#open[frame]
    if (isFull || multipart === undefined) return next
    if (isClose) multipart.boundary = undefined
    // Two delimiter lines behind each other have no entity between them.
    else if (!this.#isDelimiterOf(next, frame)) return this.#begin(next, multipart)
    return next
  }

  /** No more parts are taken: what follows belongs to the last one. */
  #giveUp(): void {
    this.#defects.add("too-many-parts")
    for (const open of this.#open) open.boundary = undefined
  }

  /** Opens the entity that starts at `start`, and those inside it that start without a boundary; returns where to go on. */
  #begin(start: number, parent: OpenEntity | undefined): number {
    let at = start
    let enclosing = parent
    while (true) {
      const block = scanHeaders(this.#scan, at)
      const entity = this.#describe(block, enclosing)
      this.#lines += block.lines
      const open = this.#push(entity, { headerStart: at, bodyStart: block.bodyStart, parent: enclosing })
      at = block.bodyStart
      if (!entity.isMessage || this.#isTooDeep()) return at
      if (this.#parts.length >= this.#limits.parts) {
        this.#giveUp()
        return at
      }
      enclosing = open
    }
  }

  #isTooDeep(): boolean {
    const isTooDeep = this.#open.length > this.#limits.depth
    if (isTooDeep) this.#defects.add("nested-too-deep")
    return isTooDeep
  }

  #describe(block: HeaderBlock, parent: OpenEntity | undefined): Entity {
    const header = new HeaderReader(this.#scan, block)
    this.#rootHeader ??= header
    const { limits, defects } = this.#scan
    return describeEntity(header, { limits, defects, isInDigest: parent?.entity.type === "multipart/digest" })
  }

  #push(
    entity: Entity,
    at: { readonly headerStart: number; readonly bodyStart: number; readonly parent: OpenEntity | undefined }
  ): OpenEntity {
    const index = this.#parts.push(undefined) - 1
    const isOpaque = entity.boundary !== undefined && this.#isTooDeep()
    const open: OpenEntity = {
      entity,
      index,
      parent: at.parent?.index ?? -1,
      path: pathOf(entity, at.parent),
      headerStart: at.headerStart,
      bodyStart: at.bodyStart,
      linesBefore: this.#lines,
      boundary: isOpaque ? undefined : entity.boundary,
      children: 0
    }
    this.#open.push(open)
    return open
  }

  /** The next delimiter line of any open multipart from the line start `from` on; counts the lines it passes. */
  #next(from: number): Delimiter | undefined {
    const raw = this.#raw
    const length = raw.length
    let at = from
    while (at < length) {
      if (raw[at] === DASH && raw[at + 1] === DASH) {
        const delimiter = this.#delimiterAt(at)
        if (delimiter !== undefined) return delimiter
      }
      const newline = lineFeed(raw, at)
      if (newline === -1) return undefined
      at = newline + 1
      this.#lines++
    }
    return undefined
  }

  #delimiterAt(start: number): Delimiter | undefined {
    const raw = this.#raw
    for (let frame = this.#open.length - 1; frame >= 0; frame--) {
      const boundary = this.#open[frame]?.boundary
      if (boundary === undefined || raw[start + 2] !== boundary[0]) continue
      const end = start + 2 + boundary.length
      if (end > raw.length || raw.compare(boundary, 0, boundary.length, start + 2, end) !== 0) continue
      const plain = lineTail(raw, end)
      if (plain !== -1) return { frame, isClose: false, start, next: plain }
      const close = raw[end] === DASH && raw[end + 1] === DASH ? lineTail(raw, end + 2) : -1
      if (close !== -1) return { frame, isClose: true, start, next: close }
    }
    return undefined
  }

  #isDelimiterOf(at: number, frame: number): boolean {
    return this.#raw[at] === DASH && this.#raw[at + 1] === DASH && this.#delimiterAt(at)?.frame === frame
  }

  /** Ends all entities inside the multipart that the delimiter belongs to. */
  #closeAbove(delimiter: Delimiter): void {
    const { start } = delimiter
    const lineBreak = this.#raw[start - 1] !== LF ? 0 : this.#raw[start - 2] === CR ? 2 : 1
    let end = start - lineBreak
    // A header that the delimiter cut short ends at it; what encloses it does not end before.
    while (this.#open.length > delimiter.frame + 1) end = this.#closeLast(end, lineBreak === 0 ? 0 : 1)
  }

  #closeAll(): void {
    while (this.#open.length > 0) this.#closeLast(this.#raw.length, 0)
  }

  #closeLast(end: number, linesAfter: number): number {
    const open = this.#open.pop()
    if (open === undefined) return end
    if (open.boundary !== undefined) {
      this.#defects.add(open.children === 0 ? "boundary-not-found" : "boundary-not-closed")
    }
    const bodyEnd = Math.max(open.bodyStart, end)
    const lines = Math.max(0, this.#lines - linesAfter - open.linesBefore)
    this.#parts[open.index] = partOf(open, { bodyEnd, lines, raw: this.#raw })
    return bodyEnd
  }
}

/** Finds every entity of a message and its byte ranges, in one pass over the bytes and without copying them. */
export const readStructure = (raw: Buffer, limits: MimeLimits, defects: Set<Defect>): Structure =>
  new StructureScanner(raw, limits, defects).read()
