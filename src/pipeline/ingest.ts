import { Cause, Clock, Config, Duration, Effect, Either, Layer, Option, Schema, Stream } from "effect"
import type { MessageContent } from "../domain/Content.ts"
import { type CoreError, isTemporary, type Unavailable } from "../domain/errors.ts"
import type { TaskId } from "../domain/ids.ts"
import type { NewMessage } from "../domain/Message.ts"
import { boundary } from "../observability/boundaries.ts"
import { metrics } from "../observability/metrics.ts"
import { MimeReader } from "../protocols/mime/MimeReader.ts"
import { Core } from "../rpc/Core.ts"
import { BlobStore } from "../storage/blobs/BlobStore.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import { type ClaimedTask, Streams } from "../storage/streams/Streams.ts"
import { IngestTask } from "./IngestTask.ts"

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
    Config.withDefault(Duration.millis(5)),
    Config.withDescription(
      "From one look for messages to the next, so that what comes in between is one batch."
    )
  ),
  hold: Config.duration("POSTROOM_INGEST_HOLD").pipe(
    Config.withDefault(Duration.seconds(30)),
    Config.withDescription(
      "After this long without an answer, e.g. after a crash, a message is taken by somebody else."
    )
  )
})

/** A task whose payload, blob and structure are at hand. */
interface Readable {
  readonly task: ClaimedTask
  readonly ingest: IngestTask
  readonly content: MessageContent
}

/** After a batch of which nothing got through. */
const pause = Duration.seconds(2)

/** A message that something has held up for so long is shown to an operator as a dead letter. */
const patience = Duration.days(1)

const decodeTask = Schema.decodeUnknownEither(IngestTask)

