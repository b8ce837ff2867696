import { Clock, Config, Duration, Effect, Either, Layer, Schema } from "effect"
import { MailboxId } from "../domain/ids.ts"
import { monotonicMillis } from "../domain/monotonicMillis.ts"
import { setting } from "../settings/setting.ts"
import { atLeast, duration, integer } from "../settings/types.ts"
import { SearchFeed, type Step } from "../storage/search/SearchFeed.ts"
import { SearchMirror } from "../storage/search/SearchMirror.ts"
import type { ClaimedTask } from "../storage/streams/Streams.ts"
import { consume, done, type Fate, held, hopeless, more } from "./consume.ts"
import { makeIndexMessage } from "./indexMessage.ts"

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

    const index = Effect.fnUntraced(function* (mailboxId: MailboxId, task: ClaimedTask) {
      const until = (yield* monotonicMillis) + Duration.toMillis(turn)
      while (true) {
        const step = yield* feed.next(mailboxId, batch)
        if (step === null) return done
        const isStored = yield* takeAndRest(step, task)
        if (isStored && !step.more) return done
        if ((yield* monotonicMillis) >= until) return more
      }
    })

    const work = (task: ClaimedTask): Effect.Effect<Fate> => {
      const decoded = decodeTask(task.payload)
      if (Either.isLeft(decoded)) return Effect.succeed(hopeless("the payload is no index task"))
      const { mailboxId } = decoded.right
      return Effect.zipLeft(index(mailboxId, task), mirror.follow(mailboxId)).pipe(
        Effect.catchAll(() => Effect.as(Effect.logWarning("indexing is put off; something is away"), held)),
        Effect.annotateLogs({ task: task.taskId, correlation_id: task.correlationId })
      )
    }

    // One loop: a mailbox that has changed again waits until all of a batch are through, and is never indexed twice at once.
    const loops = Math.min(mailboxes, 1)
    yield* consume({ stream: "index", batch: mailboxes, loops, hold, spacing, work })
  })
)
