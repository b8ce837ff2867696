import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, LogLevel, type Scope } from "effect"
import type { BlobKey } from "../../../src/domain/ids.ts"
import { BlobStore } from "../../../src/storage/blobs/BlobStore.ts"
import { layerBlobStoreS3 } from "../../../src/storage/blobs/s3/BlobStoreS3.ts"
import type { S3Calls } from "../../../src/storage/blobs/s3/S3Calls.ts"
import { newBlobKey, tenantId } from "../../support/blobs.ts"
import { elapse } from "../../support/elapse.ts"
import { makeS3Memory, type S3Memory, s3Failed } from "../../support/s3Memory.ts"
import { s3SettingsOf } from "../../support/s3Settings.ts"

const quietly = Logger.withMinimumLogLevel(LogLevel.None)
const settings = s3SettingsOf({ endpoint: "http://one", accessKey: "", secretKey: "" })
const body = Buffer.from("body")

interface Given {
  readonly store: typeof BlobStore.Service
  readonly memory: S3Memory
  /** What S3 does from now on other than it should. */
  readonly misbehave: (faults: Partial<S3Calls>) => void
  readonly has: (key: BlobKey) => boolean
}

const withFaults = <A, E>(use: (given: Given) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const memory = makeS3Memory()
      let faults: Partial<S3Calls> = {}
      const calls: S3Calls = {
        ...memory.calls,
        putObject: (input, signal) => (faults.putObject ?? memory.calls.putObject)(input, signal),
        headObject: (input, signal) => (faults.headObject ?? memory.calls.headObject)(input, signal),
        deleteObject: (input, signal) => (faults.deleteObject ?? memory.calls.deleteObject)(input, signal)
      }
      const store = Context.get(yield* Layer.build(layerBlobStoreS3({ settings, calls })), BlobStore)
      yield* store.putBytes(newBlobKey(), body)
      return yield* use({
        store,
        memory,
        misbehave: (next) => {
          faults = next
        },
        has: (key) => memory.objects.has(`postroom-${tenantId}/${key}`)
      })
    })
  ).pipe(quietly)

/** Stores what it is given, and loses the answer. */
const losing =
  ({ calls }: S3Memory): S3Calls["putObject"] =>
  async (input, signal) => {
    await calls.putObject(input, signal).catch(() => undefined)
    throw s3Failed("timeout", true)
  }

/** Fails as late as it can. */
const failedPut = ({ store }: Given, key: BlobKey) =>
  Effect.gen(function* () {
    const put = yield* Effect.fork(Effect.flip(store.putBytes(key, body)))
    yield* elapse("10 seconds")
    assert.strictEqual((yield* Fiber.join(put)).reason, "timeout")
  })

describe("A put to S3 whose answers were lost", () => {
  it.effect("is undone when S3 can be asked again", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        given.misbehave({
          putObject: losing(given.memory),
          headObject: () => Promise.reject(s3Failed("away"))
        })
        yield* failedPut(given, key)
        yield* elapse("1 minute", "5 seconds")
        assert.isTrue(given.has(key))
        given.misbehave({})
        yield* elapse("1 minute", "5 seconds")
        assert.isFalse(given.has(key))
      })
    )
  )

  it.effect("is undone when it is stored after it was looked for", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        let late: () => Promise<void> = () => Promise.resolve()
        given.misbehave({
          putObject: (input, signal) => {
            late = () => given.memory.calls.putObject(input, signal)
            return Promise.reject(s3Failed("timeout", true))
          }
        })
        yield* failedPut(given, key)
        given.misbehave({})
        // Whatever rest the endpoint takes, it has been looked for, but not for the second time.
        yield* elapse("9 seconds")
        yield* Effect.promise(() => late())
        assert.isTrue(given.has(key))
        yield* elapse("30 seconds")
        assert.isFalse(given.has(key))
      })
    )
  )

  it.effect("is no longer undone when another put of its key has relied on it", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        let late: () => Promise<void> = () => Promise.resolve()
        given.misbehave({
          putObject: (input, signal) => {
            late = () => given.memory.calls.putObject(input, signal)
            return Promise.reject(s3Failed("timeout", true))
          }
        })
        yield* failedPut(given, key)
        given.misbehave({})
        yield* elapse("9 seconds")
        yield* Effect.promise(() => late())
        yield* given.store.putBytes(key, body)
        yield* elapse("1 minute", "5 seconds")
        assert.isTrue(given.has(key))
      })
    )
  )

  it.effect("makes the next put of its key wait until nothing can be taken back any more", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        given.misbehave({
          putObject: losing(given.memory),
          deleteObject: () => Promise.reject(s3Failed("conflict"))
        })
        yield* failedPut(given, key)
        given.misbehave({ deleteObject: () => Promise.reject(s3Failed("conflict")) })
        const next = yield* Effect.fork(given.store.putBytes(key, Buffer.from("next")))
        yield* elapse("5 seconds")
        assert.isNull(
          yield* Fiber.poll(next).pipe(Effect.map((exit) => (exit._tag === "None" ? null : exit)))
        )
        given.misbehave({})
        yield* elapse("5 seconds")
        const ref = yield* Fiber.join(next)
        assert.strictEqual(Buffer.from(yield* given.store.get(ref)).toString(), "next")
        yield* elapse("1 minute", "5 seconds")
        assert.isTrue(given.has(key))
      })
    )
  )

  it.effect("takes nothing away that another put made", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        yield* given.store.putBytes(key, body)
        given.misbehave({ putObject: losing(given.memory) })
        yield* failedPut(given, key)
        given.misbehave({})
        yield* elapse("1 minute", "5 seconds")
        assert.isTrue(given.has(key))
      })
    )
  )

  it.effect("is looked for no more when S3 does not let it be removed", () =>
    withFaults((given) =>
      Effect.gen(function* () {
        const key = newBlobKey()
        let asked = 0
        given.misbehave({
          putObject: losing(given.memory),
          deleteObject: () => {
            asked += 1
            return Promise.reject(s3Failed("refused"))
          }
        })
        yield* failedPut(given, key)
        yield* elapse("1 minute", "5 seconds")
        assert.strictEqual(asked, 1)
      })
    )
  )
})

describe("BlobStoreS3", () => {
  it.effect("says that a full store is full", () =>
    withFaults(({ store, misbehave }) =>
      Effect.gen(function* () {
        misbehave({ putObject: () => Promise.reject(s3Failed("full")) })
        assert.strictEqual((yield* Effect.flip(store.putBytes(newBlobKey(), body))).reason, "full")
      })
    )
  )

  it.effect("does not delay its end when nothing is in doubt", () => withFaults(() => Effect.void))
})
