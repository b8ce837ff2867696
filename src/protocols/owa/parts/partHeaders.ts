import type { Part } from "../../../domain/Content.ts"
import { safeFileName } from "../../../domain/fileName.ts"
import { imageType } from "../images/imageType.ts"

/** No page of ours and no stranger's runs, embeds or remembers what a message brought along. */
export const always = {
  "cache-control": "private, no-store",
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/** RFC 6266 with RFC 8187: for those who cannot read the latter there is a name of ASCII. */
export const attached = (name: string): string => {
  const ascii = name.replace(/[^\x20-\x7e]/g, "_").replace(/["\\%;]/g, "_")
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded(name)}`
}

/** `encodeURIComponent` leaves some of what `attr-char` of RFC 8187 3.2.1 does not have. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  )

/** What is saved of a part that has no name of its own. */
const endings: Readonly<Record<string, string>> = {
  "text/plain": ".txt",
  "text/html": ".html",
  "text/calendar": ".ics",
  "message/rfc822": ".eml",
  "application/pdf": ".pdf",
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp"
}

/** A name to save a part by. */
export const partName = ({ fileName, type, path }: Pick<Part, "fileName" | "type" | "path">): string =>
  safeFileName(fileName ?? "") || `part-${path}${endings[type] ?? ""}`

/** A name to save a message, or something of it, by. */
export const messageName = (subject: string, ending: string): string =>
  `${safeFileName(subject.replace(/[/\\]/g, "-")) || "message"}${ending}`

const soundCharset = /^[\w.:-]{1,40}$/

/**
 * As what a part is shown, by its first octets for pictures; null where it can only be downloaded. Text is what says that it
 * is plain text; it is never sniffed, and a browser that must not sniff either makes no page of it.
 */
export const previewType = (
  { type, charset }: Pick<Part, "type" | "charset">,
  head: Buffer
): string | null => {
  if (type === "text/plain")
    return `text/plain; charset=${charset !== null && soundCharset.test(charset) ? charset : "utf-8"}`
  return imageType(head)
}
