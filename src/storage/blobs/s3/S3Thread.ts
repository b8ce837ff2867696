import { EventEmitter } from "node:events"
import { Worker } from "node:worker_threads"
import { type S3Account, type S3Calls, S3Failed } from "./S3Calls.ts"

/** What goes to the thread. */
export type S3Request =
  | {
      readonly _tag: "Call"
      readonly id: string
      readonly method: keyof S3Calls
      readonly input: object
    }
  | { readonly _tag: "Abort"; readonly id: string }
  | { readonly _tag: "Account"; readonly account: S3Account }

/** What an `S3Failed` is made of: a copy of an error loses its own fields. */
export type S3Failure = Pick<S3Failed, "problem" | "code" | "mayBeDone">

/** What the thread says: once per call that was not aborted. */
export type S3Reply<A> =
  | { readonly _tag: "Done"; readonly id: string; readonly value: A }
  | { readonly _tag: "Failed"; readonly id: string; readonly failure: S3Failure }

/** The thread's own module beside this one: as built, or a loader for its source. */
export const s3WorkerEntry = new URL(
  import.meta.url.endsWith(".ts") ? "./s3WorkerSource.mjs" : "./s3Worker.js",
  import.meta.url
)

/** The bytes as the thread may have them: shared as they are, all others copied, since a caller keeps its own. */
const handOver = (bytes: Uint8Array) => {
  if (bytes.buffer instanceof SharedArrayBuffer) return { bytes, transfer: [] }
  const copy = new Uint8Array(bytes)
  return { bytes: copy, transfer: [copy.buffer] }
}

/**
 * The calls, made in a thread of their own: the SDK's work on one call is more than all of ours on a message. The
 * thread is started by the first call, and again by the first one after it has died.
 */
export class S3Thread {
  readonly calls: S3Calls
  #account: S3Account
  readonly #entry: URL
  readonly #replies = new EventEmitter()
  #worker: Worker | undefined
  #count = 0

  constructor(account: S3Account, entry: URL = s3WorkerEntry) {
    this.#account = account
    this.#entry = entry
    this.calls = {
      putObject: (input, signal) => this.#askWithBytes("putObject", input, signal),
      headObject: (input, signal) => this.#ask("headObject", { input, signal }),
      getRange: (input, signal) => this.#ask("getRange", { input, signal }),
      deleteObject: (input, signal) => this.#ask("deleteObject", { input, signal }),
      makeBucket: (input, signal) => this.#ask("makeBucket", { input, signal }),
      createUpload: (input, signal) => this.#ask("createUpload", { input, signal }),
      uploadPart: (input, signal) => this.#askWithBytes("uploadPart", input, signal),
      completeUpload: (input, signal) => this.#ask("completeUpload", { input, signal }),
      abortUpload: (input, signal) => this.#ask("abortUpload", { input, signal }),
      listBuckets: (input, signal) => this.#ask("listBuckets", { input, signal }),
      listObjects: (input, signal) => this.#ask("listObjects", { input, signal }),
      listUploads: (input, signal) => this.#ask("listUploads", { input, signal })
    }
  }

  /** For the calls from now on: its keys may be rotated. */
  use(account: S3Account): void {
    this.#account = account
    this.#worker?.postMessage({ _tag: "Account", account } satisfies S3Request)
  }

  async end(): Promise<void> {
    await this.#worker?.terminate()
  }

  #askWithBytes<A>(
    method: keyof S3Calls,
    input: { readonly bytes: Uint8Array },
    signal: AbortSignal
  ): Promise<A> {
    const { bytes, transfer } = handOver(input.bytes)
    return this.#ask(method, { input: { ...input, bytes }, signal, transfer })
  }

  #ask<A>(
    method: keyof S3Calls,
    {
      input,
      signal,
      transfer = []
    }: {
      readonly input: object
      readonly signal: AbortSignal
      readonly transfer?: ReadonlyArray<ArrayBuffer>
    }
  ): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#count += 1
      const id = `${this.#count}`
      this.#worker ??= this.#start()
      const worker = this.#worker
      const post = (request: S3Request) => worker.postMessage(request, transfer)
      const abort = () => {
        this.#replies.removeAllListeners(id)
        worker.postMessage({ _tag: "Abort", id } satisfies S3Request)
      }
      this.#replies.once(id, (reply: S3Reply<A>) => {
        signal.removeEventListener("abort", abort)
        if (reply._tag === "Done") resolve(reply.value)
        else reject(new S3Failed(reply.failure))
      })
      signal.addEventListener("abort", abort, { once: true })
      post({ _tag: "Call", id, method, input })
    })
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      execArgv: [],
      workerData: this.#account,
      // None of ours: the account is all that the SDK should go by. It warns of each new Node it will ask for.
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" }
    })
    worker.on("message", (reply: S3Reply<unknown>) => this.#replies.emit(reply.id, reply))
    // Said again by "exit"; without a listener it would bring the process down.
    worker.on("error", () => undefined)
    worker.on("exit", () => this.#lose(worker))
    worker.unref()
    return worker
  }

  #lose(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    const failure = { problem: "away", code: "ThreadEnded", mayBeDone: true } as const
    for (const id of this.#replies.eventNames()) {
      this.#replies.emit(id, { _tag: "Failed", id: String(id), failure } satisfies S3Reply<never>)
    }
  }
}
