import { Effect } from "effect"
import type { BlobKey } from "../../domain/ids.ts"
import { errorCode } from "../../observability/errorCode.ts"
import type { BlobReader } from "./BlobReader.ts"
import { BlobCorrupt, BlobNotFound, type BlobRef, type BlobUnavailable, type ByteRange } from "./BlobStore.ts"
import { requireBlobKey } from "./blobKey.ts"
import { checksumOf } from "./checksum.ts"
import type { Job } from "./Jobs.ts"
import type { Perform } from "./putStream.ts"
import { verifiedStream } from "./verifiedStream.ts"

type Ref = Pick<BlobRef, "key" | "checksum">

/** What the system says of a path that does not exist, or whose folder is a file. */
export const notFoundOr = (error: BlobUnavailable): BlobNotFound | BlobUnavailable =>
  ["ENOENT", "ENOTDIR"].includes(errorCode(error.cause)) ? new BlobNotFound() : error

const readsOf =
  (perform: Perform) =>
  <A>(key: BlobKey, work: (job: Job) => Promise<A>): Effect.Effect<A, BlobNotFound | BlobUnavailable> =>
    requireBlobKey(key, () => Effect.mapError(perform(work), notFoundOr))

/** The reading half of the file system driver. `pieceBytes`: what a stream reads at a time. */
export const makeReads = (
  perform: Perform,
  { reader, pieceBytes }: { readonly reader: BlobReader; readonly pieceBytes: number }
) => {
  const read = readsOf(perform)

  const get = ({ key, checksum }: Ref) =>
    read(key, async (job) => {
      const bytes = await reader.whole(key, job)
      return { bytes, isIntact: (await checksumOf(bytes)) === checksum }
    }).pipe(
      Effect.filterOrFail(
        ({ isIntact }) => isIntact,
        () => new BlobCorrupt()
      ),
      Effect.map(({ bytes }) => bytes)
    )

  const getRange = (key: BlobKey, range: ByteRange) => read(key, (job) => reader.range(key, { range, job }))

  const stream = (ref: Ref) => verifiedStream(ref, { getRange, pieceBytes })

  const sizeBytes = (key: BlobKey) => read(key, () => reader.sizeBytes(key))

  return { get, stream, getRange, sizeBytes }
}
