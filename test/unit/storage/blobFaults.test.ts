import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { BlobFaults, layerBlobFaults } from "../../support/blobFaults.ts"
import { newBlobKey } from "../../support/blobs.ts"

describe("BlobFaults", () => {
  it.effect("fails, loses answers and holds on command, and heals", () =>
    Effect.gen(function* () {
      const store = yield* BlobStore
      const faults = yield* BlobFaults
      const [before, after, held] = [newBlobKey(), newBlobKey(), newBlobKey()]
      const put = (key: typeof before) => store.putBytes(key, Buffer.from("x"))

      yield* faults.fail("full")
      assert.deepInclude(yield* Effect.flip(put(before)), { reason: "full" })
      yield* faults.fail("timeout", "after")
      assert.deepInclude(yield* Effect.flip(put(after)), { reason: "timeout" })
      yield* faults.hold
      const waiting = yield* Effect.fork(put(held))
      yield* Effect.yieldNow()
      yield* faults.heal
      yield* Fiber.join(waiting)

      assert.strictEqual((yield* Effect.flip(store.sizeBytes(before)))._tag, "BlobNotFound")
      assert.strictEqual(yield* store.sizeBytes(after), 1)
      assert.strictEqual(yield* store.sizeBytes(held), 1)
    }).pipe(Effect.provide(layerBlobFaults(BlobStore.layerMemory)))
  )
})
