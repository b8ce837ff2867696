import { Cause, Clock, Config, Duration, Effect, Either, Layer, Schema, Stream } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { MailboxId } from "../domain/ids.ts"
import { undeterred } from "../observability/undeterred.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, duration, integer } from "../settings/types.ts"
import { SearchFeed, type Step } from "../storage/search/SearchFeed.ts"
import { SearchMirror } from "../storage/search/SearchMirror.ts"
import { type ClaimedTask, Streams } from "../storage/streams/Streams.ts"
import { makeIndexMessage } from "./indexMessage.ts"
import { delayAt } from "./putOff.ts"

const config = Config.all({
  mailboxes: setting({
    name: "POSTROOM_INDEX_MAILBOXES",
    type: integer,
    default: 2,
    meaning: "Mailboxes that are indexed at a time. 0 = this process indexes none."
  }),
  batch: setting({
    name: "POSTROOM_INDEX_BATCH",
    type: integer,
    default: 64,
    meaning: "Messages of a mailbox that are written together.",
    check: atLeast(1)
  }),
  spacing: setting({
    name: "POSTROOM_INDEX_SPACING",
    type: duration,
    default: Duration.millis(500),
    meaning:
      "From one look for mailboxes to the next, so that what comes in between is written together. The first after a pause is not held up."
  }),
  rest: setting({
    name: "POSTROOM_INDEX_REST",
    type: integer,
    default: 100,
    meaning:
      "Rest after each batch, in percent of the time that it took: delivery, and those who wait for answers, go before.",
    check: atLeast(0)
  }),
  turn: setting({
    name: "POSTROOM_INDEX_TURN",
    type: duration,
    default: Duration.seconds(5),
    meaning: "After this long a mailbox with more to index lets others go before."
  }),
  hold: setting({
    name: "POSTROOM_INDEX_HOLD",
    type: duration,
    default: Duration.minutes(1),
    meaning: "After this long without an answer a mailbox is indexed by somebody else."
  })
})

/** Work of the stream `index`. How far the index has come it knows itself; the ring only says that there is more. */
const IndexTask = Schema.Struct({ mailboxId: Schema.String.pipe(Schema.fromBrand(MailboxId)) })
const decodeTask = Schema.decodeUnknownEither(IndexTask)

/** So long a mailbox waits for the text of a message; then the others are worth more than its text. */
const patience = Duration.hours(1)

/** Takes tasks of `index` and brings the index of each mailbox up to date. Idempotent: a step counts once. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { mailboxes, batch, spacing, rest, turn, hold } = yield* config
    const streams = yield* Streams
    const feed = yield* SearchFeed
    const mirror = yield* SearchMirror
    const indexMessage = yield* makeIndexMessage

    const take = Effect.fnUntraced(function* (step: Step, task: ClaimedTask) {
      const isLate = (yield* Clock.currentTimeMillis) - task.createdAt > Duration.toMillis(patience)
      const documents = yield* Effect.forEach(step.messages, (one) => indexMessage(one, { isLate }), {
        concurrency: 4
      })
      return yield* feed.store(step, documents)
    })

    const takeAndRest = (step: Step, task: ClaimedTask) =>
      Effect.flatMap(Effect.timed(take(step, task)), ([taken, isStored]) =>
        Effect.as(Effect.sleep(Duration.times(taken, rest / 100)), isStored)
      )

    /** True once there is nothing left to do; false where its turn is over before. */
    const index = Effect.fnUntraced(function* (mailboxId: MailboxId, task: ClaimedTask) {
      const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(turn)
      while (true) {
        const step = yield* feed.next(mailboxId, batch)
        if (step === null) return true
        const isStored = yield* takeAndRest(step, task)
        if (isStored && !step.more) return true
        if ((yield* Clock.currentTimeMillis) >= until) return false
      }
    })

    const putOff = (task: ClaimedTask) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => streams.release([task], delayAt(now)))

    const failed = (task: ClaimedTask, cause: Cause.Cause<Unavailable>) =>
      Cause.isDie(cause)
        ? Effect.zipRight(
            Effect.logError("indexing a mailbox failed by a defect", cause),
            streams.fail(task, { error: "defect", final: false })
          )
        : Effect.zipRight(Effect.logWarning("indexing is put off; something is away"), putOff(task))

    const work = (task: ClaimedTask): Effect.Effect<void> => {
      const decoded = decodeTask(task.payload)
      if (Either.isLeft(decoded)) {
        return Effect.ignore(streams.fail(task, { error: "the payload is no index task", final: true }))
      }
      const { mailboxId } = decoded.right
      return Effect.zipLeft(index(mailboxId, task), mirror.follow(mailboxId)).pipe(
        Effect.flatMap((isDone) => (isDone ? streams.ack([task]) : streams.release([task]))),
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause) ? Effect.interrupt : failed(task, cause)
        ),
        Effect.onInterrupt(() => Effect.ignore(streams.release([task]))),
        Effect.annotateLogs({ task: task.taskId, correlation_id: task.correlationId }),
        // Where even that cannot be written the claim runs out by itself.
        Effect.ignore
      )
    }

    const takeTurns = Effect.gen(function* () {
      const tasks = yield* streams.claim("index", { max: mailboxes, hold })
      yield* Effect.forEach(tasks, work, { concurrency: "unbounded", discard: true })
      return tasks.length === mailboxes
    })
    const round = Effect.zipRight(
      undeterred("an index round", Effect.repeat(takeTurns, { while: (more) => more })),
      Effect.sleep(spacing)
    )
    if (mailboxes > 0) yield* Effect.forkScoped(Stream.runForEach(streams.rings("index"), () => round))
  })
)
