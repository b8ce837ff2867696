import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import { HeadObjectCommand, ListMultipartUploadsCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Redacted, type Scope, Stream } from "effect"
import type { BlobKey } from "../../src/domain/ids.ts"
import type { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { makeS3Access } from "../../src/storage/blobs/s3/S3Access.ts"
import { type S3Calls, S3Failed } from "../../src/storage/blobs/s3/S3Calls.ts"
import { accountOf, type S3Settings } from "../../src/storage/blobs/s3/S3Config.ts"
import { sdkCalls } from "../../src/storage/blobs/s3/sdkCalls.ts"
import { sweepUploads } from "../../src/storage/blobs/s3/sweepUploads.ts"
import { newBlobKey, tenantId } from "../support/blobs.ts"
import type { MinioServer } from "../support/minio.ts"
import { describeOnMinio } from "../support/minioSuite.ts"
import { s3ClientOf, withS3 } from "../support/s3.ts"
import { s3SettingsOf } from "../support/s3Settings.ts"
import { makeTcpProxy, type TcpProxy } from "../support/tcpProxy.ts"

const bucket = `postroom-${tenantId}`
const body = randomBytes(10_000)
const large = randomBytes(6 * 1024 * 1024)
const impatient = { deadline: Duration.millis(1_500), callTimeout: Duration.millis(400) }
/** Longer than endpoints rest after failures that last as long: what is in doubt is looked for by then. */
const settling = { deadline: Duration.seconds(3), callTimeout: Duration.millis(400) }

/** An S3 that is overloaded, or something in front of it that says so. */
const overloaded: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        request.resume().on("end", () => response.writeHead(503).end())
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close().closeAllConnections())
  ),
  (server) => {
    const address = server.address()
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
  }
)

/** Whole bodies are changed in their last byte, heads are not: they are small. */
const spoil = (direction: "up" | "down") => (bytes: Buffer, way: "up" | "down") => {
  if (way !== direction || bytes.length < 5_000) return bytes
  const spoilt = Buffer.from(bytes)
  spoilt[spoilt.length - 1] = (spoilt[spoilt.length - 1] ?? 0) ^ 1
  return spoilt
}

