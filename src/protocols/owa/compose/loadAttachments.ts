import { Chunk, Effect, Stream } from "effect"
import type { Part } from "../../../domain/Content.ts"
import { type CoreError, NotFound } from "../../../domain/errors.ts"
import type { MessageId } from "../../../domain/ids.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import type { WritingMethods } from "../../../rpc/Writing.ts"
import { attachmentEntity } from "../../mime/compose/attachmentEntity.ts"
import type { AttachmentSource, DraftAttachment, Refusal } from "../OwaAnswers.ts"
import type { ComposeSettings } from "./ComposeConfig.ts"
import { overLimit } from "./limits.ts"
import { draftCall, type Writer } from "./Writer.ts"
import type { LoadedAttachment } from "./writeMessage.ts"

export interface LoadServices {
  readonly core: Pick<CoreMethods, "getMessage" | "getPart">
  readonly writing: Pick<WritingMethods, "readUpload">
  readonly settings: Pick<ComposeSettings, "attachmentBytes" | "messageBytes">
}

interface Octets {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

type Failure = CoreError | Refusal

/** The octets of a draft's attachments, one after the other: no more is read than a message may hold. */
export const loadAttachments = (
  services: LoadServices,
  writer: Writer,
  attachments: ReadonlyArray<DraftAttachment>
): Effect.Effect<ReadonlyArray<LoadedAttachment>, Failure> =>
  Effect.gen(function* () {
    const partsOf = yield* makePartsOf(services, writer)
    const loaded: Array<LoadedAttachment> = []
    let left = services.settings.messageBytes
    for (const { source, fileName, contentId } of attachments) {
      const { bytes, mediaType } = yield* octetsOf(services, writer, { source, partsOf })
      if (bytes.length > services.settings.attachmentBytes)
        return yield* Effect.fail(overLimit("attachmentSize"))
      left -= base64Bytes(bytes.length)
      if (left < 0) return yield* Effect.fail(overLimit("messageSize"))
      const entity = yield* attachmentEntity({
        name: fileName,
        bytes,
        isMessage: source._tag === "Part" && mediaType === "message/rfc822",
        contentType: mediaType,
        contentId,
        contentLocation: null,
        isInline: contentId !== null
      })
      loaded.push({ entity, contentId })
    }
    return loaded
  })

const base64Bytes = (bytes: number): number => Math.ceil((bytes * 4) / 3)

type PartsOf = (messageId: MessageId) => Effect.Effect<ReadonlyArray<Part>, CoreError>

/** Most attachments of a draft are parts of one message: it is looked up once. */
const makePartsOf = ({ core }: LoadServices, writer: Writer): Effect.Effect<PartsOf> =>
  Effect.cachedFunction((messageId: MessageId) =>
    Effect.map(
      core.getMessage(draftCall(writer), { mailboxId: writer.mailboxId, messageId }),
      ({ parts }) => parts
    )
  )

const octetsOf = (
  { core, writing, settings }: LoadServices,
  writer: Writer,
  { source, partsOf }: { readonly source: AttachmentSource; readonly partsOf: PartsOf }
): Effect.Effect<Octets, Failure> =>
  Effect.gen(function* () {
    const { mailboxId } = writer
    const call = draftCall(writer)
    if (source._tag === "Upload")
      return yield* writing.readUpload(call, { mailboxId, uploadId: source.uploadId })
    const { messageId, path } = source
    const part = (yield* partsOf(messageId)).find((one) => one.path === path)
    if (part === undefined) return yield* new NotFound({ what: "part" })
    // An upper bound; what is exact is found once it is read.
    if (part.decodedSizeBytes > settings.attachmentBytes * 2)
      return yield* Effect.fail(overLimit("attachmentSize"))
    const pieces = yield* Stream.runCollect(core.getPart(call, { mailboxId, messageId, path }))
    return { bytes: Buffer.concat(Chunk.toReadonlyArray(pieces)), mediaType: part.type }
  })
