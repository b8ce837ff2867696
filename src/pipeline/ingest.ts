import { Cause, Clock, Config, Duration, Effect, ExecutionStrategy, Layer, Scope, Stream } from "effect"
import { Health } from "../observability/health.ts"
import { undeterred } from "../observability/undeterred.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, bytes, duration, integer } from "../settings/types.ts"
import { type ClaimedTask, Streams } from "../storage/streams/Streams.ts"
import { makeIngestBatch } from "./ingestBatch.ts"

const config = Config.all({
  batch: setting({
    name: "POSTROOM_INGEST_BATCH",
    type: integer,
    default: 32,
    meaning: "Messages that are taken at once.",
    check: atLeast(1)
  }),
  loops: setting({
    name: "POSTROOM_INGEST_LOOPS",
    type: integer,
    default: 3,
    meaning:
      "Batches under way at a time: while one waits for the disk, another is read. 0 = this process takes none."
  }),
  spacing: setting({
    name: "POSTROOM_INGEST_SPACING",
    type: duration,
    default: Duration.millis(20),
    meaning:
      "From one look for messages to the next, so that what comes in between is one batch. The first after a pause is not held up."
  }),
  hold: setting({
    name: "POSTROOM_INGEST_HOLD",
    type: duration,
    default: Duration.seconds(30),
    meaning: "After this long without an answer, e.g. after a crash, a message is taken by somebody else."
  }),
  memoryBytes: setting({
    name: "POSTROOM_INGEST_MEMORY",
    type: bytes,
    default: 64 * 1024 * 1024,
    meaning: "Octets of large messages that are read at a time; one that is larger than that is read alone.",
    check: atLeast(1)
  })
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
