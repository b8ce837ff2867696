import { Cause, Clock, Config, Duration, Effect, ExecutionStrategy, Layer, Scope, Stream } from "effect"
import { Health } from "../observability/health.ts"
import { undeterred } from "../observability/undeterred.ts"
import { type ClaimedTask, Streams } from "../storage/streams/Streams.ts"
import { makeIngestBatch } from "./ingestBatch.ts"

const config = Config.all({
  batch: Config.integer("POSTROOM_INGEST_BATCH").pipe(
    Config.withDefault(32),
    Config.validate({ message: "at least 1", validation: (n) => n >= 1 }),
    Config.withDescription("Messages that are taken at once.")
  ),
  loops: Config.integer("POSTROOM_INGEST_LOOPS").pipe(
    Config.withDefault(3),
    Config.withDescription(
      "Batches under way at a time: while one waits for the disk, another is read. 0 = this process takes none."
    )
  ),
  spacing: Config.duration("POSTROOM_INGEST_SPACING").pipe(
    Config.withDefault(Duration.millis(20)),
    Config.withDescription(
      "From one look for messages to the next, so that what comes in between is one batch. The first after a pause is not held up."
    )
  ),
  hold: Config.duration("POSTROOM_INGEST_HOLD").pipe(
    Config.withDefault(Duration.seconds(30)),
    Config.withDescription(
      "After this long without an answer, e.g. after a crash, a message is taken by somebody else."
    )
  ),
  memoryBytes: Config.integer("POSTROOM_INGEST_MEMORY").pipe(
    Config.withDefault(64 * 1024 * 1024),
    Config.validate({ message: "at least 1", validation: (n) => n >= 1 }),
    Config.withDescription(
      "Octets of large messages that are read at a time; one that is larger than that is read alone."
    )
  )
})

/** Takes tasks of `mail_ingest`, reads each message once and asks Core to deliver it. Idempotent per task and mailbox. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { batch, loops, spacing, hold, memoryBytes } = yield* config
    const streams = yield* Streams
    const health = yield* Health
    const ingestBatch = yield* makeIngestBatch({ hold, memoryBytes })

    const none: ReadonlyArray<ClaimedTask> = []
    const claim = Effect.catchAllCause(streams.claim("mail_ingest", { max: batch, hold }), (cause) =>
      Effect.as(
        Cause.isDie(cause)
          ? Effect.logError("looking for messages failed by a defect", cause)
          : Effect.logWarning("the database is away; ingest goes on when it is back"),
        none
      )
    )

    /**
     * After a batch of which nothing got through: whatever is away need not be asked all the time. A process that cannot
     * do its work, e.g. because another one took its mailboxes over, leaves the mail to others.
     */
    const pause = Effect.flatMap(health.readiness, ({ ready }) =>
      Effect.sleep(ready ? "2 seconds" : "30 seconds")
    )

    // Made before the loop is forked, so that it ends after it: what a stop gives back is not taken again.
    const batches = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.parallel)
    const turns = yield* Effect.makeSemaphore(loops)

    const takeTurn = (tasks: ReadonlyArray<ClaimedTask>, claimedAt: number) =>
      undeterred(
        "an ingest batch",
        Effect.flatMap(ingestBatch(tasks, claimedAt), (isFruitless) =>
          isFruitless ? Effect.interruptible(pause) : Effect.void
        )
      )

    /** Takes a batch and leaves it to a fiber of its own. True where more may wait. */
    const takeBatch = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* restore(turns.take(1))
        const claimedAt = yield* Clock.currentTimeMillis
        const tasks = yield* claim
        if (tasks.length === 0) yield* turns.release(1)
        else yield* Effect.forkIn(Effect.ensuring(takeTurn(tasks, claimedAt), turns.release(1)), batches)
        return tasks.length === batch
      })
    )

    const round = Effect.gen(function* () {
      yield* Effect.repeat(takeBatch, { while: (more) => more })
      yield* Effect.sleep(spacing)
    })
    yield* Effect.forkScoped(Stream.runForEach(streams.rings("mail_ingest"), () => round))
  })
)
