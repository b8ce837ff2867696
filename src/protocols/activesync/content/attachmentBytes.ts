import { Effect, Stream } from "effect"
import type { Part } from "../../../domain/Content.ts"
import { type CoreError, LimitExceeded, NotFound } from "../../../domain/errors.ts"
import type { MailboxId } from "../../../domain/ids.ts"
import type { Call } from "../../../rpc/Call.ts"
import type { ContentCore } from "./readBody.ts"
import type { PartReference } from "./serverId.ts"

/** Octets `first` to `last`, both counted from 0 and included (MS-ASCMD 2.2.3.143.1). */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export interface AttachmentBytes {
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Octets of the whole attachment, which is known once it was read. */
  readonly totalBytes: number
}

export interface AttachmentWish {
  readonly mailboxId: MailboxId
  readonly reference: PartReference
  /** Null: the whole. */
  readonly range: ByteRange | null
  /** More octets than this are not held: `LimitExceeded`. */
  readonly maxBytes: number
}

/** An attachment, or octets of it, without transfer encoding. Keeps what was asked for, not what comes before it. */
export const attachmentBytes = Effect.fnUntraced(function* (
  core: ContentCore,
  call: Call,
  { mailboxId, reference, range, maxBytes }: AttachmentWish
) {
  const { messageId, part: index } = reference
  const { message, parts } = yield* core.getMessage(call, { mailboxId, messageId })
  const part = index === null ? null : parts[index]
  if (part === undefined) return yield* new NotFound({ what: "part" })
  const stream =
    part === null
      ? core.getRaw(call, { mailboxId, messageId })
      : core.getPart(call, { mailboxId, messageId, path: part.path })
  const { pieces, totalBytes } = yield* gather(
    stream,
    range ?? { first: 0, last: message.sizeBytes },
    maxBytes
  )
  return {
    contentType: contentTypeOf(part),
    bytes: Buffer.concat(pieces),
    totalBytes
  } satisfies AttachmentBytes
})

/** Texts keep the charset that they were written in, so it has to be said. */
const contentTypeOf = (part: Part | null): string => {
  if (part === null) return "message/rfc822"
  return part.type.startsWith("text/") && part.charset !== null
    ? `${part.type}; charset=${part.charset}`
    : part.type
}

interface Gathered {
  readonly pieces: ReadonlyArray<Uint8Array>
  readonly keptBytes: number
  readonly totalBytes: number
}

const gather = (
  stream: Stream.Stream<Uint8Array, CoreError>,
  { first, last }: ByteRange,
  maxBytes: number
): Effect.Effect<Gathered, CoreError> => {
  const nothing: Gathered = { pieces: [], keptBytes: 0, totalBytes: 0 }
  return Stream.runFoldEffect(stream, nothing, ({ pieces, keptBytes, totalBytes }, bytes) => {
    const kept = bytes.subarray(Math.max(0, first - totalBytes), Math.max(0, last + 1 - totalBytes))
    const next = {
      pieces: kept.length === 0 ? pieces : [...pieces, kept],
      keptBytes: keptBytes + kept.length,
      totalBytes: totalBytes + bytes.length
    }
    return next.keptBytes > maxBytes
      ? Effect.fail(new LimitExceeded({ limit: "messageSize", max: maxBytes }))
      : Effect.succeed(next)
  })
}
