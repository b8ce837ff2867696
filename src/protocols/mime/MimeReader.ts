import { Cause, Context, Duration, Effect, Exit, Layer, Pool } from "effect"
import type { Defect, MessageContent } from "../../domain/Content.ts"
import { defaultMimeLimits, type MimeLimits } from "./MimeLimits.ts"
import { makeReaderThread, readerWorkerEntry, type ThreadFailed } from "./ReaderThread.ts"
import { readHeaderOnly, readMessage } from "./readMessage.ts"

export interface MimeReaderOptions {
  readonly limits: MimeLimits
  /** Messages of up to this many bytes are read on the event loop, larger ones in a worker thread. */
  readonly inlineBytes: number
  /** Worker threads at most; none is started before the first large message, idle ones end after a minute. */
  readonly threads: number
  /** Time for one message in a worker thread. */
  readonly timeLimit: Duration.DurationInput
  /** Time for a worker thread to start. */
  readonly startLimit: Duration.DurationInput
  /** Old-space limit of a worker thread. */
  readonly threadHeapMegabytes: number
  /** Module that a worker thread runs. */
  readonly workerEntry: URL
}

export const defaultMimeReaderOptions: MimeReaderOptions = {
  limits: defaultMimeLimits,
  inlineBytes: 256 * 1024,
  threads: 2,
  timeLimit: "5 seconds",
  startLimit: "15 seconds",
  threadHeapMegabytes: 512,
  workerEntry: readerWorkerEntry
}

/** Named by log lines about a message. Given here: annotating every read would cost more than most of it. */
type About = Readonly<Record<string, string>>

const inline = (
  raw: Uint8Array,
  { limits, about }: { readonly limits: MimeLimits; readonly about: About }
): Effect.Effect<MessageContent> =>
  Effect.sync(() => readMessage(raw, limits)).pipe(
    // Mail is delivered even when the reader has a bug: then with what its header says.
    Effect.catchAllDefect((defect) =>
      Effect.logError("MIME reader failed", Cause.die(defect)).pipe(
        Effect.annotateLogs(about),
        Effect.zipRight(Effect.sync(() => readHeaderOnly(raw, "parser-failed", limits)))
      )
    )
  )

const makePool = (options: MimeReaderOptions) =>
  Pool.makeWithTTL({
    acquire: makeReaderThread({
      entry: options.workerEntry,
      heapMegabytes: options.threadHeapMegabytes
    }).pipe(Effect.timeout(options.startLimit)),
    min: 0,
    max: options.threads,
    timeToLive: Duration.minutes(1)
  })

/** Reads messages once and for all. Never fails and never holds up the event loop for long. */
export class MimeReader extends Context.Tag("postroom/protocols/MimeReader")<
  MimeReader,
  {
    /**
     * The content of a raw message. Where reading fails or takes too long, its header and one opaque part come back,
     * with the defect `parser-failed` or `parser-timed-out`.
     */
    readonly read: (raw: Uint8Array, about?: About) => Effect.Effect<MessageContent>
  }
>() {
  /** Reads everything on the event loop: for tests and small tools. */
  static readonly layerInline = (limits: MimeLimits = defaultMimeLimits): Layer.Layer<MimeReader> =>
    Layer.succeed(MimeReader, MimeReader.of({ read: (raw, about = {}) => inline(raw, { limits, about }) }))

  /** Reads large messages in worker threads. */
  static readonly layer = (given: Partial<MimeReaderOptions> = {}): Layer.Layer<MimeReader> =>
    Layer.scoped(
      MimeReader,
      Effect.gen(function* () {
        const options = { ...defaultMimeReaderOptions, ...given }
        const { limits } = options
        const pool = yield* makePool(options)

        const inThread = (raw: Uint8Array) =>
          Effect.gen(function* () {
            const thread = yield* Pool.get(pool)
            return yield* thread.read({ raw, limits }).pipe(
              Effect.timeout(options.timeLimit),
              // A thread that failed, or still works on what nobody waits for, is replaced.
              Effect.onExit((exit) => (Exit.isFailure(exit) ? Pool.invalidate(pool, thread) : Effect.void))
            )
          }).pipe(Effect.scoped)

        const headerOnly = (
          raw: Uint8Array,
          { defect, about }: { readonly defect: Defect; readonly about: About }
        ) =>
          Effect.logWarning(`MIME reader gave up: ${defect}`).pipe(
            Effect.annotateLogs(about),
            Effect.zipRight(Effect.sync(() => readHeaderOnly(raw, defect, limits)))
          )

        const read = (raw: Uint8Array, about: About = {}) =>
          raw.byteLength <= options.inlineBytes
            ? inline(raw, { limits, about })
            : inThread(raw).pipe(
                Effect.catchTags({
                  TimeoutException: () => headerOnly(raw, { defect: "parser-timed-out", about }),
                  ThreadFailed: (_: ThreadFailed) => headerOnly(raw, { defect: "parser-failed", about })
                })
              )
        return MimeReader.of({ read })
      })
    )
}
