import { randomBytes } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type BlobRef, BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { layerRecentBlobs } from "../../../src/storage/blobs/recentBlobs.ts"
import { newBlobKey } from "../../support/blobs.ts"

/** A store that counts how often it is read. */
const counted = () => {
  const reads = { count: 0 }
  const layer = Layer.effect(
    BlobStore,
    Effect.map(BlobStore, (store) =>
      BlobStore.of({
        ...store,
        get: (ref) =>
          Effect.suspend(() => {
            reads.count += 1
            return store.get(ref)
          })
      })
    )
  ).pipe(Layer.provide(BlobStore.layerMemory))
  return { reads, layer }
}

const readsAfter = <A, E>(work: (store: typeof BlobStore.Service) => Effect.Effect<A, E>) => {
  const { reads, layer } = counted()
  return Effect.flatMap(BlobStore, work).pipe(
    Effect.map(() => reads.count),
    Effect.provide(layerRecentBlobs({ totalBytes: 2_000, blobBytes: 1_000 }).pipe(Layer.provide(layer)))
  )
}

const put = (store: typeof BlobStore.Service, sizeBytes: number) =>
  store.putBytes(newBlobKey(), randomBytes(sizeBytes))

const getAll = (store: typeof BlobStore.Service, refs: ReadonlyArray<BlobRef>) =>
  Effect.forEach(refs, (ref) => store.get(ref))

describe("Recent blobs", () => {
  it.effect("are read once without the store, and from it after that", () =>
    Effect.gen(function* () {
      const reads = yield* readsAfter((store) =>
        Effect.flatMap(put(store, 1_000), (ref) => getAll(store, [ref, ref, ref]))
      )
      assert.strictEqual(reads, 2)
    })
  )

  it.effect("hold no blob above their size, and the newest of those that fit", () =>
    Effect.gen(function* () {
      const large = yield* readsAfter((store) =>
        Effect.flatMap(put(store, 1_001), (ref) => getAll(store, [ref]))
      )
      assert.strictEqual(large, 1)
      const pushedOut = yield* readsAfter((store) =>
        Effect.gen(function* () {
          const refs = [yield* put(store, 900), yield* put(store, 900), yield* put(store, 900)]
          yield* getAll(store, refs)
        })
      )
      assert.strictEqual(pushedOut, 1)
    })
  )

  it.effect("forget what is removed", () =>
    Effect.gen(function* () {
      const reads = yield* readsAfter((store) =>
        Effect.gen(function* () {
          const ref = yield* put(store, 10)
          yield* store.remove(ref.key)
          assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobNotFound")
        })
      )
      assert.strictEqual(reads, 1)
    })
  )

  it.effect("give nothing for another checksum than their own", () =>
    Effect.gen(function* () {
      const reads = yield* readsAfter((store) =>
        Effect.gen(function* () {
          const ref = yield* put(store, 10)
          const wrong = { ...ref, checksum: "0".repeat(64) }
          assert.strictEqual((yield* Effect.flip(store.get(wrong)))._tag, "BlobCorrupt")
        })
      )
      assert.strictEqual(reads, 1)
    })
  )
})
