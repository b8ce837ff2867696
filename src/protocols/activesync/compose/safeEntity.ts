import { isUtf8 } from "node:buffer"
import { encode as encodeBase64, wrap as wrapBase64 } from "nodemailer/lib/base64"
import { encode as encodeQuoted, wrap as wrapQuoted } from "nodemailer/lib/qp"
import type { Part } from "../../../domain/Content.ts"
import { fieldText, safeField } from "../../mime/compose/fieldText.ts"
import { canonicalBreaks, odditiesOf, tidyLines } from "../../mime/compose/lines.ts"
import { bufferOf, decodePart } from "../../mime/decode.ts"
import { type RawField, rawHeaderOf } from "../../mime/rawHeader.ts"

/** A message with its body structure. */
export interface ReadMessage {
  readonly raw: Uint8Array
  readonly parts: ReadonlyArray<Part>
}

/** Which fields of the entity's own header are kept. */
type Keeps = (name: string) => boolean

const contentFields: Keeps = (name) => name.startsWith("content-")

/**
 * One entity of a message, header and body, fit to stand inside another (RFC 2046 5.1): lines of at most 998 octets that
 * end in CRLF, ASCII but where 8bit is declared. Bytes that are so already stay as they are, and all of what is signed
 * does but for its line ends. The root leaves the fields behind that speak of the message.
 */
export const safeEntity = (message: ReadMessage, index: number): Uint8Array =>
  entity(message, index, index === 0 ? contentFields : () => true)

const entity = (message: ReadMessage, index: number, keeps: Keeps): Uint8Array => {
  const part = message.parts[index]
  if (part === undefined) return new Uint8Array()
  const plan = newEncoding(message, part)
  const header = headerOf(message.raw, { part, keeps, plan })
  return Buffer.concat([header, emptyLine, bodyOf(message, { index, plan })])
}

const emptyLine = Buffer.from("\r\n")

/** A transfer encoding for a body that cannot stay as it is. */
interface Plan {
  readonly encoding: "base64" | "quoted-printable"
  /** For text whose charset nobody told. */
  readonly charset: string | null
  readonly bytes: Buffer
}

const identities = new Set(["7bit", "8bit", "binary"])
const decodable = new Set([...identities, "base64", "quoted-printable"])

const isLeaf = ({ type }: Part): boolean => !type.startsWith("multipart/") && !type.startsWith("message/")

/** RFC 1847: not one octet of what is signed may change. */
const isSealed = ({ type }: Part): boolean => type === "multipart/signed" || type === "multipart/encrypted"

/** Undefined where the body may stay as it is, or must. */
const newEncoding = ({ raw }: ReadMessage, part: Part): Plan | undefined => {
  if (!isLeaf(part) || !decodable.has(part.encoding)) return undefined
  const wire = raw.subarray(part.bodyStart, part.bodyEnd)
  const { hasNul, hasLongLines, hasHighOctets } = odditiesOf(wire)
  const isUndeclared = hasHighOctets && part.encoding !== "8bit"
  if (!hasNul && !hasLongLines && !isUndeclared && part.encoding !== "binary") return undefined
  const bytes = decodePart(wire, part)
  const isText = part.type.startsWith("text/") && !bytes.includes(0)
  return {
    encoding: isText ? "quoted-printable" : "base64",
    charset: isText && hasHighOctets && lacksCharset(part) ? guessedCharset(bytes) : null,
    bytes
  }
}

/** HTML may name its charset inside. */
const lacksCharset = ({ charset, type }: Part): boolean => charset === null && type !== "text/html"
const guessedCharset = (bytes: Buffer): string => (isUtf8(bytes) ? "utf-8" : "windows-1252")

const headerOf = (
  raw: Uint8Array,
  { part, keeps, plan }: { readonly part: Part; readonly keeps: Keeps; readonly plan: Plan | undefined }
): Uint8Array => {
  // Up to the body: a header that a boundary cut short has no empty line.
  const { fields, fieldsEnd } = rawHeaderOf(raw.subarray(0, part.bodyStart), part.headerStart)
  const type = typeField(raw, { part, fields, charset: plan?.charset ?? null })
  const isLeftOut = (name: string): boolean =>
    !keeps(name) ||
    (name === "content-type" && type !== "") ||
    (name === "content-transfer-encoding" && plan !== undefined)
  // Lines that are no fields stay with a message that is attached; the device's own are nobody's.
  const between = (start: number, end: number) =>
    part.parent === -1 ? new Uint8Array() : tidyLines(raw.subarray(start, end))
  const pieces: Array<Uint8Array> = []
  let at = part.headerStart
  for (const field of fields) {
    pieces.push(between(at, field.nameStart))
    if (!isLeftOut(field.name)) pieces.push(safeField(raw, field))
    at = field.end
  }
  pieces.push(between(at, fieldsEnd), Buffer.from(type))
  if (plan !== undefined) pieces.push(Buffer.from(`Content-Transfer-Encoding: ${plan.encoding}\r\n`))
  return Buffer.concat(pieces)
}

interface Typed {
  readonly part: Part
  readonly fields: ReadonlyArray<RawField>
  readonly charset: string | null
}

/** Content-Type with the charset that it lacks, or the type that went without saying (RFC 2046 5.1.5); else "". */
const typeField = (raw: Uint8Array, { part, fields, charset }: Typed): string => {
  const field = fields.find(({ name }) => name === "content-type")
  if (field === undefined && charset === null) {
    return part.type === "text/plain" ? "" : fieldText("Content-Type", part.type)
  }
  if (charset === null) return ""
  const value = field === undefined ? part.type : unfolded(raw, field).replace(/;$/, "")
  return fieldText("Content-Type", `${value}; charset=${charset}`)
}

const unfolded = (raw: Uint8Array, { start, end }: RawField): string =>
  bufferOf(raw).toString("latin1", start, end).replace(/\r?\n/g, "").trim()

const bodyOf = (
  message: ReadMessage,
  { index, plan }: { readonly index: number; readonly plan: Plan | undefined }
): Uint8Array => {
  const { raw, parts } = message
  const part = parts[index]
  if (part === undefined) return new Uint8Array()
  if (plan !== undefined) return encodedBody(plan)
  if (isSealed(part)) return canonicalBreaks(raw.subarray(part.bodyStart, part.bodyEnd))
  const pieces: Array<Uint8Array> = []
  let at = part.bodyStart
  parts.forEach((child, childIndex) => {
    if (child.parent !== index) return
    pieces.push(
      tidyLines(raw.subarray(at, child.headerStart)),
      entity(message, childIndex, () => true)
    )
    at = child.bodyEnd
  })
  return Buffer.concat([...pieces, tidyLines(raw.subarray(at, part.bodyEnd))])
}

const encodedBody = ({ encoding, bytes }: Plan): Buffer =>
  Buffer.from(
    encoding === "base64"
      ? wrapBase64(encodeBase64(bytes))
      : wrapQuoted(encodeQuoted(bufferOf(canonicalBreaks(bytes))))
  )
