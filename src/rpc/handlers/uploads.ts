import { createHash, randomBytes } from "node:crypto"
import { Clock, Duration, Effect, Stream } from "effect"
import type { Part } from "../../domain/Content.ts"
import { type CoreError, LimitExceeded, NotFound, Unavailable } from "../../domain/errors.ts"
import { ContentId, type MailboxId, type TenantId } from "../../domain/ids.ts"
import { uuidOf } from "../../pipeline/uuidV8.ts"
import type { BlobStore } from "../../storage/blobs/BlobStore.ts"
import { blobKey } from "../../storage/blobs/blobKey.ts"
import type { ContentStore } from "../../storage/contents/ContentStore.ts"
import type { OwnCall } from "../guard.ts"
import type { Upload, UploadedFile, WritingMethods } from "../Writing.ts"

export interface UploadServices {
  readonly blobs: BlobStore["Type"]
  readonly contents: ContentStore["Type"]
  /** How long an upload may be used. The reconciler removes what nobody needs, so it may be less than it says there. */
  readonly lifetime: Duration.Duration
}

type Input<Method extends keyof WritingMethods> = Parameters<WritingMethods[Method]>[1]

/**
 * What an upload's name says. Its blob is named after a hash of the mailbox and the secret: whoever has another mailbox, or
 * another time, finds no blob by it. So there is no table of uploads; an upload that no message was made of is a blob that
 * nobody needs, and goes like any other.
 */
interface Name {
  /** Epoch milliseconds. */
  readonly at: number
  readonly sizeBytes: number
  readonly checksum: string
  readonly secret: string
  readonly mediaType: string
}

export const upload =
  ({ blobs, contents, lifetime }: UploadServices) =>
  (
    call: OwnCall,
    { mailboxId, mediaType, maxBytes, bytes }: Input<"upload">
  ): Effect.Effect<Upload, CoreError> =>
    Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis
      const secret = yield* Effect.sync(() => randomBytes(18).toString("base64url"))
      const { contentId, key } = placeOf({ tenantId: call.principal.tenantId, mailboxId, at, secret })
      const { checksum, sizeBytes } = yield* blobs
        .put(key, atMost(bytes, maxBytes))
        .pipe(Effect.catchTag("BlobUnavailable", (cause) => new Unavailable({ what: "blobs", cause })))
      // The reconciler takes a blob that the database has never heard of for one of another database.
      yield* contents.put([{ contentId, blobKey: key, parts: [wholeOf(mediaType, sizeBytes)] }])
      const name = { at, sizeBytes, checksum, secret, mediaType }
      return { uploadId: write(name), sizeBytes, expiresAt: at + Duration.toMillis(lifetime) }
    })

export const readUpload =
  ({ blobs, lifetime }: UploadServices) =>
  (call: OwnCall, { mailboxId, uploadId }: Input<"readUpload">): Effect.Effect<UploadedFile, CoreError> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const name = read(uploadId)
      if (name === null || name.at + Duration.toMillis(lifetime) <= now) return yield* gone
      const { key } = placeOf({ tenantId: call.principal.tenantId, mailboxId, ...name })
      const bytes = yield* blobs.get({ key, checksum: name.checksum }).pipe(
        Effect.catchTags({
          BlobNotFound: () => gone,
          // Of another checksum than ours, which the name may well say.
          BlobCorrupt: () => gone,
          BlobUnavailable: (cause) => new Unavailable({ what: "blobs", cause })
        })
      )
      return { bytes, mediaType: name.mediaType }
    })

const gone = Effect.fail(new NotFound({ what: "upload" }))

interface Whose extends Pick<Name, "at" | "secret"> {
  readonly tenantId: TenantId
  readonly mailboxId: MailboxId
}

const placeOf = ({ tenantId, mailboxId, at, secret }: Whose) => {
  const digest = createHash("sha256").update(`upload\0${mailboxId}\0${at}\0${secret}`).digest()
  const contentId = ContentId(uuidOf(digest))
  return { contentId, key: blobKey({ tenantId, contentId, acceptedAt: at }) }
}

const write = ({ at, sizeBytes, checksum, secret, mediaType }: Name): string =>
  [at, sizeBytes, checksum, secret, Buffer.from(mediaType).toString("base64url")].join(".")

const form = /^(\d{1,14})\.(\d{1,15})\.([0-9a-f]{64})\.([\w-]{24})\.([\w-]*)$/

const read = (uploadId: string): Name | null => {
  const found = form.exec(uploadId)
  if (found === null) return null
  const [, at = "", sizeBytes = "", checksum = "", secret = "", mediaType = ""] = found
  return {
    at: Number(at),
    sizeBytes: Number(sizeBytes),
    checksum,
    secret,
    mediaType: Buffer.from(mediaType, "base64url").toString("latin1")
  }
}

const atMost = (
  bytes: Stream.Stream<Uint8Array, CoreError>,
  max: number
): Stream.Stream<Uint8Array, CoreError> =>
  Stream.mapAccumEffect(bytes, 0, (before, piece) => {
    const size = before + piece.length
    return size > max
      ? Effect.fail(new LimitExceeded({ limit: "messageSize", max }))
      : Effect.succeed([size, piece] as const)
  })

/** The file as the one part of a content. */
const wholeOf = (type: string, sizeBytes: number): Part => ({
  path: "1",
  parent: -1,
  type,
  parameters: {},
  charset: null,
  encoding: "binary",
  disposition: "attachment",
  fileName: null,
  contentId: null,
  contentLocation: null,
  description: null,
  headerStart: 0,
  bodyStart: 0,
  bodyEnd: sizeBytes,
  sizeBytes,
  decodedSizeBytes: sizeBytes,
  lines: 0
})
