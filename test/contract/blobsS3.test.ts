import { createHash, randomBytes, randomUUID } from "node:crypto"
import {
  CreateMultipartUploadCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand
} from "@aws-sdk/client-s3"
import { assert, it } from "@effect/vitest"
import {
  Chunk,
  ConfigProvider,
  Context,
  Data,
  Deferred,
  Duration,
  Effect,
  Fiber,
  Layer,
  Stream
} from "effect"
import { ContentId, TenantId } from "../../src/domain/ids.ts"
import { Secrets } from "../../src/settings/Secrets.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { blobKey } from "../../src/storage/blobs/blobKey.ts"
import { layerBlobStoreS3 } from "../../src/storage/blobs/s3/BlobStoreS3.ts"
import { makeS3Access } from "../../src/storage/blobs/s3/S3Access.ts"
import { accountOf } from "../../src/storage/blobs/s3/S3Config.ts"
import { sdkCalls } from "../../src/storage/blobs/s3/sdkCalls.ts"
import { sweepUploads } from "../../src/storage/blobs/s3/sweepUploads.ts"
import { newBlobKey, tenantId } from "../support/blobs.ts"
import { describeOnMinio } from "../support/minioSuite.ts"
import { s3ClientOf, withS3 } from "../support/s3.ts"
import { makeS3Memory } from "../support/s3Memory.ts"
import { s3SettingsOf } from "../support/s3Settings.ts"
import { blobsContract } from "./blobs.ts"

class ClientGone extends Data.TaggedError("ClientGone") {}

const mebibyte = 1024 * 1024
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const piecesOf = (bytes: Uint8Array, sizeBytes = 64 * 1024) =>
  Stream.range(0, Math.ceil(bytes.length / sizeBytes) - 1).pipe(
    Stream.map((n) => bytes.subarray(n * sizeBytes, (n + 1) * sizeBytes))
  )
const bucket = `postroom-${tenantId}`

// Parts smaller than a real S3 takes them, so that the contract meets them too.
blobsContract(
  "S3 in parts, in memory",
  Layer.suspend(() =>
    layerBlobStoreS3({
      settings: s3SettingsOf(
        { endpoint: "http://memory", accessKey: "", secretKey: "" },
        { partBytes: 70_000 }
      ),
      calls: makeS3Memory().calls
    })
  )
)