describeOnMinio("S3 that fails", (minio) => {
  /** A store behind a proxy. At its end it has looked for what it cannot be sure of; then `after` looks. */
  const behindProxy = <E>(
    use: (given: {
      readonly store: typeof BlobStore.Service
      readonly proxy: TcpProxy
      readonly server: MinioServer
    }) => Effect.Effect<unknown, E, Scope.Scope>,
    {
      settings = impatient,
      after = () => Effect.void
    }: {
      readonly settings?: Partial<S3Settings>
      readonly after?: (server: MinioServer) => Effect.Effect<void>
    } = {}
  ) =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* minio
        const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
        const endpoint = `http://127.0.0.1:${proxy.port}`
        yield* withS3(s3SettingsOf(server), (store) => store.putBytes(newBlobKey(), Buffer.from("warm")))
        yield* withS3(s3SettingsOf({ ...server, endpoint }, settings), (store) =>
          use({ store, proxy, server })
        )
        yield* after(server)
      })
    )

  const isStored = (server: MinioServer, key: BlobKey) =>
    Effect.promise(() =>
      s3ClientOf(server)
        .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        .then(
          () => true,
          () => false
        )
    )
  const isNotStored = (key: BlobKey) => (server: MinioServer) =>
    Effect.map(isStored(server, key), (stored) => assert.isFalse(stored))

  it.live("says so while the server is killed, at once after some time, and goes on when it is back", () =>
    Effect.gen(function* () {
      const server = yield* minio
      yield* withS3(s3SettingsOf(server, impatient), (store) =>
        Effect.gen(function* () {
          const ref = yield* store.putBytes(newBlobKey(), body)
          yield* server.whileKilled(
            Effect.gen(function* () {
              assert.strictEqual(
                (yield* Effect.flip(store.putBytes(newBlobKey(), body)))._tag,
                "BlobUnavailable"
              )
              assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobUnavailable")
              const [took, failure] = yield* Effect.timed(Effect.flip(store.putBytes(newBlobKey(), body)))
              assert.include(failure, { _tag: "BlobUnavailable", reason: "io" })
              assert.isBelow(Duration.toMillis(took), 400)
            })
          )
          const back = yield* Effect.retry(store.get(ref), {
            while: ({ _tag }) => _tag === "BlobUnavailable"
          })
          assert.strictEqual(Buffer.compare(back, body), 0)
          yield* store.putBytes(newBlobKey(), body)
        })
      )
    })
  )

  it.live("is unavailable where every answer is 503, and goes to another endpoint where there is one", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* minio
        const bad = yield* overloaded
        yield* withS3(s3SettingsOf(server, { ...impatient, endpoints: [bad] }), (store) =>
          Effect.map(Effect.flip(store.putBytes(newBlobKey(), body)), ({ _tag }) =>
            assert.strictEqual(_tag, "BlobUnavailable")
          )
        )
        yield* withS3(s3SettingsOf(server, { endpoints: [bad, server.endpoint] }), (store) =>
          Effect.forEach(Array.from({ length: 20 }), () =>
            Effect.flatMap(store.putBytes(newBlobKey(), body), store.get)
          )
        )
      })
    )
  )

  it.live("stores and reads everything while one of two endpoints is gone or hangs", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* minio
        const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
        const endpoints = [`http://127.0.0.1:${proxy.port}`, server.endpoint]
        const settings = s3SettingsOf(server, { endpoints, callTimeout: Duration.millis(200) })
        for (const fault of [proxy.refuse, proxy.stall()]) {
          yield* fault
          yield* withS3(settings, (store) =>
            Effect.forEach(
              Array.from({ length: 20 }),
              () => Effect.flatMap(store.putBytes(newBlobKey(), body), store.get),
              { concurrency: 4 }
            )
          )
        }
      })
    )
  )

  it.live("is refused at once with a wrong secret", () =>
    Effect.gen(function* () {
      const settings = s3SettingsOf(yield* minio, { secretKey: Redacted.make("wrong") })
      yield* withS3(settings, (store) =>
        Effect.map(Effect.flip(store.putBytes(newBlobKey(), body)), (failure) =>
          assert.include(failure, { _tag: "BlobUnavailable", reason: "io" })
        )
      )
    })
  )

  for (const [where, direction] of [
    ["before the server has it", "up"],
    ["when the server has it", "down"]
  ] as const) {
    it.live(`gives up a put that hangs ${where}, and leaves nothing of it`, () => {
      const key = newBlobKey()
      return behindProxy(
        ({ store, proxy }) =>
          Effect.gen(function* () {
            yield* proxy.stall(direction)
            const failure = yield* Effect.flip(store.putBytes(key, body))
            assert.include(failure, { _tag: "BlobUnavailable", reason: "timeout" })
            yield* proxy.pass
          }),
        { settings: settling, after: isNotStored(key) }
      )
    })

    it.live(`leaves nothing of a put that is interrupted while it hangs ${where}`, () => {
      const key = newBlobKey()
      return behindProxy(
        ({ store, proxy }) =>
          Effect.gen(function* () {
            yield* proxy.stall(direction)
            const put = yield* Effect.fork(store.putBytes(key, body))
            yield* proxy.met
            const end = yield* Effect.fork(Fiber.interrupt(put))
            yield* proxy.pass
            assert.isTrue(Exit.isInterrupted(yield* Fiber.join(end)))
            assert.strictEqual((yield* Effect.flip(store.sizeBytes(key)))._tag, "BlobNotFound")
          }),
        { after: isNotStored(key) }
      )
    })
  }

  for (const [losses, isKept] of [
    [1, true],
    [Number.POSITIVE_INFINITY, false]
  ] as const) {
    const outcome = isKept ? "keeps a large message" : "leaves nothing of a large message"
    it.live(`${outcome} whose last answer was lost ${isKept ? "once" : "again and again"}`, () =>
      Effect.gen(function* () {
        const server = yield* minio
        const settings = s3SettingsOf(server, settling)
        const calls = sdkCalls(accountOf(settings))
        const key = newBlobKey()
        let left = losses
        const losing: S3Calls["completeUpload"] = async (input, signal) => {
          const done = calls.completeUpload(input, signal)
          left -= 1
          if (left < 0) return done
          await done.catch(() => undefined)
          throw new S3Failed({ problem: "away", code: "ECONNRESET", mayBeDone: true })
        }
        const put = yield* withS3(settings, (store) => Effect.exit(store.putBytes(key, large)), {
          ...calls,
          completeUpload: losing
        })
        assert.strictEqual(Exit.isSuccess(put), isKept)
        assert.strictEqual(yield* isStored(server, key), isKept)
      })
    )
  }

  for (const [way, bytes] of [
    ["small", body],
    ["large", large]
  ] as const) {
    it.live(`stores a ${way} message once when the answer was lost`, () => {
      const key = newBlobKey()
      return behindProxy(
        ({ store, proxy, server }) =>
          Effect.gen(function* () {
            yield* proxy.cut("down", { afterBytes: 0, times: 1 })
            const ref = yield* store.putBytes(key, bytes)
            assert.strictEqual((yield* store.get(ref)).length, bytes.length)
            const { Versions } = yield* Effect.promise(() =>
              s3ClientOf(server).send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }))
            )
            assert.lengthOf(Versions ?? [], 1)
          }),
        { settings: {} }
      )
    })

    it.live(`leaves nothing of a ${way} message whose answers were all lost`, () => {
      const key = newBlobKey()
      return behindProxy(
        ({ store, proxy }) =>
          Effect.gen(function* () {
            yield* proxy.cut("down", { afterBytes: 0 })
            assert.strictEqual((yield* Effect.flip(store.putBytes(key, bytes)))._tag, "BlobUnavailable")
            yield* proxy.pass
          }),
        { settings: settling, after: isNotStored(key) }
      )
    })

    it.live(`stores nothing of a ${way} message whose bytes were changed or cut off on their way`, () => {
      const keys = [newBlobKey(), newBlobKey()] as const
      return behindProxy(
        ({ store, proxy, server }) =>
          Effect.gen(function* () {
            yield* proxy.alter(spoil("up"))
            assert.strictEqual((yield* Effect.flip(store.putBytes(keys[0], bytes)))._tag, "BlobUnavailable")
            yield* proxy.cut("up", { afterBytes: 5_000 })
            assert.strictEqual((yield* Effect.flip(store.putBytes(keys[1], bytes)))._tag, "BlobUnavailable")
            for (const key of keys) assert.isFalse(yield* isStored(server, key))
            yield* proxy.pass
          }),
        {
          after: (server) =>
            Effect.gen(function* () {
              for (const key of keys) assert.isFalse(yield* isStored(server, key))
            })
        }
      )
    })

    it.live(`reads a ${way} message again that was cut off, and says so when it always is`, () =>
      behindProxy(({ store, proxy }) =>
        Effect.gen(function* () {
          const ref = yield* store.putBytes(newBlobKey(), bytes)
          yield* proxy.cut("down", { afterBytes: 5_000, times: 1 })
          assert.strictEqual(Buffer.compare(yield* store.get(ref), bytes), 0)
          yield* proxy.cut("down", { afterBytes: 5_000 })
          assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobUnavailable")
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.stream(ref))))._tag, "BlobUnavailable")
        })
      )
    )

    it.live(`does not give out a ${way} message that was changed on its way`, () =>
      behindProxy(({ store, proxy }) =>
        Effect.gen(function* () {
          const ref = yield* store.putBytes(newBlobKey(), bytes)
          yield* proxy.alter(spoil("down"))
          assert.strictEqual((yield* Effect.flip(store.get(ref)))._tag, "BlobCorrupt")
          assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.stream(ref))))._tag, "BlobCorrupt")
        })
      )
    )
  }

  it.live("gives up a large message that hangs between its parts, and sweeps its upload later", () =>
    behindProxy(({ store, proxy, server }) =>
      Effect.gen(function* () {
        const settings = s3SettingsOf(server, { staleAfter: Duration.zero })
        const client = s3ClientOf(server)
        const uploadsLeft = Effect.map(
          Effect.promise(() => client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))),
          ({ Uploads }) => Uploads?.length ?? 0
        )
        const bytes = Stream.make(large).pipe(
          Stream.concat(Stream.execute(proxy.stall())),
          Stream.concat(Stream.make(large))
        )
        const failure = yield* Effect.flip(store.put(newBlobKey(), bytes))
        assert.include(failure, { _tag: "BlobUnavailable", reason: "timeout" })
        assert.isAbove(yield* uploadsLeft, 0)
        yield* sweepUploads(makeS3Access(sdkCalls(accountOf(settings)), settings), settings)
        assert.strictEqual(yield* uploadsLeft, 0)
        yield* proxy.pass
      })
    )
  )
})
