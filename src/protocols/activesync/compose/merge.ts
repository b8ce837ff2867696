import type { Attachment, Part } from "../../../domain/Content.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import { messageEntity } from "../../mime/compose/attachmentEntity.ts"
import type { BodyTree } from "../../mime/compose/bodyTree.ts"
import { appendFragment, fragmentOf } from "./html.ts"
import { htmlQuote, plainQuote } from "./quote.ts"
import { type ReadMessage, safeEntity } from "./safeEntity.ts"
import { htmlOf, plainOf, type Texts, textsOf } from "./texts.ts"

/** The message that is answered or forwarded. */
export interface Original extends ReadMessage {
  readonly summary: MessageSummary
}

export type Verb = "reply" | "forward"

/**
 * What the device wrote with the original behind it. A reply brings along the pictures that the original's HTML shows, a
 * forward all that it carries. "untouched" where the message has to go as it is; "impossible" where it must not go: what
 * the device encrypted cannot travel beside a copy in the clear.
 */
export const merge = (
  device: ReadMessage,
  original: Original,
  verb: Verb
): BodyTree | "untouched" | "impossible" => {
  const isOpaque = device.parts.some(isEncrypted)
  if (isOpaque || device.parts.some(isSigned)) {
    if (verb === "reply") return "untouched"
    return isOpaque ? "impossible" : besideSigned(device, original)
  }
  const written = textsOf(device)
  const isWhole = verb === "forward" && original.parts.some(cannotBeTakenApart)
  const texts = isWhole ? { plain: null, html: null, attachments: [] } : textsOf(original)
  const bodies = mergeTexts(written, { texts, summary: original.summary, isQuoted: !isWhole })
  const own = split(device, written.attachments)
  const theirs = isWhole
    ? { inline: [], attached: [wholeMessage(original)] }
    : carried(original, { texts, verb, bodies })
  return {
    ...bodies,
    inline: [...own.inline, ...theirs.inline],
    attached: [...own.attached, ...theirs.attached]
  }
}

const encryptedTypes = new Set(["multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"])

const isSigned = ({ type }: Part): boolean => type === "multipart/signed"
const isEncrypted = ({ type }: Part): boolean => encryptedTypes.has(type)
/** Taken apart, a signature proves nothing any more; and a message that could not be read has no parts. */
const cannotBeTakenApart = (part: Part): boolean => isSigned(part) || isEncrypted(part) || isUnread(part)
const isUnread = ({ parent, type, encoding }: Part): boolean =>
  parent === -1 && type === "application/octet-stream" && encoding === "binary"

/** Into what is signed nothing can be put. */
const besideSigned = (device: ReadMessage, original: Original): BodyTree => ({
  plain: null,
  html: null,
  inline: [],
  attached: [safeEntity(device, 0), wholeMessage(original)]
})

const wholeMessage = ({ raw, summary }: Original): Uint8Array =>
  messageEntity({ name: summary.subject, bytes: raw })

type Bodies = Pick<BodyTree, "plain" | "html">

/** HTML where either has it, plain text where the device wrote some or nobody wrote HTML. */
const mergeTexts = (
  written: Texts,
  {
    texts,
    summary,
    isQuoted
  }: { readonly texts: Texts; readonly summary: MessageSummary; readonly isQuoted: boolean }
): Bodies => {
  const isEmpty = written.plain === null && written.html === null
  const wantsHtml = written.html !== null || texts.html !== null
  const wantsPlain = !wantsHtml || written.plain !== null || (isEmpty && texts.plain !== null)
  return {
    plain: wantsPlain ? plainOf(written) + (isQuoted ? plainQuote(summary, plainOf(texts)) : "") : null,
    html: wantsHtml
      ? appendFragment(htmlOf(written), isQuoted ? htmlQuote(summary, fragmentOf(htmlOf(texts))) : "")
      : null
  }
}

type Carried = Pick<BodyTree, "inline" | "attached">

const carried = (
  original: Original,
  { texts, verb, bodies }: { readonly texts: Texts; readonly verb: Verb; readonly bodies: Bodies }
): Carried => {
  const shown = new Set(bodies.html === null ? [] : contentIds(texts.html ?? ""))
  const isShown = ({ contentId }: Attachment): boolean => contentId !== null && shown.has(contentId)
  const entities = (attachments: ReadonlyArray<Attachment>) =>
    attachments.map(({ part }) => safeEntity(original, part))
  const [inline, others] = [
    texts.attachments.filter(isShown),
    texts.attachments.filter((one) => !isShown(one))
  ]
  return { inline: entities(inline), attached: verb === "forward" ? entities(others) : [] }
}

/** RFC 2392: what `cid:` URLs in HTML name. */
const contentIds = (html: string): ReadonlyArray<string> =>
  [...html.matchAll(/\bcid:([^"'\s)<>]{1,998})/gi)].map(([, id = ""]) => decoded(id))

const decoded = (id: string): string => (/^(?:[^%]|%[2-7][0-9a-f])+$/i.test(id) ? decodeURIComponent(id) : id)

const split = (device: ReadMessage, attachments: ReadonlyArray<Attachment>): Carried => ({
  inline: attachments.filter(({ isInline }) => isInline).map(({ part }) => safeEntity(device, part)),
  attached: attachments.filter(({ isInline }) => !isInline).map(({ part }) => safeEntity(device, part))
})
