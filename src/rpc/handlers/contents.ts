import { Effect, Stream } from "effect"
import type { Part } from "../../domain/Content.ts"
import { type CoreError, NotFound, Unavailable } from "../../domain/errors.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import { sortBodies } from "../../protocols/mime/bodies.ts"
import { decodePart } from "../../protocols/mime/decode.ts"
import { shownText } from "../../protocols/mime/flowed.ts"
import { htmlToText } from "../../protocols/mime/htmlText.ts"
import { plainToHtml } from "../../protocols/mime/plainHtml.ts"
import type { BlobCorrupt, BlobNotFound, BlobStore, BlobUnavailable } from "../../storage/blobs/BlobStore.ts"
import type { Body, BodyForm, MessageBody, OfMessage, OfMessages } from "../Core.ts"
import type { Authorized } from "../guard.ts"
import { type ReadServices, readableMessage, readableMessages } from "./reads.ts"

export interface ContentServices extends ReadServices {
  readonly blobs: BlobStore["Type"]
}

/** A blob that is gone or damaged is our fault, not the caller's: operators hear of it, the caller may come back. */
const away = (error: BlobNotFound | BlobCorrupt | BlobUnavailable): Effect.Effect<never, Unavailable> =>
  Effect.zipRight(
    error._tag === "BlobUnavailable"
      ? Effect.void
      : Effect.logError("a blob is missing or damaged").pipe(Effect.annotateLogs({ what: error._tag })),
    Effect.fail(new Unavailable({ what: "blobs", cause: error }))
  )

export const getRaw =
  (services: ContentServices) =>
  (call: Authorized, input: OfMessage): Stream.Stream<Uint8Array, CoreError> =>
    Stream.unwrap(
      Effect.map(readableMessage(services.reader, call, input), ({ blobKey, checksum }) =>
        services.blobs.stream({ key: blobKey, checksum }).pipe(
          Stream.catchAll((error) => Stream.fromEffect(away(error))),
          Stream.mapConcat((bytes) => pieces(bytes, services.limits.chunkBytes))
        )
      )
    )

export const getPart =
  (services: ContentServices) =>
  (call: Authorized, input: OfMessage & { readonly path: string }): Stream.Stream<Uint8Array, CoreError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const message = yield* readableMessage(services.reader, call, input)
        const parts = yield* services.reader.parts(message.contentId)
        const part = parts.find(({ path }) => path === input.path)
        if (part === undefined) return yield* new NotFound({ what: "part" })
        const bytes = decodePart(yield* wireBytes(services, { message, part, max: part.sizeBytes }), part)
        return Stream.fromIterable(pieces(bytes, services.limits.chunkBytes))
      })
    )

const wireBytes = (
  { blobs }: ContentServices,
  { message, part, max }: { readonly message: MessageSummary; readonly part: Part; readonly max: number }
): Effect.Effect<Uint8Array, Unavailable> =>
  Effect.catchAll(
    blobs.getRange(message.blobKey, {
      start: part.bodyStart,
      end: Math.min(part.bodyEnd, part.bodyStart + max)
    }),
    away
  )

/** Views on the same memory; an empty part is no piece. */
const pieces = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> => {
  if (bytes.length <= size) return bytes.length === 0 ? [] : [bytes]
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size)
  )
}

interface BodyWish {
  readonly type: BodyForm
  readonly maxBytes: number | null
}

export const getBody =
  (services: ContentServices) =>
  (call: Authorized, input: OfMessage & BodyWish): Effect.Effect<Body, CoreError> =>
    Effect.gen(function* () {
      const message = yield* readableMessage(services.reader, call, input)
      const parts = input.type === "preview" ? [] : yield* services.reader.parts(message.contentId)
      return yield* bodyOf(services, { message, parts, wish: input })
    })

/** Blobs read at a time for one call. */
const readsAtOnce = 16

