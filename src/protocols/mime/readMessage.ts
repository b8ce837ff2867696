import type { Defect, MessageContent, Part } from "../../domain/Content.ts"
import { describeAttachments, isVisible, sortBodies } from "./bodies.ts"
import { previewOf, readBodyText } from "./bodyText.ts"
import { bufferOf } from "./decode.ts"
import { readEnvelope, readKeptHeaders } from "./envelope.ts"
import { HeaderReader, type HeaderScan, scanHeaders } from "./headers.ts"
import { defaultMimeLimits, type MimeLimits } from "./MimeLimits.ts"
import { readStructure } from "./structure.ts"
import { topicOf } from "./topic.ts"

const receivedCount = (header: HeaderReader): number =>
  header.fields.filter((field) => field.name === "received").length

/**
 * Reads a raw RFC 5322 message (line ends CRLF or LF) once and says all that other parts of the system need of it.
 * Pure, linear in the size of the message, and total: any bytes give a content, with defects where limits or damage
 * left something out. No date is made up.
 */
export const readMessage = (raw: Uint8Array, limits: MimeLimits = defaultMimeLimits): MessageContent => {
  const bytes = bufferOf(raw)
  const defects = new Set<Defect>()
  const { parts, header } = readStructure(bytes, limits, defects)
  const envelope = readEnvelope(header, { limits, defects })
  const bodies = sortBodies(parts)
  const attachments = describeAttachments(parts, bodies.attachments)
  const text = readBodyText({ raw: bytes, parts, limits, defects }, bodies)
  return {
    sizeBytes: bytes.length,
    envelope,
    headers: readKeptHeaders(header, limits),
    receivedCount: receivedCount(header),
    topic: topicOf(envelope.subject),
    parts,
    textBody: bodies.textBody,
    htmlBody: bodies.htmlBody,
    attachments,
    hasAttachments: attachments.some((attachment) => isVisible(attachment, parts)),
    preview: previewOf(text, limits.previewLength),
    text,
    defects: [...defects]
  }
}

const opaquePart = (bodyStart: number, sizeBytes: number): Part => ({
  path: "1",
  parent: -1,
  type: "application/octet-stream",
  parameters: {},
  charset: null,
  encoding: "binary",
  disposition: null,
  fileName: null,
  contentId: null,
  contentLocation: null,
  description: null,
  headerStart: 0,
  bodyStart,
  bodyEnd: sizeBytes,
  sizeBytes: sizeBytes - bodyStart,
  decodedSizeBytes: sizeBytes - bodyStart,
  lines: 0
})

/**
 * What is kept of a message that could not be read within its bounds: the envelope, and the body as one opaque
 * part. Looks at no more than the header limit. `defect` says why.
 */
export const readHeaderOnly = (
  raw: Uint8Array,
  defect: Defect,
  limits = defaultMimeLimits
): MessageContent => {
  const bytes = bufferOf(raw)
  const defects = new Set<Defect>([defect])
  const start = bytes.subarray(0, limits.headerBytes)
  const budget = { left: limits.totalHeaderBytes }
  const scan: HeaderScan = { raw: start, limits, defects, budget, isBoundary: () => false }
  const block = scanHeaders(scan, 0)
  const header = new HeaderReader(scan, block)
  const envelope = readEnvelope(header, { limits, defects })
  return {
    sizeBytes: bytes.length,
    envelope,
    headers: readKeptHeaders(header, limits),
    receivedCount: receivedCount(header),
    topic: topicOf(envelope.subject),
    parts: [opaquePart(block.bodyStart, bytes.length)],
    textBody: [],
    htmlBody: [],
    attachments: [],
    hasAttachments: false,
    preview: "",
    text: "",
    defects: [...defects]
  }
}
