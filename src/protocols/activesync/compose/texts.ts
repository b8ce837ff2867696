import type { Attachment, Part } from "../../../domain/Content.ts"
import { describeAttachments, sortBodies } from "../../mime/bodies.ts"
import { shownText } from "../../mime/flowed.ts"
import { htmlToText } from "../../mime/htmlText.ts"
import { originalHtml } from "../content/htmlForms.ts"
import { appendFragment, documentOf, fragmentOf, plainFragment } from "./html.ts"
import type { ReadMessage } from "./safeEntity.ts"

/** What a message says, and what it carries. */
export interface Texts {
  /** Null where it has no plain form of its own. */
  readonly plain: string | null
  /** A whole document in UTF-8; null where it has no HTML. */
  readonly html: string | null
  readonly attachments: ReadonlyArray<Attachment>
}

export const textsOf = (message: ReadMessage): Texts => {
  const { parts } = message
  const bodies = sortBodies(parts)
  const plain = at(parts, bodies.textBody)
  const html = at(parts, bodies.htmlBody)
  return {
    plain: plain.some(isPlain) ? plain.map((part) => plainForm(message, part)).join("\r\n") : null,
    html: html.some(isHtml) ? joined(html.map((part) => htmlForm(message, part))) : null,
    attachments: describeAttachments(parts, bodies.attachments)
  }
}

export const plainOf = ({ plain, html }: Texts): string =>
  plain ?? (html === null ? "" : asLines(plainOfHtml(html)))

/** Characters of HTML that are told as plain text, too. What is longer stands whole in the HTML beside it. */
const maxHtmlAsText = 1024 * 1024

const plainOfHtml = (html: string): string => htmlToText(html.slice(0, maxHtmlAsText), maxHtmlAsText)

export const htmlOf = ({ plain, html }: Texts): string => html ?? documentOf(plainFragment(plain ?? ""))

const at = (parts: ReadonlyArray<Part>, indexes: ReadonlyArray<number>): ReadonlyArray<Part> =>
  indexes.flatMap((index) => parts[index] ?? [])

const isHtml = ({ type }: Part): boolean => type === "text/html"
const isPlain = (part: Part): boolean => !isHtml(part)

const textOf = ({ raw }: ReadMessage, part: Part): string =>
  shownText(raw.subarray(part.bodyStart, part.bodyEnd), part).replaceAll("\0", "")

const plainForm = (message: ReadMessage, part: Part): string => {
  const text = textOf(message, part)
  return asLines(isHtml(part) ? plainOfHtml(text) : text)
}

const htmlForm = (message: ReadMessage, part: Part): string => {
  const text = textOf(message, part)
  return isHtml(part) ? originalHtml(text) : documentOf(plainFragment(text))
}

/** Apple Mail and others write a body in several parts. All others go in at once: there may be a thousand. */
const joined = ([first = "", ...others]: ReadonlyArray<string>): string =>
  others.length === 0 ? first : appendFragment(first, others.map(fragmentOf).join(""))

const asLines = (text: string): string => text.replace(/\r\n|\r|\n/g, "\r\n")
