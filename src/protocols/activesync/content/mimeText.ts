import { isUtf8 } from "node:buffer"
import type { Part } from "../../../domain/Content.ts"
import { decodeUnlabelled } from "../../mime/charset.ts"
import { quotedPrintable } from "../../mime/quotedPrintable.ts"
import { legalText } from "../wbxml/characters.ts"

/**
 * A raw message, or its beginning, as text: MIME travels to devices as a string of UTF-8 (MS-ASAIRS_R178). Nothing is
 * changed where its octets are UTF-8. Where they are not, parts that hold other octets become quoted-printable, which
 * says the same in ASCII.
 */
export const mimeText = (raw: Buffer, parts: ReadonlyArray<Part>): string =>
  legalText(isUtf8(withoutCutCharacter(raw)) ? raw.toString("utf8") : encoded(raw, parts))

/** Up to three octets of a character that the end of a reading cut in two. */
const withoutCutCharacter = (raw: Buffer): Buffer => {
  const from = Math.max(0, raw.length - 3)
  const lead = raw.subarray(from).findLastIndex((byte) => byte >= 0xc0)
  return lead === -1 ? raw : raw.subarray(0, from + lead)
}

const encoded = (raw: Buffer, parts: ReadonlyArray<Part>): string => {
  const parents = new Set(parts.map(({ parent }) => parent))
  const out: Array<string> = []
  let at = 0
  parts.forEach((part, index) => {
    const body = raw.subarray(part.bodyStart, part.bodyEnd)
    const isIdentity = part.encoding !== "base64" && part.encoding !== "quoted-printable"
    // A part without a header of its own has no place to say how it is encoded.
    const hasHeader = part.bodyStart > part.headerStart
    if (parents.has(index) || !isIdentity || !hasHeader || part.headerStart < at || isUtf8(body)) return
    out.push(decodeUnlabelled(raw.subarray(at, part.headerStart)))
    out.push(withEncoding(decodeUnlabelled(raw.subarray(part.headerStart, part.bodyStart))))
    out.push(quotedPrintable(body, { isText: part.type.startsWith("text/") }))
    at = Math.min(part.bodyEnd, raw.length)
  })
  out.push(decodeUnlabelled(raw.subarray(at)))
  return out.join("")
}

const encodingField = /^content-transfer-encoding[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n|$)/gim

/** A header that says quoted-printable, once. */
const withEncoding = (header: string): string =>
  `Content-Transfer-Encoding: quoted-printable\r\n${header.replace(encodingField, "")}`
