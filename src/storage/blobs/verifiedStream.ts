import { Chunk, Effect, Option, Stream } from "effect"
import { BlobCorrupt, type BlobRef, type ByteRange } from "./BlobStore.ts"
import { newHash } from "./checksum.ts"

/**
 * The whole blob, read by ranges of `pieceBytes`; fails at its end where the checksum differs. Each piece is asked for by
 * itself: a slow reader holds nothing open, and a piece is large enough not to mind.
 */
export const verifiedStream = <E>(
  { key, checksum }: Pick<BlobRef, "key" | "checksum">,
  {
    getRange,
    pieceBytes
  }: {
    readonly getRange: (key: BlobRef["key"], range: ByteRange) => Effect.Effect<Uint8Array, E>
    readonly pieceBytes: number
  }
): Stream.Stream<Uint8Array, E | BlobCorrupt> =>
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
