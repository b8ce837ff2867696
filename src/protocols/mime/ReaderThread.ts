import { Worker } from "node:worker_threads"
import { Data, Effect, type Scope } from "effect"
import type { MessageContent } from "../../domain/Content.ts"
import type { MimeLimits } from "./MimeLimits.ts"

/** What goes to a worker thread. The memory of `raw` is handed over, not shared. */
export interface WorkerRequest {
  readonly raw: Uint8Array
  readonly limits: MimeLimits
}

/** What a worker thread says: once that it is loaded, then one content per request. */
export type WorkerReply =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Content"; readonly content: MessageContent }

/** The thread ended or failed; it is of no more use. */
export class ThreadFailed extends Data.TaggedError("ThreadFailed")<{ readonly cause: unknown }> {}

/** A worker thread that reads one message at a time. */
export interface ReaderThread {
  readonly read: (request: WorkerRequest) => Effect.Effect<MessageContent, ThreadFailed>
}

/** The worker's own module beside this one: as built, or a loader for its source. */
export const readerWorkerEntry = new URL(
  import.meta.url.endsWith(".ts") ? "./readerWorkerSource.mjs" : "./readerWorker.js",
  import.meta.url
)

/** Waits for what the thread says next, after `begin` has asked it. */
const nextReply = (worker: Worker, begin: () => void): Effect.Effect<WorkerReply, ThreadFailed> =>
  Effect.async((resume) => {
    const onMessage = (reply: WorkerReply) => settle(Effect.succeed(reply))
    const onError = (cause: unknown) => settle(new ThreadFailed({ cause }))
    const onExit = (code: number) => settle(new ThreadFailed({ cause: `exit ${code}` }))
    const forget = () => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit)
    }
    const settle = (result: Effect.Effect<WorkerReply, ThreadFailed>) => {
      forget()
      resume(result)
    }
    worker.on("message", onMessage).on("error", onError).on("exit", onExit)
    begin()
    return Effect.sync(forget)
  })

const start = (entry: URL, heapMegabytes: number): Worker => {
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes }
  })
  // An error between two requests would otherwise bring the process down; the next request sees the exit.
  worker.on("error", () => {})
  worker.unref()
  return worker
}

/** Starts a worker thread and waits until it is loaded; it is terminated with the scope. */
export const makeReaderThread = (options: {
  readonly entry: URL
  readonly heapMegabytes: number
}): Effect.Effect<ReaderThread, ThreadFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => start(options.entry, options.heapMegabytes)),
      (running) => Effect.promise(() => running.terminate())
    )
    let hasExited = false
    worker.on("exit", () => {
      hasExited = true
    })
    yield* nextReply(worker, () => {})
    const read = Effect.fnUntraced(function* ({ raw, limits }: WorkerRequest) {
      if (hasExited) return yield* new ThreadFailed({ cause: "exited while idle" })
      const copy = new Uint8Array(raw)
      const reply = yield* nextReply(worker, () => worker.postMessage({ raw: copy, limits }, [copy.buffer]))
      return reply._tag === "Content" ? reply.content : yield* new ThreadFailed({ cause: "no content" })
    })
    return { read }
  })
