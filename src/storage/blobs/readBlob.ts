import { Chunk, Effect, Option, Stream } from "effect"
import type { BlobKey } from "../../domain/ids.ts"
import type { BlobReader } from "./BlobReader.ts"
import { BlobCorrupt, BlobNotFound, type BlobRef, type BlobUnavailable, type ByteRange } from "./BlobStore.ts"
import { requireBlobKey } from "./blobKey.ts"
import { checksumOf, newHash } from "./checksum.ts"
import { codeOf } from "./files.ts"
import type { Job } from "./Jobs.ts"
import type { Perform } from "./putStream.ts"

type Ref = Pick<BlobRef, "key" | "checksum">

/** What the system says of a path that does not exist, or whose folder is a file. */
export const notFoundOr = (error: BlobUnavailable): BlobNotFound | BlobUnavailable =>
  ["ENOENT", "ENOTDIR"].includes(codeOf(error.cause)) ? new BlobNotFound() : error

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

  // Opens the file for each piece: a slow reader holds no descriptor, and a piece is large enough not to mind.
  const stream = ({ key, checksum }: Ref) =>
    Stream.suspend(() => {
      const hash = newHash()
      return Stream.paginateChunkEffect(0, (start) =>
        Effect.gen(function* () {
          const bytes = yield* getRange(key, { start, end: start + pieceBytes })
          hash.update(bytes)
          const isLast = bytes.length < pieceBytes
          if (isLast && hash.digest("hex") !== checksum) return yield* new BlobCorrupt()
          const next: Option.Option<number> = isLast ? Option.none() : Option.some(start + pieceBytes)
          return [Chunk.of(bytes), next] as const
        })
      ).pipe(Stream.filter((bytes) => bytes.length > 0))
    })

  const sizeBytes = (key: BlobKey) => read(key, () => reader.sizeBytes(key))

  return { get, stream, getRange, sizeBytes }
}
