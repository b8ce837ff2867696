import { Clock, Config, Duration, Effect, Either, Layer, Schema } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { MailboxId, ModSeq, TaskId } from "../../domain/ids.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, duration, integer } from "../../settings/types.ts"
import { type News, type NotifyTarget, NotifyTargets } from "../../storage/notify/NotifyTargets.ts"
import { type ClaimedTask, Streams } from "../../storage/streams/Streams.ts"
import { carriedBy } from "../../storage/streams/taskTrace.ts"
import { consume, done, type Fate, held, hopeless } from "../consume.ts"
import { uuidV7 } from "../uuidV7.ts"
import { NotifySink } from "./NotifySink.ts"
import { makeRests } from "./Rests.ts"

const config = Config.all({
  batch: setting({
    name: "POSTROOM_NOTIFY_BATCH",
    type: integer,
    default: 128,
    check: atLeast(1),
    meaning: "Tasks of the stream `notify` that are taken at once."
  }),
  loops: setting({
    name: "POSTROOM_NOTIFY_LOOPS",
    type: integer,
    default: 4,
    check: atLeast(0),
    meaning: "Such batches under way at a time. 0 = this process tells nobody."
  }),
  spacing: setting({
    name: "POSTROOM_NOTIFY_SPACING",
    type: duration,
    default: Duration.millis(250),
    meaning: "From one look for news to the next: what happens in between is told at once."
  }),
  hold: setting({
    name: "POSTROOM_NOTIFY_HOLD",
    type: duration,
    default: Duration.minutes(1),
    meaning: "After this long without an answer somebody else tells; longer than a webhook's timeout."
  }),
  perTarget: setting({
    name: "POSTROOM_NOTIFY_PER_TARGET",
    type: integer,
    default: 8,
    check: atLeast(1),
    meaning: "Notifications to one receiver under way at a time, from one process."
  })
})

/**
 * Work of the stream `notify`: the mailbox has changes from `from` on. The relay's ring names no target; it becomes one
 * task for each, so that a receiver that is away holds up nobody else and is tried again alone.
 */
const NotifyTask = Schema.Struct({
  mailboxId: Schema.String.pipe(Schema.fromBrand(MailboxId)),
  from: Schema.Number.pipe(Schema.fromBrand(ModSeq)),
  targetId: Schema.optional(Schema.String)
})
type NotifyTask = typeof NotifyTask.Type
const decodeTask = Schema.decodeUnknownEither(NotifyTask)

/** Changes that one notification names at most. */
const maxItems = 100

/** Takes tasks of `notify` and tells who wants to know. At least once, in no promised order. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { batch, loops, spacing, hold, perTarget } = yield* config
    const streams = yield* Streams
    const targets = yield* NotifyTargets
    const sink = yield* NotifySink
    const rests = makeRests({ maxUnderWay: perTarget })

    const spread = (task: ClaimedTask, { mailboxId, from }: NotifyTask): Effect.Effect<Fate, Unavailable> =>
      Effect.gen(function* () {
        const ids = yield* targets.idsFor(mailboxId)
        if (ids.length === 0) return done
        const now = yield* Clock.currentTimeMillis
        yield* streams.publish(
          ids.map((targetId) => ({
            taskId: TaskId(uuidV7(now)),
            stream: "notify",
            correlationId: task.correlationId,
            tenantId: task.tenantId,
            workKey: `${mailboxId} ${targetId}`,
            payload: { mailboxId, from, targetId, ...carriedBy(task) },
            notBefore: null
          }))
        )
        return done
      })

    const forgo = ({ id }: NotifyTarget) =>
      Effect.zipRight(
        targets.markGone(id),
        Effect.annotateLogs(Effect.logWarning("a receiver of notifications wants nothing any more"), {
          target: id
        })
      )

    const send = (target: NotifyTarget, notice: { readonly id: string; readonly body: string }) =>
      rests.asking(target.id, sink.send(target, notice)).pipe(
        Effect.map((result): Fate => ("wait" in result ? { _tag: "Held", delay: result.wait } : done)),
        Effect.catchTag("NotDelivered", ({ reason, isFinal, isGone }) =>
          isGone
            ? Effect.as(forgo(target), done)
            : Effect.succeed<Fate>({ _tag: "Failed", error: reason, isFinal })
        )
      )

    const tell = (
      task: ClaimedTask,
      { mailboxId, from, targetId }: NotifyTask & { readonly targetId: string }
    ): Effect.Effect<Fate, Unavailable> =>
      Effect.gen(function* () {
        const target = yield* targets.target(targetId)
        if (target === null) return done
        const news = yield* targets.news(mailboxId, from, maxItems)
        return news === null ? done : yield* send(target, noticeOf(task, { mailboxId, from, news }))
      })

    const work = (task: ClaimedTask): Effect.Effect<Fate> => {
      const decoded = decodeTask(task.payload)
      if (Either.isLeft(decoded)) return Effect.succeed(hopeless("the payload is no notify task"))
      const { targetId } = decoded.right
      const fate =
        targetId === undefined ? spread(task, decoded.right) : tell(task, { ...decoded.right, targetId })
      return Effect.orElseSucceed(fate, () => held)
    }

    yield* consume({ stream: "notify", batch, loops, hold, spacing, work })
  })
)

/** The task and how far it tells: a retry that has more to say is another notice. */
const noticeOf = (
  task: ClaimedTask,
  { mailboxId, from, news }: { readonly mailboxId: MailboxId; readonly from: ModSeq; readonly news: News }
) => {
  const to = news.items.at(-1)?.modSeq ?? news.head
  return {
    id: `${task.taskId}.${to}`,
    body: JSON.stringify({
      type: "mailbox.changed",
      tenantId: task.tenantId,
      mailboxId,
      from,
      to,
      // What is behind `to`, or was compacted away, is in the mailbox: read its changes, or read it afresh.
      more: to < news.head || news.items[0]?.modSeq !== from,
      changes: news.items
    })
  }
}
