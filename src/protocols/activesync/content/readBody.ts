import { Chunk, Effect, Stream } from "effect"
import type { Part } from "../../../domain/Content.ts"
import type { CoreError } from "../../../domain/errors.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { BodyForm, CoreMethods } from "../../../rpc/Core.ts"
import { sortBodies } from "../../mime/bodies.ts"
import { htmlToText } from "../../mime/htmlText.ts"
import { legalText } from "../wbxml/characters.ts"
import type { BodyType } from "./bodyOptions.ts"
import { cutToBytes } from "./cutText.ts"
import { originalHtml, plainDocument } from "./htmlForms.ts"
import { mimeText } from "./mimeText.ts"

/** What of Core the content of messages is read by. */
export type ContentCore = Pick<CoreMethods, "getMessage" | "getBody" | "getPart" | "getRaw">

/** Where the body of one message is read. */
export interface BodySource {
  readonly core: ContentCore
  readonly call: Call
  readonly mailboxId: MailboxId
  readonly message: MessageSummary
  readonly parts: ReadonlyArray<Part>
}

export interface BodyText {
  readonly text: string
  /** UTF-8 octets of the whole body in this form; an estimate where it was not read whole. */
  readonly sizeBytes: number
  readonly isTruncated: boolean
}

/** The body in one form, at most `maxBytes` octets of it; null = as much as Core gives. Reads no more than it needs. */
export const readBody = (
  source: BodySource,
  type: Exclude<BodyType, 3>,
  maxBytes: number | null
): Effect.Effect<BodyText, CoreError> => {
  if (maxBytes === 0) return Effect.succeed(unread(source, type))
  if (type === 4) return readMime(source, maxBytes)
  return type === 2 ? readHtml(source, maxBytes) : readPlain(source, maxBytes)
}

/** Nothing of the body: its size is that of its parts as they were sent. */
const unread = ({ message, parts }: BodySource, type: Exclude<BodyType, 3>): BodyText => {
  const { htmlBody, textBody } = sortBodies(parts)
  const sizeOf = (chosen: ReadonlyArray<number>) =>
    chosen.reduce((sum, index) => sum + (parts[index]?.sizeBytes ?? 0), 0)
  // Where there is no text, plain text is made of the HTML.
  const sizeOfText = () => (type === 1 && sizeOf(textBody)) || sizeOf(htmlBody)
  const sizeBytes = type === 4 ? message.sizeBytes : sizeOfText()
  return { text: "", sizeBytes, isTruncated: sizeBytes > 0 }
}

const ofCore = ({ core, call, mailboxId, message }: BodySource, type: BodyForm, maxBytes: number | null) =>
  core.getBody(call, { mailboxId, messageId: message.id, type, maxBytes })

const readHtml = Effect.fnUntraced(function* (source: BodySource, maxBytes: number | null) {
  const body = yield* ofCore(source, "html", maxBytes)
  return body.mediaType === "text/html"
    ? cutText(originalHtml(body.content), body, maxBytes)
    : cutText(plainDocument(body.content), body, maxBytes)
})

/** Markup outweighs its text; this many octets of HTML are read for each octet of text, and some for its head. */
const htmlPerText = 8
const htmlHead = 256 * 1024

const readPlain = Effect.fnUntraced(function* (source: BodySource, maxBytes: number | null) {
  const body = yield* ofCore(source, "text", maxBytes)
  const isHtml = body.mediaType === "text/html"
  if (!isHtml && body.content.trim() !== "") return cutText(legalText(body.content), body, maxBytes)
  const html = yield* ofCore(source, "html", maxBytes === null ? null : maxBytes * htmlPerText + htmlHead)
  if (html.mediaType !== "text/html") return cutText(legalText(body.content), body, maxBytes)
  const read = Buffer.byteLength(html.content)
  const text = legalText(htmlToText(html.content, html.content.length).replaceAll("\n", "\r\n"))
  const share = read === 0 ? 1 : html.sizeBytes / read
  const sizeBytes = Math.round(Buffer.byteLength(text) * share)
  return cutText(text, { sizeBytes, isTruncated: html.isTruncated }, maxBytes)
})

/** Cuts what Core gave. What it left out, at the end of the source, is left out of every form of it. */
const cutText = (
  text: string,
  read: { readonly sizeBytes: number; readonly isTruncated: boolean },
  maxBytes: number | null
): BodyText => {
  const cut = maxBytes === null ? text : cutToBytes(text, maxBytes)
  const isTruncated = read.isTruncated || cut.length < text.length
  const bytes = Buffer.byteLength(text)
  return { text: cut, isTruncated, sizeBytes: read.isTruncated ? Math.max(read.sizeBytes, bytes) : bytes }
}

const readMime = Effect.fnUntraced(function* (source: BodySource, maxBytes: number | null) {
  const { core, call, mailboxId, message, parts } = source
  const limit = Math.min(maxBytes ?? message.sizeBytes, message.sizeBytes)
  const raw = yield* begin(core.getRaw(call, { mailboxId, messageId: message.id }), limit)
  const whole = mimeText(raw, parts)
  const text = maxBytes === null ? whole : cutToBytes(whole, maxBytes)
  const isTruncated = limit < message.sizeBytes || text.length < whole.length
  const bytes = Buffer.byteLength(whole)
  return { text, isTruncated, sizeBytes: isTruncated ? Math.max(message.sizeBytes, bytes) : bytes }
})

/** At most `limit` octets of a stream; no more of it is pulled than holds them. */
const begin = (
  bytes: Stream.Stream<Uint8Array, CoreError>,
  limit: number
): Effect.Effect<Buffer, CoreError> =>
  bytes.pipe(
    Stream.mapAccum(0, (before, piece) => [before + piece.length, { piece, before }]),
    Stream.takeUntil(({ piece, before }) => before + piece.length >= limit),
    Stream.runCollect,
    Effect.map((pieces) =>
      Buffer.concat(Chunk.toReadonlyArray(pieces).map(({ piece }) => piece)).subarray(0, limit)
    )
  )
