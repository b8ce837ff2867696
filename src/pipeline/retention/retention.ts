import { Array as Arrays, Clock, Config, Duration, Effect, Either, Layer, Schema } from "effect"
import { type CoreError, isTemporary } from "../../domain/errors.ts"
import type { FolderId, MailboxId, MessageId, Uid } from "../../domain/ids.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { type Expiry, expiries } from "../../domain/retention.ts"
import { metrics } from "../../observability/metrics.ts"
import { setting } from "../../settings/setting.ts"
import { atLeast, between, duration, integer } from "../../settings/types.ts"
import { Retention, type RetentionWindow } from "../../storage/retention/Retention.ts"
import type { ClaimedTask } from "../../storage/streams/Streams.ts"
import { consume, done, type Fate, failed, held, hopeless, more } from "../consume.ts"
import { Expunger } from "./Expunger.ts"
import { RetentionTask } from "./RetentionTask.ts"

const config = Config.all({
  mailboxes: setting({
    name: "POSTROOM_RETENTION_MAILBOXES",
    type: integer,
    default: 2,
    check: atLeast(0),
    meaning: "Mailboxes that retention looks through at a time. 0 = this process looks through none."
  }),
  chunk: setting({
    name: "POSTROOM_RETENTION_CHUNK",
    type: integer,
    default: 500,
    check: between(1, 5000),
    meaning: "Messages that retention removes at once; in between the mailbox serves others."
  }),
  turn: setting({
    name: "POSTROOM_RETENTION_TURN",
    type: duration,
    default: Duration.seconds(20),
    meaning: "After this long a mailbox with more to remove lets others go before."
  }),
  hold: setting({
    name: "POSTROOM_RETENTION_HOLD",
    type: duration,
    default: Duration.minutes(5),
    meaning: "After this long without an answer a mailbox is looked through by somebody else."
  })
})

const decodeTask = Schema.decodeUnknownEither(RetentionTask)

const dayMillis = Duration.toMillis("1 day")

/** Messages of a folder that are looked at by one statement. */
const windowSize = 5000

interface Walk {
  readonly mailboxId: MailboxId
  readonly task: ClaimedTask
  readonly now: number
  /** When its turn is over, by the monotonic clock. */
  readonly until: number
}

/** Takes tasks of `retention` and removes what has become too old. Doing it again finds nothing more to do. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { mailboxes, chunk, turn, hold } = yield* config
    const retention = yield* Retention
    const { expunge } = yield* Expunger

    const remove = ({ mailboxId, task }: Walk, folderId: FolderId, messageIds: ReadonlyArray<MessageId>) =>
      Effect.forEach(
        Arrays.chunksOf(messageIds, chunk),
        (some) =>
          Effect.map(
            expunge({ mailboxId, folderId, messageIds: some, correlationId: task.correlationId }),
            (removed) => metrics.retentionMessages.inc(removed)
          ),
        { discard: true }
      )

    /** False where its turn was over before the end of the folder. A turn in which nothing was removed has no end. */
    const expire = Effect.fnUntraced(function* (
      walk: Walk,
      { folderId, keepDays, countsFromChange }: Expiry
    ) {
      let afterUid: Uid | null = null
      do {
        const before = walk.now - keepDays * dayMillis
        const window: RetentionWindow = yield* retention.window(walk.mailboxId, {
          folderId,
          before,
          countsFromChange,
          afterUid,
          limit: windowSize
        })
        afterUid = window.lastUid
        if (window.messageIds.length === 0) continue
        yield* remove(walk, folderId, window.messageIds)
        if ((yield* monotonicMillis) >= walk.until) return false
      } while (afterUid !== null)
      return true
    })

    const look = Effect.fnUntraced(function* (task: ClaimedTask, mailboxId: MailboxId) {
      const plan = yield* retention.plan(mailboxId)
      if (plan === null || plan.isHeld) return done
      const now = yield* Clock.currentTimeMillis
      const until = (yield* monotonicMillis) + Duration.toMillis(turn)
      const walk = { mailboxId, task, now, until }
      for (const expiry of expiries(plan.policies, plan.folders)) {
        const isThrough = yield* expire(walk, expiry)
        if (!isThrough) return more
      }
      return done
    })

    const work = (task: ClaimedTask): Effect.Effect<Fate> => {
      const decoded = decodeTask(task.payload)
      return Either.isLeft(decoded)
        ? Effect.succeed(hopeless("the payload is no retention task"))
        : Effect.catchAll(look(task, decoded.right.mailboxId), fateOf)
    }

    yield* consume({
      stream: "retention",
      batch: 1,
      loops: mailboxes,
      hold,
      spacing: Duration.millis(100),
      work
    })
  })
)

/** A token that is wrong lies with no mailbox. */
const isForAll = (error: CoreError): boolean =>
  error._tag === "Unauthenticated" || error._tag === "PermissionDenied"

/** A quarantined mailbox waits for an operator, and so does its task. */
const fateOf = (error: CoreError): Effect.Effect<Fate> => {
  if (error._tag === "Unavailable" && error.what === "quarantined") return Effect.succeed(failed(error._tag))
  if (isTemporary(error)) return Effect.succeed(held)
  return isForAll(error)
    ? Effect.as(
        Effect.logError("retention is not let in where the mailboxes are; is its token the same?"),
        held
      )
    : Effect.succeed(failed(error._tag))
}
