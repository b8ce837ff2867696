// Entry of the worker threads that MimeReader starts: one message in, one content out.
import { parentPort } from "node:worker_threads"
import type { WorkerReply, WorkerRequest } from "./ReaderThread.ts"
import { readMessage } from "./readMessage.ts"

const reply = (message: WorkerReply) => parentPort?.postMessage(message)

parentPort?.on("message", ({ raw, limits }: WorkerRequest) => {
  reply({ _tag: "Content", content: readMessage(raw, limits) })
})

reply({ _tag: "Ready" })