export const getBodies =
  (services: ContentServices) =>
  (
    call: Authorized,
    input: OfMessages & BodyWish
  ): Effect.Effect<{ readonly bodies: ReadonlyArray<MessageBody> }, CoreError> =>
    Effect.gen(function* () {
      const messages = yield* readableMessages(services.reader, call, input)
      const structures = yield* services.reader.structures(messages.map(({ contentId }) => contentId))
      const bodies = yield* Effect.forEach(
        messages,
        (message) =>
          bodyOf(services, { message, parts: structures.get(message.contentId) ?? [], wish: input }).pipe(
            Effect.either,
            Effect.map((body) => ({ messageId: message.id, body }))
          ),
        { concurrency: readsAtOnce }
      )
      return { bodies }
    })

const bodyOf = Effect.fnUntraced(function* (
  services: ContentServices,
  {
    message,
    parts,
    wish
  }: { readonly message: MessageSummary; readonly parts: ReadonlyArray<Part>; readonly wish: BodyWish }
) {
  const limit = services.limits.maxBodyBytes
  const maxBytes = Math.min(wish.maxBytes ?? limit, limit)
  if (wish.type === "preview") {
    return cut({ texts: [message.preview], unread: 0 }, { mediaType: "text/plain", maxBytes })
  }
  const bodies = sortBodies(parts)
  const chosen = (wish.type === "html" ? bodies.htmlBody : bodies.textBody).flatMap((n) => parts[n] ?? [])
  const form = formOf(chosen, wish.type)
  const read = yield* readTexts(services, { message, parts: chosen, maxBytes, form })
  return cut(read, { mediaType: form ?? chosen[0]?.type ?? "text/plain", maxBytes })
})

/** The one form that parts of plain text and of HTML are brought into; null where all are alike. */
const formOf = (parts: ReadonlyArray<Part>, asked: BodyForm): "text/plain" | "text/html" | null => {
  const html = parts.filter(({ type }) => type === "text/html").length
  if (html === 0 || html === parts.length) return null
  return asked === "html" ? "text/html" : "text/plain"
}

/** The text of one part, in the form that all parts are to have. */
const inForm = (text: string, { type }: Part, form: "text/plain" | "text/html" | null): string => {
  if (form === "text/html" && type !== "text/html") return `<div>${plainToHtml(text)}</div>`
  return form === "text/plain" && type === "text/html"
    ? htmlToText(text, text.length).replaceAll("\n", "\r\n")
    : text
}

interface ReadTexts {
  readonly texts: ReadonlyArray<string>
  /** Octets, at most, that were not read. */
  readonly unread: number
}

/** Decodes the parts in order until there is enough for `maxBytes`. */
const readTexts = (
  services: ContentServices,
  from: {
    readonly message: MessageSummary
    readonly parts: ReadonlyArray<Part>
    readonly maxBytes: number
    readonly form: "text/plain" | "text/html" | null
  }
): Effect.Effect<ReadTexts, Unavailable> =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    let left = from.maxBytes
    let unread = 0
    for (const part of from.parts) {
      // Quoted-printable takes three octets for one, and no encoding of text takes more for a character than that.
      const max = left > 0 ? left * 3 + 1024 : 0
      unread += Math.max(0, part.sizeBytes - max)
      const bytes =
        max === 0 ? new Uint8Array() : yield* wireBytes(services, { message: from.message, part, max })
      const text = inForm(shownText(bytes, part), part, from.form)
      if (text !== "") texts.push(text)
      left -= Buffer.byteLength(text)
    }
    return { texts, unread }
  })

const encoder = new TextEncoder()

/** Cuts between characters, never inside one. */
const cut = (
  { texts, unread }: ReadTexts,
  { mediaType, maxBytes }: { readonly mediaType: string; readonly maxBytes: number }
): Body => {
  const whole = texts.join("\r\n")
  const bytes = Buffer.byteLength(whole)
  const { read } =
    bytes <= maxBytes ? { read: whole.length } : encoder.encodeInto(whole, new Uint8Array(maxBytes))
  return {
    content: whole.slice(0, read),
    mediaType,
    isTruncated: read < whole.length || unread > 0,
    sizeBytes: bytes + unread
  }
}
