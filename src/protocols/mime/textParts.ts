import type { Part } from "../../domain/Content.ts"
import { shownText } from "./flowed.ts"
import { htmlToText } from "./htmlText.ts"

/** Reports of other machines that are plain text under another name (RFC 3464, 8098, 5965). */
const reports = new Set([
  "message/delivery-status",
  "message/disposition-notification",
  "message/feedback-report",
  "message/global-delivery-status",
  "message/global-disposition-notification"
])

/**
 * The parts that somebody could read as text, attached ones and both forms of an alternative among them. A multipart
 * whose boundary never appears has no parts; its bytes are all there is to read.
 */
export const textParts = (parts: ReadonlyArray<Part>): ReadonlyArray<Part> => {
  const [root] = parts
  if (parts.length === 1 && root?.type.startsWith("multipart/") === true) return [root]
  return parts.filter(({ type }) => type.startsWith("text/") || reports.has(type))
}

/** The text of a part as people read it, of at most about `maxLength` characters. `body` as for `decodePart`. */
export const readableText = (body: Uint8Array, part: Part, maxLength: number): string => {
  const text = shownText(body, part)
  return part.type === "text/html" ? htmlToText(text, maxLength) : text.slice(0, maxLength)
}