describeOnMinio("S3", (minio) => {
  blobsContract(
    "S3 in a thread",
    Layer.unwrapEffect(Effect.map(minio, (server) => layerBlobStoreS3({ settings: s3SettingsOf(server) })))
  )

  blobsContract(
    "S3 that encrypts and keeps versions",
    Layer.unwrapEffect(
      Effect.map(minio, (server) => {
        const settings = s3SettingsOf(server, { bucketPrefix: "kept-", sse: "AES256", keepRemovedDays: 30 })
        return layerBlobStoreS3({ settings, calls: sdkCalls(accountOf(settings)) })
      })
    )
  )

  it.live("makes a bucket per tenant when its first blob comes, and keeps the key and the checksum", () =>
    Effect.gen(function* () {
      const server = yield* minio
      const client = s3ClientOf(server)
      const tenant = TenantId(randomUUID())
      const key = blobKey({
        tenantId: tenant,
        contentId: ContentId("m-1"),
        acceptedAt: Date.UTC(2026, 0, 31)
      })
      const ref = yield* withS3(s3SettingsOf(server), (store) => store.putBytes(key, randomBytes(1_000)))
      const list = yield* Effect.promise(() =>
        client.send(new ListObjectsV2Command({ Bucket: `postroom-${tenant}` }))
      )
      assert.deepEqual(
        list.Contents?.map(({ Key }) => Key),
        [`blobs/${tenant}/2026/01/31/m-1.eml`]
      )
      const head = yield* Effect.promise(() =>
        client.send(
          new HeadObjectCommand({ Bucket: `postroom-${tenant}`, Key: key, ChecksumMode: "ENABLED" })
        )
      )
      assert.strictEqual(head.Metadata?.["sha256"], ref.checksum)
      assert.strictEqual(Buffer.from(head.ChecksumSHA256 ?? "", "base64").toString("hex"), ref.checksum)
    })
  )

  it.live("takes puts of a new tenant that come at once", () =>
    Effect.gen(function* () {
      const tenant = TenantId(randomUUID())
      const keys = Array.from({ length: 10 }, (_, n) =>
        blobKey({ tenantId: tenant, contentId: ContentId(`m-${n}`), acceptedAt: 0 })
      )
      yield* withS3(s3SettingsOf(yield* minio), (store) =>
        Effect.forEach(keys, (key) => store.putBytes(key, randomBytes(100)), { concurrency: "unbounded" })
      )
    })
  )

  for (const [name, sizeBytes] of [
    ["in two parts and a bit", 11 * mebibyte],
    ["of exactly two parts", 10 * mebibyte],
    ["of exactly one part", 5 * mebibyte]
  ] as const) {
    it.live(`gives back a message ${name}, put in pieces or at once`, () =>
      Effect.gen(function* () {
        const server = yield* minio
        const bytes = randomBytes(sizeBytes)
        yield* withS3(s3SettingsOf(server), (store) =>
          Effect.gen(function* () {
            const inPieces = yield* store.put(newBlobKey(), piecesOf(bytes))
            const atOnce = yield* store.putBytes(newBlobKey(), bytes)
            for (const ref of [inPieces, atOnce]) {
              assert.strictEqual(ref.checksum, sha256(bytes))
              assert.strictEqual(ref.sizeBytes, sizeBytes)
              assert.strictEqual(sha256(yield* store.get(ref)), ref.checksum)
              const streamed = yield* Stream.runCollect(store.stream(ref))
              assert.strictEqual(sha256(Buffer.concat(Chunk.toReadonlyArray(streamed))), ref.checksum)
              const middle = { start: 4 * mebibyte, end: sizeBytes - 100 }
              const range = yield* store.getRange(ref.key, middle)
              assert.strictEqual(sha256(range), sha256(bytes.subarray(middle.start, middle.end)))
            }
          })
        )
        assert.deepEqual(yield* uploadsLeft(s3ClientOf(server)), [])
      })
    )
  }

  it.live("leaves a large key that exists as it is", () =>
    Effect.gen(function* () {
      const server = yield* minio
      yield* withS3(s3SettingsOf(server), (store) =>
        Effect.gen(function* () {
          const first = yield* store.putBytes(newBlobKey(), Buffer.from("first"))
          yield* store.put(first.key, piecesOf(randomBytes(6 * mebibyte)))
          assert.strictEqual(Buffer.from(yield* store.get(first)).toString(), "first")
        })
      )
      assert.deepEqual(yield* uploadsLeft(s3ClientOf(server)), [])
    })
  )

  it.live("keeps no part of a large message that breaks off or is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* minio
      const [broken, interrupted] = [newBlobKey(), newBlobKey()]
      const bytes = randomBytes(6 * mebibyte)
      yield* withS3(s3SettingsOf(server), (store) =>
        Effect.gen(function* () {
          const gone = Stream.concat(piecesOf(bytes), Stream.fail(new ClientGone()))
          assert.strictEqual((yield* Effect.flip(store.put(broken, gone)))._tag, "ClientGone")

          const sent = yield* Deferred.make<void>()
          const hanging = piecesOf(bytes).pipe(
            Stream.concat(Stream.execute(Deferred.succeed(sent, undefined))),
            Stream.concat(Stream.never)
          )
          const put = yield* Effect.fork(store.put(interrupted, hanging))
          yield* Deferred.await(sent)
          assert.lengthOf(yield* uploadsLeft(s3ClientOf(server)), 1)
          yield* Fiber.interrupt(put)
          for (const key of [broken, interrupted]) {
            assert.strictEqual((yield* Effect.flip(store.sizeBytes(key)))._tag, "BlobNotFound")
          }
        })
      )
      assert.deepEqual(yield* uploadsLeft(s3ClientOf(server)), [])
    })
  )

  it.live("ends the uploads that a crash left, but not those under way", () =>
    Effect.gen(function* () {
      const settings = s3SettingsOf(yield* minio)
      const client = s3ClientOf(yield* minio)
      const access = makeS3Access(sdkCalls(accountOf(settings)), settings)
      const key = newBlobKey()
      yield* withS3(settings, (store) => store.putBytes(newBlobKey(), randomBytes(10)))
      yield* Effect.promise(() => client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key })))
      yield* sweepUploads(access, settings)
      assert.deepEqual(yield* uploadsLeft(client), [key])
      yield* sweepUploads(access, { ...settings, staleAfter: Duration.zero })
      assert.deepEqual(yield* uploadsLeft(client), [])
    })
  )

  it.live("signs with a secret that was rotated", () =>
    Effect.gen(function* () {
      const server = yield* minio
      const providerOf = (secretKey: string) =>
        ConfigProvider.fromMap(
          new Map([
            ["POSTROOM_S3_ENDPOINTS", server.endpoint],
            ["POSTROOM_S3_ACCESS_KEY", server.accessKey],
            ["POSTROOM_S3_SECRET_KEY", secretKey]
          ])
        )
      let provider = providerOf("of yesterday")
      const secrets = Secrets.of({
        current: (config) => Effect.succeed(Effect.suspend(() => Effect.orDie(provider.load(config))))
      })
      const context = yield* Effect.provideService(Layer.build(layerBlobStoreS3()), Secrets, secrets)
      const store = Context.get(context, BlobStore)
      assert.strictEqual((yield* Effect.flip(store.putBytes(newBlobKey(), randomBytes(10)))).reason, "io")
      provider = providerOf(server.secretKey)
      yield* store.putBytes(newBlobKey(), randomBytes(10))
    }).pipe(Effect.scoped)
  )

  it.live("has what it stores encrypted, and keeps what is removed for as long as it was told", () =>
    Effect.gen(function* () {
      const server = yield* minio
      const client = s3ClientOf(server)
      const tenant = TenantId(randomUUID())
      const key = blobKey({ tenantId: tenant, contentId: ContentId("m-1"), acceptedAt: 0 })
      const Bucket = `postroom-${tenant}`
      yield* withS3(s3SettingsOf(server, { sse: "AES256", keepRemovedDays: 30 }), (store) =>
        Effect.gen(function* () {
          yield* store.putBytes(key, randomBytes(100))
          const head = yield* Effect.promise(() => client.send(new HeadObjectCommand({ Bucket, Key: key })))
          assert.strictEqual(head.ServerSideEncryption, "AES256")
          yield* store.remove(key)
          assert.strictEqual((yield* Effect.flip(store.sizeBytes(key)))._tag, "BlobNotFound")
        })
      )
      const versions = yield* Effect.promise(() => client.send(new ListObjectVersionsCommand({ Bucket })))
      assert.lengthOf(versions.Versions ?? [], 1)
      const { Rules } = yield* Effect.promise(() =>
        client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
      )
      assert.strictEqual(Rules?.[0]?.NoncurrentVersionExpiration?.NoncurrentDays, 30)
    })
  )
})

const uploadsLeft = (client: ReturnType<typeof s3ClientOf>) =>
  Effect.map(
    Effect.promise(() => client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))),
    ({ Uploads }) => (Uploads ?? []).map(({ Key }) => Key)
  )
