import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { defaultMimeReaderOptions, MimeReader } from "../../../src/protocols/mime/MimeReader.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { logLines } from "../../support/logLines.ts"

const message = (body: string) => Buffer.from(`Subject: hello\r\nTo: a@b.test\r\n\r\n${body}`)
const small = message("small")
const large = message("large ".repeat(100_000))

const read = (raw: Uint8Array) => Effect.flatMap(MimeReader, (reader) => reader.read(raw))

/** A worker that misbehaves as its message asks, and otherwise answers with a preview of "from the thread". */
const entry = (body: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads"
      const content = { preview: "from the thread" }
      parentPort.on("message", ({ raw }) => {
        const text = Buffer.from(raw).toString()
        ${body}
        parentPort.postMessage({ _tag: "Content", content })
      })
      parentPort.postMessage({ _tag: "Ready" })
    `)}`
  )

const misbehaving = entry(`
  if (text.endsWith("hang")) for (;;) {}
  if (text.endsWith("exit")) process.exit(3)
  if (text.endsWith("throw")) throw new Error("broken")
  if (text.endsWith("grow")) { const all = []; for (;;) all.push(new Array(10_000).fill(text.length)) }
`)

const quiet = Logger.minimumLogLevel(LogLevel.None)

const withEntry = (workerEntry: URL, logs = quiet) =>
  Layer.merge(
    logs,
    MimeReader.layer({
      workerEntry,
      inlineBytes: 0,
      threads: 1,
      timeLimit: "300 millis",
      threadHeapMegabytes: 32
    })
  )

describe("MimeReader", () => {
  it.live("names in its log lines what it is told of a message", () => {
    const { lines, layer } = logLines()
    return Effect.gen(function* () {
      const reader = yield* MimeReader
      yield* reader.read(Buffer.from("Subject: x\r\n\r\nthrow"), { correlation_id: "abc-1" })
      assert.deepEqual(lines, [{ message: "MIME reader gave up: parser-failed", correlation_id: "abc-1" }])
    }).pipe(Effect.provide(withEntry(misbehaving, layer)))
  })

  it.live(
    "reads small and large messages alike",
    () =>
      Effect.gen(function* () {
        assert.isAbove(large.length, defaultMimeReaderOptions.inlineBytes)
        assert.deepStrictEqual(yield* read(small), readMessage(small))
        assert.deepStrictEqual(yield* read(large), readMessage(large))
        assert.strictEqual(large.toString("latin1", 0, 14), "Subject: hello", "the caller keeps its bytes")
      }).pipe(Effect.provide(MimeReader.layer())),
    30_000
  )

  it.live(
    "reads many large messages at once",
    () =>
      Effect.gen(function* () {
        const bodies = Array.from({ length: 12 }, (_, i) => message(`${i} `.repeat(200_000)))
        const contents = yield* Effect.forEach(bodies, read, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          contents.map(({ preview }) => preview.split(" ", 1)[0]),
          bodies.map((_, i) => `${i}`)
        )
      }).pipe(Effect.provide(MimeReader.layer())),
    30_000
  )

  it.live("uses a thread only above the size for it", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* read(small)).preview, "small")
      assert.strictEqual((yield* read(large)).preview, "from the thread")
    }).pipe(Effect.provide(MimeReader.layer({ workerEntry: misbehaving })))
  )

  it.live.each([
    ["hang", "parser-timed-out"],
    ["exit", "parser-failed"],
    ["throw", "parser-failed"],
    ["grow", "parser-failed"]
  ] as const)(
    "keeps header and bytes of a message on which a thread does %s, and replaces the thread",
    ([fault, defect]) =>
      Effect.gen(function* () {
        const raw = message(fault)
        const content = yield* read(raw)
        assert.include(["parser-timed-out", defect], content.defects[0])
        assert.deepStrictEqual(
          [content.envelope.subject, content.envelope.to[0]?.address],
          ["hello", "a@b.test"]
        )
        assert.strictEqual(content.parts.length, 1)
        assert.strictEqual(
          raw.toString("latin1", content.parts[0]?.bodyStart, content.parts[0]?.bodyEnd),
          fault
        )
        assert.strictEqual((yield* read(small)).preview, "from the thread")
      }).pipe(Effect.provide(withEntry(misbehaving))),
    30_000
  )

  it.live("keeps what it can when no thread can be started", () =>
    Effect.gen(function* () {
      for (const _ of [1, 2, 3]) {
        const content = yield* read(small)
        assert.deepStrictEqual([content.defects, content.envelope.subject], [["parser-failed"], "hello"])
      }
    }).pipe(Effect.provide(withEntry(new URL("file:///nowhere/worker.js"))))
  )

  it.live("keeps what it can when the reader itself has a bug", () => {
    const limits = {
      ...defaultMimeReaderOptions.limits,
      get textBytes(): number {
        throw new Error("a bug")
      }
    }
    return Effect.gen(function* () {
      const content = yield* read(small)
      assert.deepStrictEqual([content.defects, content.envelope.subject], [["parser-failed"], "hello"])
    }).pipe(Effect.provide(Layer.merge(quiet, MimeReader.layerInline(limits))))
  })

  it.live("reads everything at once where there are no threads", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(large), readMessage(large))
    }).pipe(Effect.provide(MimeReader.layerInline()))
  )
})
