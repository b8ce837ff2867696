import { randomUUID } from "node:crypto"
import { Clock, Duration, Effect, Layer } from "effect"
import { CorrelationId, MailboxId } from "../../domain/ids.ts"
import { setting } from "../../settings/setting.ts"
import { duration } from "../../settings/types.ts"
import { Retention } from "../../storage/retention/Retention.ts"
import { Streams } from "../../storage/streams/Streams.ts"
import { passes } from "../passes.ts"
import { retentionTask } from "./RetentionTask.ts"

const retentionInterval = setting({
  name: "POSTROOM_RETENTION_INTERVAL",
  type: duration,
  default: Duration.days(1),
  meaning: "From one look at all mailboxes of tenants with a retention policy to the next."
})

/** Mailboxes that become tasks in one statement. */
const page = 500

/** Makes a task of every mailbox whose tenant has a policy, again and again. Empty rounds cost one statement. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const interval = yield* retentionInterval
    const retention = yield* Retention
    const streams = yield* Streams
    const step = Effect.fnUntraced(function* (cursor: string | null) {
      const after = cursor === null ? null : MailboxId(cursor)
      const mailboxes = yield* retention.mailboxes(null, { after, limit: page })
      const now = yield* Clock.currentTimeMillis
      const correlationId = CorrelationId(`retention-${yield* Effect.sync(() => randomUUID())}`)
      yield* streams.publish(mailboxes.map((mailbox) => retentionTask(mailbox, { now, correlationId })))
      const last = mailboxes.length < page ? undefined : mailboxes.at(-1)
      return last === undefined ? null : last.mailboxId
    })
    yield* passes({ name: "retention", interval, step })
  })
)
