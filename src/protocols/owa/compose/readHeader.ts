import { Chunk, Effect, Stream } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { MessageId } from "../../../domain/ids.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import { defaultMimeLimits } from "../../mime/MimeLimits.ts"
import { draftCall, type Writer } from "./Writer.ts"

export interface HeaderServices {
  readonly core: Pick<CoreMethods, "getRaw">
}

/** A stored message from its beginning, at least as far as its header is ever read. */
export const readHeader = (
  { core }: HeaderServices,
  writer: Writer,
  messageId: MessageId
): Effect.Effect<Uint8Array, CoreError> =>
  core.getRaw(draftCall(writer), { mailboxId: writer.mailboxId, messageId }).pipe(
    Stream.mapAccum(0, (before, piece) => [before + piece.length, { piece, before }]),
    Stream.takeWhile(({ before }) => before < defaultMimeLimits.headerBytes),
    Stream.map(({ piece }) => piece),
    Stream.runCollect,
    Effect.map((pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces)))
  )
