// Entry of the thread that S3Thread starts: makes the calls that it is asked to make.
import { parentPort, workerData } from "node:worker_threads"
import { type S3Account, type S3Calls, S3Failed } from "./S3Calls.ts"
import type { S3Failure, S3Reply, S3Request } from "./S3Thread.ts"
import { sdkCalls } from "./sdkCalls.ts"

const account: S3Account = workerData
let calls = sdkCalls(account)
const running = new Map<string, AbortController>()

const failureOf = (error: unknown): S3Failure =>
  error instanceof S3Failed
    ? { problem: error.problem, code: error.code, mayBeDone: error.mayBeDone }
    : { problem: "away", code: "ThreadDefect", mayBeDone: true }

/** Memory of its own can change hands; a view of something larger, or of Node's pool, is copied. */
const ownBytes = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

const reply = (message: S3Reply<unknown>) => parentPort?.postMessage(message)

const perform = async (id: string, method: keyof S3Calls, input: object) => {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    const value = await Reflect.apply(calls[method], calls, [input, controller.signal])
    if (controller.signal.aborted) return
    if (value?.bytes === undefined) return reply({ _tag: "Done", id, value })
    const bytes = ownBytes(value.bytes)
    parentPort?.postMessage({ _tag: "Done", id, value: { ...value, bytes } }, [bytes.buffer])
  } catch (error) {
    if (!controller.signal.aborted) reply({ _tag: "Failed", id, failure: failureOf(error) })
  } finally {
    running.delete(id)
  }
}

parentPort?.on("message", (request: S3Request) => {
  switch (request._tag) {
    case "Call":
      void perform(request.id, request.method, request.input)
      return
    case "Abort":
      running.get(request.id)?.abort()
      return
    case "Account":
      calls = sdkCalls(request.account)
  }
})
