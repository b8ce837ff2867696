import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { S3Failed } from "../../../src/storage/blobs/s3/S3Calls.ts"
import { S3Thread } from "../../../src/storage/blobs/s3/S3Thread.ts"

const account = {
  endpoints: [],
  region: "",
  accessKey: "",
  secretKey: "",
  encrypts: false,
  keepRemovedDays: 0,
  maxSockets: 1
}
const at = { endpoint: 0, millis: 1_000, bucket: "b", key: "k" }
const signal = new AbortController().signal

/** Behaves as the bucket asks; counts aborts, and answers the size of what it was given. */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from "node:worker_threads"
    let aborts = 0
    let account = workerData
    parentPort.on("message", (request) => {
      const { _tag, id, input } = request
      if (_tag === "Abort") { aborts += 1; return }
      if (_tag === "Account") { account = request.account; return }
      if (input.bucket === "exit") process.exit(3)
      if (input.bucket === "throw") throw new Error("broken")
      if (input.bucket === "hang") return
      const failure = { problem: "full", code: "Quota", mayBeDone: false }
      if (input.bucket === "full") return parentPort.postMessage({ _tag: "Failed", id, failure })
      const value = { sizeBytes: input.bytes?.length ?? 0, putId: String(aborts), versionId: account.secretKey }
      parentPort.postMessage({ _tag: "Done", id, value })
    })
  `)}`
)

const withThread = <A>(use: (thread: S3Thread) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new S3Thread(account, entry)),
    (thread) => Effect.promise(() => use(thread)),
    (thread) => Effect.promise(() => thread.end())
  )

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail("should fail"),
    (error) => {
      assert.instanceOf(error, S3Failed)
      return error
    }
  )

describe("S3Thread", () => {
  it.live("answers each call with its own answer or failure", () =>
    withThread(async ({ calls }) => {
      const [first, second, full] = await Promise.all([
        calls.headObject(at, signal),
        calls.headObject(at, signal),
        failureOf(calls.headObject({ ...at, bucket: "full" }, signal))
      ])
      assert.deepEqual(first, second)
      assert.deepInclude(full, { problem: "full", code: "Quota", mayBeDone: false })
    })
  )

  it.live("leaves a caller its bytes, those of a larger buffer too", () =>
    withThread(async ({ calls }) => {
      const whole = Buffer.from("0123456789")
      await calls.putObject({ ...at, bytes: whole.subarray(2, 5), checksum: "", putId: "" }, signal)
      assert.strictEqual(whole.toString(), "0123456789")
    })
  )

  it.live(
    "fails what was under way when the thread dies, as done perhaps, and starts another for the next call",
    () =>
      withThread(async ({ calls }) => {
        for (const way of ["exit", "throw"]) {
          const failures = await Promise.all(
            ["hang", way].map((bucket) => failureOf(calls.headObject({ ...at, bucket }, signal)))
          )
          for (const failure of failures) {
            assert.deepInclude(failure, { problem: "away", code: "ThreadEnded", mayBeDone: true })
          }
          assert.strictEqual((await calls.headObject(at, signal)).sizeBytes, 0)
        }
      })
  )

  it.live("tells the thread what is not waited for any more", () =>
    withThread(async ({ calls }) => {
      const controller = new AbortController()
      void calls.headObject({ ...at, bucket: "hang" }, controller.signal)
      controller.abort()
      assert.strictEqual((await calls.headObject(at, signal)).putId, "1")
    })
  )

  it.live("goes on with another account, and starts the next thread with it", () =>
    withThread(async (thread) => {
      const keyOf = async () => (await thread.calls.headObject(at, signal)).versionId
      assert.strictEqual(await keyOf(), "")
      thread.use({ ...account, secretKey: "rotated" })
      assert.strictEqual(await keyOf(), "rotated")
      await failureOf(thread.calls.headObject({ ...at, bucket: "exit" }, signal))
      assert.strictEqual(await keyOf(), "rotated")
    })
  )

  it.live("ends without having begun", () => withThread(() => Promise.resolve()))
})
