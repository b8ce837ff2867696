import { Effect } from "effect"
import type { BlobKey } from "../../../domain/ids.ts"
import {
  BlobCorrupt,
  BlobNotFound,
  type BlobPage,
  type BlobRef,
  type BlobUnavailable,
  type ByteRange
} from "../BlobStore.ts"
import { isBlobKey, requireBlobKey, requireBlobPrefix } from "../blobKey.ts"
import { checksumOf } from "../checksum.ts"
import { verifiedStream } from "../verifiedStream.ts"
import type { S3Access } from "./S3Access.ts"
import { isMissing, type ObjectRange, type S3Failed } from "./S3Calls.ts"
import { unavailable } from "./unavailable.ts"

type Ref = Pick<BlobRef, "key" | "checksum">

/** What a stream gives at a time: a slow reader holds no connection, and a piece is large enough not to mind. */
const pieceBytes = 1024 * 1024

const emptied: ObjectRange = { bytes: new Uint8Array(), totalBytes: 0 }

const reading = <A>(read: Effect.Effect<A, S3Failed>): Effect.Effect<A, BlobNotFound | BlobUnavailable> =>
  Effect.catchAll(
    read,
    (failure): Effect.Effect<never, BlobNotFound | BlobUnavailable> =>
      isMissing(failure) ? new BlobNotFound() : unavailable(failure)
  )

/** The reading half of the S3 driver. `partBytes`: what is asked for at a time. */
export const makeReadsS3 = (access: S3Access, partBytes: number) => {
  const { calls, placeOf } = access

  const part = (key: BlobKey, range: ByteRange): Effect.Effect<ObjectRange, S3Failed> =>
    access.withinDeadline((attempt) =>
      Effect.catchIf(
        attempt((at, signal) => calls.getRange({ ...placeOf(key), ...range, ...at }, signal)),
        ({ problem }) => problem === "beyond-end",
        () => Effect.succeed(emptied)
      )
    )

  const head = (key: BlobKey) =>
    access.withinDeadline((attempt) =>
      attempt((at, signal) => calls.headObject({ ...placeOf(key), ...at }, signal))
    )

  /** In parts, each with a deadline of its own; the first one tells how many there are. */
  const range = (key: BlobKey, { start, end }: ByteRange): Effect.Effect<Uint8Array, S3Failed> =>
    Effect.gen(function* () {
      const { bytes, totalBytes } = yield* part(key, { start, end: Math.min(end, start + partBytes) })
      const stop = Math.min(end, totalBytes)
      if (start + bytes.length >= stop) return bytes
      const whole = new Uint8Array(stop - start)
      whole.set(bytes)
      let filled = bytes.length
      while (filled < whole.length) {
        const from = start + filled
        const next = yield* part(key, { start: from, end: Math.min(stop, from + partBytes) })
        // It was removed meanwhile, or replaced by a shorter one.
        if (next.bytes.length === 0) return whole.subarray(0, filled)
        whole.set(next.bytes, filled)
        filled += next.bytes.length
      }
      return whole
    })

  const getRange = (key: BlobKey, { start, end }: ByteRange) =>
    requireBlobKey(key, () => {
      const from = Math.max(0, start)
      return reading(
        end > from ? range(key, { start: from, end }) : Effect.as(head(key), emptied.bytes.slice())
      )
    })

  const get = ({
    key,
    checksum
  }: Ref): Effect.Effect<Uint8Array, BlobNotFound | BlobCorrupt | BlobUnavailable> =>
    Effect.tap(getRange(key, { start: 0, end: Number.POSITIVE_INFINITY }), (bytes) =>
      Effect.flatMap(
        Effect.promise(() => checksumOf(bytes)),
        (found) => (found === checksum ? Effect.void : new BlobCorrupt())
      )
    )

  const stream = (ref: Ref) => verifiedStream(ref, { getRange, pieceBytes })

  const sizeBytes = (key: BlobKey) =>
    requireBlobKey(key, () => reading(Effect.map(head(key), (object) => object.sizeBytes)))

  const list = (prefix: string, { after, limit }: BlobPage) =>
    requireBlobPrefix(prefix, () => {
      const { bucket } = placeOf(prefix)
      return access
        .withinDeadline((attempt) =>
          attempt((at, signal) =>
            calls.listObjects({ bucket, prefix, after: after ?? "", limit, ...at }, signal)
          )
        )
        .pipe(
          // A tenant without mail has no bucket.
          Effect.catchIf(isMissing, () => Effect.succeed([])),
          Effect.mapBoth({
            onFailure: unavailable,
            onSuccess: (objects) =>
              objects.flatMap(({ key, ...entry }) => (isBlobKey(key) ? [{ key, ...entry }] : []))
          })
        )
    })

  return { get, stream, getRange, sizeBytes, list }
}
