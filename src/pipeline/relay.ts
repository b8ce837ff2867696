import { Cause, Clock, Config, Duration, Effect, Layer, Schedule } from "effect"
import { TaskId } from "../domain/ids.ts"
import { boundary } from "../observability/boundaries.ts"
import { setting } from "../settings/setting.ts"
import { duration } from "../settings/types.ts"
import { NotifyTargets } from "../storage/notify/NotifyTargets.ts"
import { Outbox, type OutboxEntry } from "../storage/outbox/Outbox.ts"
import { OutboxBell } from "../storage/outbox/OutboxBell.ts"
import { type NewTask, type StreamName, Streams } from "../storage/streams/Streams.ts"
import { carrying } from "../storage/streams/taskTrace.ts"
import { uuidV7 } from "./uuidV7.ts"

const config = Config.all({
  spacing: setting({
    name: "POSTROOM_RELAY_SPACING",
    type: duration,
    default: Duration.millis(200),
    meaning: "Least time between two looks at the outbox: what happens within it is told at once."
  }),
  poll: setting({
    name: "POSTROOM_RELAY_POLL",
    type: duration,
    default: Duration.seconds(5),
    meaning: "How often the outbox is looked at when nobody rang."
  })
})

const commitsPerRound = 2000

/**
 * "Mailbox M has changes from modseq s": a ring, the journal is the content. At most one waits per stream and mailbox, and
 * belongs to the trace of the last.
 */
const ring = (stream: StreamName, entry: OutboxEntry, now: number): NewTask => ({
  taskId: TaskId(uuidV7(now)),
  stream,
  correlationId: entry.correlationId,
  tenantId: entry.tenantId,
  workKey: entry.mailboxId,
  payload: { mailboxId: entry.mailboxId, from: entry.from, ...carrying(entry.traceparent) },
  notBefore: null
})

/** Carries the outbox to the streams: published first, removed after, so that a crash between them repeats a ring. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { spacing, poll } = yield* config
    const bell = yield* OutboxBell
    const outbox = yield* Outbox
    const streams = yield* Streams
    const targets = yield* NotifyTargets

    const round = Effect.gen(function* () {
      const entries = yield* outbox.read(commitsPerRound)
      if (entries.length === 0) return false
      yield* boundary("outbox-read")
      // Most mailboxes have nobody to tell: that is one question here, and would be a task to make and to end for each.
      const watched = yield* targets.watched(entries.map(({ mailboxId }) => mailboxId))
      const now = yield* Clock.currentTimeMillis
      yield* streams.publish([
        ...entries.map((entry) => ring("index", entry, now)),
        ...entries
          .filter(({ mailboxId }) => watched.has(mailboxId))
          .map((entry) => ring("notify", entry, now))
      ])
      yield* boundary("outbox-relayed")
      yield* outbox.remove(entries)
      yield* boundary("outbox-removed")
      return true
    })

    const untilEmpty = Effect.repeat(round, { while: (found) => found, schedule: Schedule.spaced(spacing) })
    const awhile = Effect.zipRight(Effect.timeoutOption(bell.wait, poll), Effect.sleep(spacing))
    yield* untilEmpty.pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.interrupt
          : Effect.logWarning("the outbox cannot be relayed now; trying again", cause)
      ),
      Effect.zipRight(awhile),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
