import type { Address, Defect, Envelope } from "../../domain/Content.ts"
import { parseAddresses } from "./addresses.ts"
import { parseDate } from "./dateTime.ts"
import { cleanText, cut, type HeaderReader } from "./headers.ts"
import type { MimeLimits } from "./MimeLimits.ts"

interface Bounds {
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
}

const cleanId = (id: string, limits: MimeLimits): string => cut(cleanText(id), limits.nameLength)

/** Message ids without their brackets; text outside brackets counts as ids only when there are no brackets. */
const messageIds = (text: string, limits: MimeLimits): ReadonlyArray<string> => {
  const bracketed = text.match(/<[^<>]{1,998}>/g)
  const ids = bracketed === null ? text.split(/[\s,]+/) : bracketed.map((id) => id.slice(1, -1))
  return ids.map((id) => cleanId(id, limits)).filter((id) => id !== "")
}

/** The id of this message; one written without brackets is taken whole. */
const ownId = (text: string | null, limits: MimeLimits): string | null => {
  const bracketed = /<([^<>]{1,998})>/.exec(text ?? "")
  const id = cleanId(bracketed?.[1] ?? text ?? "", limits)
  return id === "" ? null : id
}

/** The newest ids matter most: they stand at the end. */
const lastIds = (text: string, { limits, defects }: Bounds): ReadonlyArray<string> => {
  const ids = [...new Set(messageIds(text, limits))]
  if (ids.length > limits.references) defects.add("too-many-references")
  return ids.slice(-limits.references)
}

const readDate = (header: HeaderReader, defects: Set<Defect>): number | null => {
  const text = header.first("date")
  const date = text === null ? null : parseDate(text)
  if (text !== null && date === null) defects.add("invalid-date")
  return date
}

/** Reads the fields of RFC 5322 3.6 from the root header. */
export const readEnvelope = (header: HeaderReader, bounds: Bounds): Envelope => {
  const { limits, defects } = bounds
  const addresses = (name: string): ReadonlyArray<Address> => {
    const text = header.joined(name)
    return text === "" ? [] : parseAddresses(text, bounds)
  }
  return {
    subject: header.text(header.first("subject") ?? "", limits.nameLength),
    from: addresses("from"),
    sender: addresses("sender"),
    replyTo: addresses("reply-to"),
    to: addresses("to"),
    cc: addresses("cc"),
    bcc: addresses("bcc"),
    sentAt: readDate(header, defects),
    internetMessageId: ownId(header.first("message-id"), limits),
    inReplyTo: lastIds(header.joined("in-reply-to"), bounds),
    references: lastIds(header.joined("references"), bounds)
  }
}

const kept = new Set([
  "auto-submitted",
  "precedence",
  "return-path",
  "x-priority",
  "importance",
  "priority",
  "sensitivity",
  "content-class",
  "disposition-notification-to",
  "return-receipt-to",
  "authentication-results",
  "x-auto-response-suppress",
  "x-mailer",
  "user-agent",
  "content-language",
  "thread-index"
])

const isKept = (name: string): boolean => kept.has(name) || name.startsWith("list-")

/** The fields that other services decide by, decoded; the topmost where one repeats. */
export const readKeptHeaders = (
  header: HeaderReader,
  limits: MimeLimits
): Readonly<Record<string, string>> => {
  const headers = new Map<string, string>()
  for (const field of header.fields) {
    if (headers.size === limits.keptHeaders) break
    if (!isKept(field.name) || headers.has(field.name)) continue
    headers.set(field.name, header.text(header.read(field), limits.keptHeaderLength))
  }
  return Object.fromEntries(headers)
}