/** Takes tasks of `mail_ingest`, reads each message once and asks Core to deliver it. Idempotent per task and mailbox. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { batch, loops, spacing, hold } = yield* config
    const streams = yield* Streams
    const blobs = yield* BlobStore
    const reader = yield* MimeReader
    const contents = yield* ContentStore
    const core = yield* Core
    const heldUp = new Set<TaskId>()

    const giveUp = (task: ClaimedTask, error: string, final: boolean) =>
      streams.fail(task, { error, final }).pipe(
        Effect.tap((fate) => Effect.sync(() => metrics.ingestTasks.inc({ outcome: fate }))),
        Effect.zipRight(
          Effect.logWarning("a message could not be delivered").pipe(
            Effect.annotateLogs({
              task: task.taskId,
              correlation_id: task.correlationId,
              attempt: task.attempt,
              error
            })
          )
        ),
        // The claim runs out by itself, and then somebody takes the task.
        Effect.catchTag("Unavailable", () => Effect.void),
        Effect.as(Option.none<never>())
      )

    /** What is in the way will pass: the attempt does not count, and nobody is dead-lettered by an outage. */
    const postpone = (task: ClaimedTask) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (now - task.createdAt > Duration.toMillis(patience)) return giveUp(task, "held up too long", false)
        heldUp.add(task.taskId)
        return streams.release([task]).pipe(
          Effect.catchTag("Unavailable", () => Effect.void),
          Effect.as(Option.none<never>())
        )
      })

    /** None where the task was answered already: put off, retried later, or dead. */
    const read = (task: ClaimedTask): Effect.Effect<Option.Option<Readable>> =>
      Either.match(decodeTask(task.payload), {
        onLeft: () => giveUp(task, "the payload is no ingest task", true),
        onRight: (ingest) =>
          blobs.get({ key: ingest.blobKey, checksum: ingest.checksum }).pipe(
            Effect.flatMap((raw) => reader.read(raw)),
            Effect.map((content) => Option.some({ task, ingest, content })),
            Effect.catchTags({
              BlobUnavailable: () => postpone(task),
              BlobNotFound: () => giveUp(task, "the blob is missing", false),
              BlobCorrupt: () => giveUp(task, "the blob does not match its checksum", false)
            })
          )
      })

    const notDelivered = (task: ClaimedTask, errors: ReadonlyArray<CoreError>) => {
      const serious = errors.filter((error) => !willPass(error))
      return serious.length === 0 ? postpone(task) : giveUp(task, ...causes(errors))
    }

    /** Some where every recipient has it. */
    const deliver = ({ task, ingest, content }: Readable): Effect.Effect<Option.Option<ClaimedTask>> =>
      core
        .deliver(
          {
            principal: { _tag: "Service", name: "worker-ingest" },
            correlationId: task.correlationId,
            origin: ingest.protocol,
            remote: null
          },
          {
            taskId: task.taskId,
            message: newMessage(ingest, content),
            recipients: ingest.recipients.map(({ mailboxId }) => ({ mailboxId, target: "inbox" }))
          }
        )
        .pipe(
          Effect.flatMap((outcomes) => {
            const errors = outcomes.flatMap(({ error }) => (error === null ? [] : [error]))
            return errors.length === 0 ? Effect.succeedSome(task) : notDelivered(task, errors)
          }),
          Effect.catchAll((error) => notDelivered(task, [error]))
        )

    const finished = Effect.fnUntraced(function* (done: ReadonlyArray<ClaimedTask>) {
      if (done.length === 0) return
      yield* streams.ack(done)
      yield* boundary("acked")
      const now = yield* Clock.currentTimeMillis
      for (const task of done) metrics.ingestDuration.observe((now - task.createdAt) / 1000)
      metrics.ingestTasks.inc({ outcome: "delivered" }, done.length)
    })

    const process = Effect.fnUntraced(function* (tasks: ReadonlyArray<ClaimedTask>) {
      yield* boundary("claimed")
      const readable = (yield* Effect.forEach(tasks, read, { concurrency: 8 })).flatMap(Option.toArray)
      if (readable.length > 0) {
        yield* contents.put(
          readable.map(({ ingest, content }) => ({
            contentId: ingest.contentId,
            blobKey: ingest.blobKey,
            parts: content.parts
          }))
        )
      }
      const delivered = yield* Effect.forEach(readable, deliver, { concurrency: "unbounded" })
      yield* finished(delivered.flatMap(Option.toArray))
      // Nothing got through: whatever is away need not be asked all the time.
      if (tasks.filter(({ taskId }) => heldUp.delete(taskId)).length === tasks.length)
        yield* Effect.sleep(pause)
    })

    /** Gives the batch back where the database was away; counts an attempt of each where there is a bug. */
    const recover = (tasks: ReadonlyArray<ClaimedTask>, cause: Cause.Cause<Unavailable>) =>
      Cause.isDie(cause)
        ? Effect.zipRight(
            Effect.logError("an ingest batch failed by a defect", cause),
            Effect.forEach(tasks, (task) => giveUp(task, "defect", false), { discard: true })
          )
        : Effect.zipRight(
            Effect.logWarning("ingest is interrupted or the database is away; the batch is given back"),
            Effect.ignore(streams.release(tasks))
          )

    const notNow = <A, R>(
      effect: Effect.Effect<A, Unavailable, R>,
      otherwise: A
    ): Effect.Effect<A, never, R> =>
      effect.pipe(
        Effect.catchTag("Unavailable", () =>
          Effect.as(Effect.logWarning("the database is away; ingest goes on when it is back"), otherwise)
        ),
        Effect.catchAllDefect((defect) =>
          Effect.as(Effect.logError("looking for messages failed by a defect", Cause.die(defect)), otherwise)
        )
      )

    const scope = yield* Effect.scope
    const turns = yield* Effect.makeSemaphore(loops)

    /** Takes a batch and leaves it to a fiber of its own. True where more may wait. */
    const takeBatch = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* restore(turns.take(1))
        const tasks = yield* notNow(streams.claim("mail_ingest", { max: batch, hold }), [])
        const work =
          tasks.length === 0
            ? Effect.void
            : Effect.catchAllCause(restore(process(tasks)), (cause) => recover(tasks, cause))
        yield* Effect.forkIn(Effect.ensuring(work, turns.release(1)), scope)
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

/** What does not lie with the message or its mailbox. */
const willPass = (error: CoreError): boolean =>
  isTemporary(error) && !(error._tag === "Unavailable" && error.what === "quarantined")

/** What is written down of failed deliveries, and whether trying again is pointless: names of errors, never content. */
const causes = (errors: ReadonlyArray<CoreError>): [error: string, final: boolean] => [
  [...new Set(errors.map(({ _tag }) => _tag))].join(", "),
  !errors.some(isTemporary)
]

const newMessage = (ingest: IngestTask, content: MessageContent): NewMessage => {
  for (const defect of content.defects) metrics.mimeDefects.inc({ defect })
  return {
    contentId: ingest.contentId,
    blobKey: ingest.blobKey,
    checksum: ingest.checksum,
    sizeBytes: ingest.sizeBytes,
    envelope: content.envelope,
    topic: content.topic,
    preview: content.preview,
    headers: content.headers,
    hasAttachments: content.hasAttachments,
    receivedAt: ingest.receivedAt
  }
}
