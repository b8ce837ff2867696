import { Config, type ConfigError, Effect, Layer } from "effect"
import type { BlobKey } from "../../domain/ids.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, bytes } from "../../settings/types.ts"
import { type BlobRef, BlobStore } from "./BlobStore.ts"

export interface RecentBlobsLimits {
  /** Held at most, all blobs together. */
  readonly totalBytes: number
  /** A larger blob is not held: reading it again costs little beside what else it costs. */
  readonly blobBytes: number
}

const config: Config.Config<RecentBlobsLimits> = Config.all({
  totalBytes: setting({
    name: "POSTROOM_BLOBS_RECENT_BYTES",
    type: bytes,
    default: 32 * 1024 * 1024,
    meaning: "Just stored messages held in memory until they are delivered. 0 = none.",
    check: atLeast(0)
  }),
  blobBytes: Config.succeed(256 * 1024)
})

interface Held {
  readonly bytes: Uint8Array
  readonly checksum: string
}

/** Blobs that nobody has read since they were stored; the oldest go first. */
class RecentBlobs {
  readonly #limits: RecentBlobsLimits
  readonly #held = new Map<BlobKey, Held>()
  #totalBytes = 0

  constructor(limits: RecentBlobsLimits) {
    this.#limits = limits
  }

  add({ key, checksum }: BlobRef, bytes: Uint8Array): void {
    this.forget(key)
    if (bytes.length > Math.min(this.#limits.blobBytes, this.#limits.totalBytes)) return
    this.#held.set(key, { bytes, checksum })
    this.#totalBytes += bytes.length
    for (const oldest of this.#held.keys()) {
      if (this.#totalBytes <= this.#limits.totalBytes) return
      this.forget(oldest)
    }
  }

  /** Gives a blob away: its second reader goes to the store. */
  take({ key, checksum }: Pick<BlobRef, "key" | "checksum">): Uint8Array | undefined {
    const held = this.#held.get(key)
    if (held?.checksum !== checksum) return undefined
    this.forget(key)
    return held.bytes
  }

  forget(key: BlobKey): void {
    const held = this.#held.get(key)
    if (held === undefined) return
    this.#held.delete(key)
    this.#totalBytes -= held.bytes.length
  }
}

/**
 * A store whose small blobs can be read once without going to the disk or the network: ingest reads each message
 * right after the edge of the same process has stored it. Only what is durable is held.
 */
export const layerRecentBlobs = (
  limits?: RecentBlobsLimits
): Layer.Layer<BlobStore, ConfigError.ConfigError, BlobStore> =>
  Layer.effect(
    BlobStore,
    Effect.gen(function* () {
      const store = yield* BlobStore
      const recent = new RecentBlobs(limits ?? (yield* config))
      return BlobStore.of({
        ...store,
        putBytes: (key, bytes) =>
          Effect.tap(store.putBytes(key, bytes), (ref) => Effect.sync(() => recent.add(ref, bytes))),
        get: (ref) =>
          Effect.suspend(() => {
            const bytes = recent.take(ref)
            return bytes === undefined ? store.get(ref) : Effect.succeed(bytes)
          }),
        remove: (key) =>
          Effect.suspend(() => {
            recent.forget(key)
            return store.remove(key)
          })
      })
    })
  )
