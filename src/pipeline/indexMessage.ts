import { Cause, Effect } from "effect"
import type { Part } from "../domain/Content.ts"
import { Unavailable } from "../domain/errors.ts"
import { readableText, textParts } from "../protocols/mime/textParts.ts"
import { type BlobNotFound, BlobStore, type BlobUnavailable } from "../storage/blobs/BlobStore.ts"
import { DocumentWriter } from "../storage/search/document.ts"
import { detectLanguage } from "../storage/search/language.ts"
import type { IndexedDocument, Unindexed } from "../storage/search/SearchFeed.ts"

/** Of a larger message the text parts are read one by one. */
const smallBytes = 256 * 1024
/** Octets of text parts, as transferred, that are read of one message. */
const maxBytes = 4 * 1024 * 1024
/** Characters that are taken apart before somebody else gets a turn. */
const pieceLength = 64 * 1024

/** Of a piece that is looked at for its last word; more than counts of a word. */
const longestEnd = 1_000
/** What is no part of a word, and the word behind it; half of a pair of surrogates is no part of one. */
const lastWord = /[^\p{L}\p{N}\p{M}\p{Cf}][\p{L}\p{N}\p{M}\p{Cf}]*$/u

/** Pieces that end between words, where there is such a place. */
const pieces = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let at = 0; at < text.length; ) {
    const piece = text.slice(at, at + pieceLength)
    const isLast = at + pieceLength >= text.length
    const end = isLast ? -1 : piece.slice(-longestEnd).search(lastWord)
    const length = end === -1 ? piece.length : piece.length - longestEnd + end
    found.push(piece.slice(0, length))
    at += length
  }
  return found
}

/**
 * Reads what a message says and makes a document of it. `Unavailable` where its text cannot be read now; who has waited
 * too long for it makes do without.
 */
export const makeIndexMessage = Effect.map(BlobStore, (blobs) => {
  type Read = (part: Part, length: number) => Effect.Effect<Uint8Array, BlobNotFound | BlobUnavailable>

  const readerOf = Effect.fnUntraced(function* ({ message, parts }: Unindexed) {
    const byPart: Read = ({ bodyStart, bodyEnd }, length) =>
      blobs.getRange(message.blobKey, { start: bodyStart, end: Math.min(bodyEnd, bodyStart + length) })
    if (message.sizeBytes > smallBytes || textParts(parts).length < 2) return byPart
    const raw = yield* blobs.getRange(message.blobKey, { start: 0, end: message.sizeBytes })
    const fromWhole: Read = ({ bodyStart, bodyEnd }) => Effect.succeed(raw.subarray(bodyStart, bodyEnd))
    return fromWhole
  })

  const headOf = ({ message, parts }: Unindexed) =>
    new DocumentWriter({ ...message, fileNames: parts.flatMap(({ fileName }) => fileName ?? []) })

  const addText = (writer: DocumentWriter, text: string): Effect.Effect<void> =>
    Effect.zipRight(
      Effect.forEach(
        pieces(text),
        (piece) =>
          Effect.zipLeft(
            Effect.sync(() => writer.add(piece)),
            Effect.yieldNow()
          ),
        { discard: true }
      ),
      Effect.sync(() => writer.gap())
    )

  /** Adds what the text parts say; gives the beginning of it. */
  const addTexts = Effect.fnUntraced(function* (writer: DocumentWriter, unindexed: Unindexed) {
    const read = yield* readerOf(unindexed)
    let left = maxBytes
    let beginning = ""
    for (const part of textParts(unindexed.parts)) {
      if (left === 0 || writer.isFull) break
      const bytes = yield* read(part, left)
      left -= bytes.length
      const text = readableText(bytes, part, maxBytes)
      beginning = `${beginning}${text}\n`.slice(0, pieceLength)
      yield* addText(writer, text)
    }
    return beginning
  })

  const whole = Effect.fnUntraced(function* (unindexed: Unindexed) {
    const writer = headOf(unindexed)
    const text = yield* addTexts(writer, unindexed)
    const language = yield* detectLanguage(`${unindexed.message.subject}\n${text}`)
    return { ...writer.finish(), language }
  })

  /** What the row says, where the text is gone for good or has met a bug of ours: the message must be found somehow. */
  const withoutText = (unindexed: Unindexed) => {
    const writer = headOf(unindexed)
    writer.add(unindexed.message.preview)
    return { ...writer.finish(), language: null }
  }

  return (
    unindexed: Unindexed,
    { isLate }: { readonly isLate: boolean }
  ): Effect.Effect<IndexedDocument, Unavailable> => {
    const { id, receivedAt } = unindexed.message
    const withoutIts = (what: string, cause: Cause.Cause<unknown>) =>
      Effect.as(
        Effect.annotateLogs(Effect.logError("a message is indexed without its text", cause), { what }),
        withoutText(unindexed)
      )
    return whole(unindexed).pipe(
      Effect.catchTags({
        BlobUnavailable: (cause) =>
          isLate
            ? withoutIts("the blob cannot be read", Cause.fail(cause))
            : new Unavailable({ what: "blobs", cause }),
        BlobNotFound: (error) => withoutIts("the blob is missing", Cause.fail(error))
      }),
      Effect.catchAllDefect((defect) => withoutIts("defect", Cause.die(defect))),
      Effect.map((document) => ({ ...document, messageId: id, receivedAt }))
    )
  }
})
