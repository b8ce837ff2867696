import { createHash, randomBytes, randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Data, Deferred, Effect, Exit, Fiber, type Layer, Stream } from "effect"
import { BlobKey, ContentId, TenantId } from "../../src/domain/ids.ts"
import { type BlobEntry, BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { blobKey, InvalidBlobKey, tenantPrefix } from "../../src/storage/blobs/blobKey.ts"
import { newBlobKey } from "../support/blobs.ts"

class ClientGone extends Data.TaggedError("ClientGone") {}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const pieces = (bytes: Uint8Array, sizeBytes: number) =>
  Stream.range(0, Math.ceil(bytes.length / sizeBytes) - 1).pipe(
    Stream.map((n) => bytes.subarray(n * sizeBytes, (n + 1) * sizeBytes))
  )
const joined = (chunks: Chunk.Chunk<Uint8Array>) => Buffer.concat(Chunk.toReadonlyArray(chunks))
const equal = (left: Uint8Array, right: Uint8Array) => assert.isTrue(Buffer.compare(left, right) === 0)

/** What every blob store promises. `bufferBytes` of the driver should be below 100,000, so that both its ways are met. */
export const blobsContract = <E>(name: string, layer: Layer.Layer<BlobStore, E>) => {
  describe(`${name} as a BlobStore`, () => {
    const provided = <A, E2>(effect: Effect.Effect<A, E2, BlobStore>) => Effect.provide(effect, layer)

    for (const sizeBytes of [0, 1, 10_000, 100_000, 300_001]) {
      it.live(`gives back ${sizeBytes} bytes as they were put, in one or in pieces`, () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const bytes = randomBytes(sizeBytes)
            const atOnce = yield* store.putBytes(newBlobKey(), bytes)
            const inPieces = yield* store.put(newBlobKey(), pieces(bytes, 7_001))
            for (const ref of [atOnce, inPieces]) {
              assert.strictEqual(ref.checksum, sha256(bytes))
              assert.strictEqual(ref.sizeBytes, sizeBytes)
              equal(yield* store.get(ref), bytes)
              equal(joined(yield* Stream.runCollect(store.stream(ref))), bytes)
              assert.strictEqual(yield* store.sizeBytes(ref.key), sizeBytes)
            }
          })
        )
      )
    }

    it.live("gives ranges, cut at the end", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const { key } = yield* store.putBytes(newBlobKey(), Buffer.from("0123456789"))
          const range = (start: number, end: number) =>
            Effect.map(store.getRange(key, { start, end }), (bytes) => Buffer.from(bytes).toString())
          assert.strictEqual(yield* range(0, 10), "0123456789")
          assert.strictEqual(yield* range(3, 5), "34")
          assert.strictEqual(yield* range(8, 99), "89")
          assert.strictEqual(yield* range(10, 20), "")
          assert.strictEqual(yield* range(50, 60), "")
          assert.strictEqual(yield* range(5, 5), "")
          assert.strictEqual(yield* range(5, 2), "")
          assert.strictEqual(yield* range(-5, 2), "01")
        })
      )
    )

    it.live("leaves a key that exists as it is", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const first = yield* store.putBytes(newBlobKey(), Buffer.from("first"))
          yield* store.putBytes(first.key, Buffer.from("second"))
          yield* store.put(first.key, Stream.make(Buffer.from("third")))
          assert.strictEqual(Buffer.from(yield* store.get(first)).toString(), "first")
        })
      )
    )

    it.live("stores one of many puts of the same key at once, whole", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const key = newBlobKey()
          const bytes = randomBytes(50_000)
          const refs = yield* Effect.all(
            Array.from({ length: 20 }, () => store.putBytes(key, bytes)),
            { concurrency: "unbounded" }
          )
          for (const ref of refs) equal(yield* store.get(ref), bytes)
        })
      )
    )

    it.live("does not share memory with its callers", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const bytes = Buffer.from("original")
          const ref = yield* store.putBytes(newBlobKey(), bytes)
          bytes.fill("x")
          const read = yield* store.get(ref)
          read.fill(0)
          assert.strictEqual(Buffer.from(yield* store.get(ref)).toString(), "original")
        })
      )
    )

    it.live("finds nothing under a key that was not put", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const ref = { key: newBlobKey(), checksum: "" }
          assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobNotFound")
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.stream(ref))))._tag, "BlobNotFound")
          assert.strictEqual((yield* Effect.flip(store.sizeBytes(ref.key)))._tag, "BlobNotFound")
          assert.strictEqual(
            (yield* Effect.flip(store.getRange(ref.key, { start: 0, end: 1 })))._tag,
            "BlobNotFound"
          )
        })
      )
    )

    it.live("refuses to give bytes that do not match the checksum", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const { key } = yield* store.putBytes(newBlobKey(), randomBytes(150_000))
          const wrong = { key, checksum: sha256(Buffer.from("something else")) }
          assert.strictEqual((yield* Effect.flip(store.get(wrong)))._tag, "BlobCorrupt")
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.stream(wrong))))._tag, "BlobCorrupt")
        })
      )
    )

    it.live("forgets what is removed, and removing it again succeeds", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const ref = yield* store.putBytes(newBlobKey(), randomBytes(100))
          yield* store.remove(ref.key)
          yield* store.remove(ref.key)
          assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobNotFound")
          const again = yield* store.putBytes(ref.key, Buffer.from("again"))
          assert.strictEqual(Buffer.from(yield* store.get(again)).toString(), "again")
        })
      )
    )

    it.live("lists what lies below a prefix in the order of keys, page by page, and nothing else", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const tenant = TenantId(randomUUID())
          const keys = [3, 1, 31, 32, 1, 400].map((day) =>
            blobKey({ tenantId: tenant, contentId: ContentId(randomUUID()), acceptedAt: day * 86_400_000 })
          )
          yield* Effect.forEach(keys, (key, n) => store.putBytes(key, randomBytes(n * 1000)))
          yield* store.putBytes(newBlobKey(), randomBytes(10))
          const pages: Array<ReadonlyArray<BlobEntry>> = []
          let after: BlobKey | null = null
          do {
            const page: ReadonlyArray<BlobEntry> = yield* store.list(tenantPrefix(tenant), {
              after,
              limit: 4
            })
            pages.push(page)
            after = page.length < 4 ? null : (page.at(-1)?.key ?? null)
          } while (after !== null)
          const sizes = new Map(keys.map((key, n) => [key, n * 1000]))
          assert.deepEqual(
            pages.flat().map(({ key, sizeBytes }) => [key, sizeBytes]),
            [...keys].sort().map((key) => [key, sizes.get(key)])
          )
          const ofDay = yield* store.list(`${tenantPrefix(tenant)}1970/01/02/`, { after: null, limit: 10 })
          assert.strictEqual(ofDay.length, 2)
        })
      )
    )

    it.live("orders names as whole keys are ordered, where a folder's name begins a file's", () =>
      provided(
        Effect.gen(function* () {
          const store = yield* BlobStore
          const prefix = tenantPrefix(TenantId(randomUUID()))
          const keys = ["a/x.eml", "a.eml", "a-b.eml", "a/y/z.eml", "b.eml", "A.eml", "a0.eml"].map((name) =>
            BlobKey(`${prefix}${name}`)
          )
          yield* Effect.forEach(keys, (key) => store.putBytes(key, randomBytes(1)))
          for (const after of [null, ...keys]) {
            const found = yield* store.list(prefix, { after, limit: 100 })
            assert.deepEqual(
              found.map(({ key }) => key),
              [...keys].sort().filter((key) => after === null || key > after)
            )
          }
        })
      )
    )

    it.live(
      "lists when a blob was stored, nothing of one that was removed, and nothing for a tenant without mail",
      () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const tenant = TenantId(randomUUID())
            const page = { after: null, limit: 1000 }
            assert.deepEqual(yield* store.list(tenantPrefix(tenant), page), [])
            const key = blobKey({ tenantId: tenant, contentId: ContentId(randomUUID()), acceptedAt: 0 })
            const before = yield* Clock.currentTimeMillis
            yield* store.putBytes(key, randomBytes(1))
            const [entry] = yield* store.list(tenantPrefix(tenant), page)
            // Whole seconds are what S3 knows.
            assert.closeTo(entry?.storedAt ?? 0, before, 5_000)
            yield* store.remove(key)
            assert.deepEqual(yield* store.list(tenantPrefix(tenant), page), [])
          })
        )
    )

    for (const prefix of ["", "blobs/", "blobs/x", "blobs/../secrets/", "secrets/x/"]) {
      it.live(`takes the prefix "${prefix}" for a defect`, () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const listed = yield* Effect.exit(store.list(prefix, { after: null, limit: 1 }))
            assert.deepEqual(listed, Exit.die(new InvalidBlobKey()))
          })
        )
      )
    }

    for (const sizeBytes of [10, 200_000]) {
      it.live(`keeps nothing when the bytes break off after ${sizeBytes}`, () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const key = newBlobKey()
            const broken = Stream.concat(pieces(randomBytes(sizeBytes), 7_001), Stream.fail(new ClientGone()))
            assert.strictEqual((yield* Effect.flip(store.put(key, broken)))._tag, "ClientGone")
            assert.strictEqual((yield* Effect.flip(store.sizeBytes(key)))._tag, "BlobNotFound")
          })
        )
      )

      it.live(`keeps nothing when it is interrupted after ${sizeBytes} bytes`, () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const key = newBlobKey()
            const sent = yield* Deferred.make<void>()
            const hanging = pieces(randomBytes(sizeBytes), 7_001).pipe(
              Stream.concat(Stream.execute(Deferred.succeed(sent, undefined))),
              Stream.concat(Stream.never)
            )
            const put = yield* Effect.fork(store.put(key, hanging))
            yield* Deferred.await(sent)
            assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(put)))
            assert.strictEqual((yield* Effect.flip(store.sizeBytes(key)))._tag, "BlobNotFound")
            const ref = yield* store.putBytes(key, Buffer.from("after"))
            assert.strictEqual(Buffer.from(yield* store.get(ref)).toString(), "after")
          })
        )
      )
    }

    for (const key of [
      "blobs/../secrets/x",
      "/etc/passwd",
      "secrets/x",
      "blobs/.tmp/x",
      "blobs//x",
      "blobs/a b",
      "blobs"
    ]) {
      it.live(`takes the key ${key} for a defect`, () =>
        provided(
          Effect.gen(function* () {
            const store = yield* BlobStore
            const put = yield* Effect.exit(store.putBytes(BlobKey(key), Buffer.from("x")))
            assert.deepEqual(put, Exit.die(new InvalidBlobKey()))
            assert.deepEqual(
              yield* Effect.exit(store.sizeBytes(BlobKey(key))),
              Exit.die(new InvalidBlobKey())
            )
          })
        )
      )
    }
  })
}
