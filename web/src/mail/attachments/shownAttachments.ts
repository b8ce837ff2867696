import type { AttachmentRow, OpenMessage } from "../../../../src/protocols/owa/OwaAnswers.ts"

/**
 * What is listed below a message: files, and what was meant to be shown in the text and is not. `html`: the text as it is
 * shown; null where it is plain.
 */
export const shownAttachments = (
  { attachments }: Pick<OpenMessage, "attachments">,
  html: string | null
): ReadonlyArray<AttachmentRow> => {
  const referred = new Set(html === null ? [] : contentIdsIn(html))
  return attachments.filter(
    ({ contentId, isInline, type }) =>
      contentId === null || !referred.has(contentId) || !(isInline || type.startsWith("image/"))
  )
}

/** RFC 2392: what stands after `cid:` is the Content-ID, encoded as an address. */
const contentIdsIn = (html: string): ReadonlyArray<string> =>
  [...html.matchAll(/cid:([^\s"'<>()]+)/gi)].map(([, encoded = ""]) => decoded(unescaped(encoded)))

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const unescaped = (text: string): string => text.replaceAll("&amp;", "&")
