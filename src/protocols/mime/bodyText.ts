import type { Defect, Part } from "../../domain/Content.ts"
import type { Bodies } from "./bodies.ts"
import { shownText } from "./flowed.ts"
import { cut } from "./headers.ts"
import { htmlToText } from "./htmlText.ts"
import type { MimeLimits } from "./MimeLimits.ts"

interface Source {
  readonly raw: Buffer
  readonly parts: ReadonlyArray<Part>
  readonly limits: MimeLimits
  readonly defects: Set<Defect>
}

/** Line ends become LF. NUL cannot be stored and is dropped. */
const tidy = (text: string): string => text.replaceAll("\r\n", "\n").replaceAll("\0", "").trim()

const readText = ({ raw, parts, limits, defects }: Source, indexes: ReadonlyArray<number>): string => {
  const texts: Array<string> = []
  let bytesLeft = limits.textBytes
  let charactersLeft = limits.textLength
  for (const index of indexes) {
    const part = parts[index]
    if (part === undefined) continue
    const end = Math.min(part.bodyEnd, part.bodyStart + bytesLeft)
    const decoded = shownText(raw.subarray(part.bodyStart, end), part)
    const text = tidy(part.type === "text/html" ? htmlToText(decoded, charactersLeft) : decoded)
    if (end < part.bodyEnd || text.length > charactersLeft) defects.add("text-truncated")
    texts.push(cut(text, charactersLeft))
    bytesLeft -= end - part.bodyStart
    charactersLeft = Math.max(0, charactersLeft - text.length - 1)
  }
  return texts.filter((text) => text !== "").join("\n")
}

/** The text for search: the plain form, or what the HTML says when the plain form is empty. */
export const readBodyText = (source: Source, bodies: Bodies): string => {
  const text = readText(source, bodies.textBody)
  if (text !== "") return text
  const html = bodies.htmlBody.filter((index) => !bodies.textBody.includes(index))
  if (html.length > 0) return readText(source, html)
  // A multipart whose boundary never appears has no parts; its bytes are all there is to read.
  const isBare = bodies.textBody.length === 0 && source.parts.length === 1
  return isBare && source.parts[0]?.type.startsWith("multipart/") === true ? readText(source, [0]) : ""
}

/** Invisible padding that senders put behind a preheader. */
const invisible = /\u034f|[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]/g

/** The first characters of a text on one line, cut on a code point. */
export const previewOf = (text: string, length: number): string =>
  cut(
    text
      .slice(0, length * 6)
      .replace(invisible, "")
      .replace(/\s+/g, " ")
      .trim(),
    length
  )
