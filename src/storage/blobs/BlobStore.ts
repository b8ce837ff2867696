import { Chunk, Clock, Context, Effect, Layer, Schema, Stream } from "effect"
import type { BlobKey } from "../../domain/ids.ts"
import { requireBlobKey, requireBlobPrefix } from "./blobKey.ts"
import { checksumOf } from "./checksum.ts"

/** What a store says of a blob that it holds. */
export interface BlobRef {
  readonly key: BlobKey
  /** SHA-256 of the bytes, lower-case hex. */
  readonly checksum: string
  readonly sizeBytes: number
}

/** A blob as a listing shows it. */
export interface BlobEntry {
  readonly key: BlobKey
  readonly sizeBytes: number
  /** Epoch milliseconds, by the store's clock: when it was stored. */
  readonly storedAt: number
}

/** A stretch of a listing. */
export interface BlobPage {
  /** The last key of the page before; null = from the beginning. */
  readonly after: BlobKey | null
  /** 1 to 1,000. */
  readonly limit: number
}

export class BlobNotFound extends Schema.TaggedError<BlobNotFound>()("BlobNotFound", {}) {}

/** The bytes read are not those that were written. */
export class BlobCorrupt extends Schema.TaggedError<BlobCorrupt>()("BlobCorrupt", {}) {}

/** The store is away, full or slow beyond its deadline; nothing was stored under the key. */
export class BlobUnavailable extends Schema.TaggedError<BlobUnavailable>()("BlobUnavailable", {
  reason: Schema.Literal("full", "io", "timeout"),
  cause: Schema.optional(Schema.Defect)
}) {}

/** Half-open byte range `[start, end)`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Where messages lie: written once, never changed, read whole or by range. */
export class BlobStore extends Context.Tag("postroom/storage/BlobStore")<
  BlobStore,
  {
    /**
     * Stores the bytes durably: when it succeeds they survive a power loss. A key that exists is left as it is
     * (same key, same content by construction). An interrupted or failed put leaves nothing under the key that was
     * not there before. The pieces must not be changed after they were handed over.
     */
    readonly put: <E>(
      key: BlobKey,
      bytes: Stream.Stream<Uint8Array, E>
    ) => Effect.Effect<BlobRef, BlobUnavailable | E>
    /** The same for bytes at hand; cheaper. */
    readonly putBytes: (key: BlobKey, bytes: Uint8Array) => Effect.Effect<BlobRef, BlobUnavailable>
    /** The whole blob, verified against its checksum before any byte is returned. */
    readonly get: (
      ref: Pick<BlobRef, "key" | "checksum">
    ) => Effect.Effect<Uint8Array, BlobNotFound | BlobCorrupt | BlobUnavailable>
    /** The whole blob in pieces; fails with `BlobCorrupt` at its end where the checksum differs. */
    readonly stream: (
      ref: Pick<BlobRef, "key" | "checksum">
    ) => Stream.Stream<Uint8Array, BlobNotFound | BlobCorrupt | BlobUnavailable>
    /** A range, unverified: a checksum covers the whole. A range beyond the end is cut. */
    readonly getRange: (
      key: BlobKey,
      range: ByteRange
    ) => Effect.Effect<Uint8Array, BlobNotFound | BlobUnavailable>
    readonly sizeBytes: (key: BlobKey) => Effect.Effect<number, BlobNotFound | BlobUnavailable>
    /**
     * Blobs below a prefix that names a tenant and perhaps more: `blobs/{tenant}/`, `blobs/{tenant}/2026/01/31/`. In the
     * order of their keys, byte by byte; fewer than `limit` = there are no more. What is stored or removed meanwhile may
     * be among them or not.
     */
    readonly list: (
      prefix: string,
      page: BlobPage
    ) => Effect.Effect<ReadonlyArray<BlobEntry>, BlobUnavailable>
    /** Removing what is not there succeeds. A power loss may bring the blob back; it never takes another one. */
    readonly remove: (key: BlobKey) => Effect.Effect<void, BlobUnavailable>
  }
>() {
  /** Holds blobs until the layer ends, for tests. */
  static readonly layerMemory = Layer.sync(BlobStore, () => {
    const blobs = new Map<BlobKey, Uint8Array>()
    const storedAt = new Map<BlobKey, number>()
    const find = (key: BlobKey) =>
      requireBlobKey(key, () => {
        const bytes = blobs.get(key)
        return bytes === undefined ? new BlobNotFound() : Effect.succeed(bytes)
      })
    const get = ({ key, checksum }: Pick<BlobRef, "key" | "checksum">) =>
      Effect.flatMap(find(key), (bytes) =>
        Effect.flatMap(
          Effect.promise(() => checksumOf(bytes)),
          (found) => (found === checksum ? Effect.succeed(bytes.slice()) : new BlobCorrupt())
        )
      )
    const putBytes = (key: BlobKey, bytes: Uint8Array) =>
      requireBlobKey(key, () =>
        Effect.zipWith(
          Effect.promise(() => checksumOf(bytes)),
          Clock.currentTimeMillis,
          (checksum, now) => {
            if (!blobs.has(key)) {
              blobs.set(key, new Uint8Array(bytes))
              storedAt.set(key, now)
            }
            return { key, checksum, sizeBytes: bytes.length }
          }
        )
      )
    return BlobStore.of({
      put: (key, bytes) =>
        Effect.flatMap(Stream.runCollect(bytes), (chunks) =>
          putBytes(key, Buffer.concat(Chunk.toReadonlyArray(chunks)))
        ),
      putBytes,
      get,
      stream: (ref) => Stream.fromEffect(get(ref)),
      getRange: (key, { start, end }) =>
        Effect.map(find(key), (bytes) => bytes.slice(Math.max(0, start), Math.max(0, end))),
      sizeBytes: (key) => Effect.map(find(key), (bytes) => bytes.length),
      list: (prefix, { after, limit }) =>
        requireBlobPrefix(prefix, () =>
          Effect.sync(() =>
            [...blobs]
              .filter(([key]) => key.startsWith(prefix) && (after === null || key > after))
              .sort(([left], [right]) => (left < right ? -1 : 1))
              .slice(0, limit)
              .map(([key, bytes]) => ({ key, sizeBytes: bytes.length, storedAt: storedAt.get(key) ?? 0 }))
          )
        ),
      remove: (key) => requireBlobKey(key, () => Effect.sync(() => void blobs.delete(key)))
    })
  })
}
