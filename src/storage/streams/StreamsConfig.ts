import { Config, Duration } from "effect"
import { setting } from "../../settings/setting.ts"
import { atLeast, duration, integer } from "../../settings/types.ts"

export interface StreamsSettings {
  readonly maxAttempts: number
  readonly retryBase: Duration.Duration
  readonly retryCap: Duration.Duration
  readonly sweepInterval: Duration.Duration
  readonly publishDeadline: Duration.Duration
  readonly batchSize: number
  readonly batchesInFlight: number
  readonly ringSpacing: Duration.Duration
  readonly keepDone: Duration.Duration
  readonly pruneInterval: Duration.Duration
  readonly pruneBatch: number
}

export const StreamsConfig: Config.Config<StreamsSettings> = Config.all({
  maxAttempts: setting({
    name: "POSTROOM_STREAMS_MAX_ATTEMPTS",
    type: integer,
    default: 5,
    meaning: "Of a task, before it is a dead letter.",
    check: atLeast(1)
  }),
  retryBase: setting({
    name: "POSTROOM_STREAMS_RETRY_BASE",
    type: duration,
    default: Duration.seconds(5),
    meaning: "Longest wait after the first failed attempt; four times as long after each further one."
  }),
  retryCap: setting({
    name: "POSTROOM_STREAMS_RETRY_CAP",
    type: duration,
    default: Duration.minutes(15),
    meaning: "Longest wait after any failed attempt."
  }),
  sweepInterval: setting({
    name: "POSTROOM_STREAMS_SWEEP_INTERVAL",
    type: duration,
    default: Duration.seconds(5),
    meaning: "How late a task is taken at most when its ring was lost, or when its claim ended."
  }),
  publishDeadline: setting({
    name: "POSTROOM_STREAMS_PUBLISH_DEADLINE",
    type: duration,
    default: Duration.seconds(5),
    meaning: "How long a publish of unknown outcome is repeated; its task ids make that safe."
  }),
  batchSize: setting({
    name: "POSTROOM_STREAMS_BATCH_SIZE",
    type: integer,
    default: 256,
    meaning: "Tasks in one statement, where several callers publish or acknowledge at once.",
    check: atLeast(1)
  }),
  batchesInFlight: setting({
    name: "POSTROOM_STREAMS_BATCHES_IN_FLIGHT",
    type: integer,
    default: 2,
    meaning: "Such statements at a time; more of them make the batches smaller.",
    check: atLeast(1)
  }),
  ringSpacing: setting({
    name: "POSTROOM_STREAMS_RING_SPACING",
    type: duration,
    default: Duration.millis(10),
    meaning: "Between two NOTIFY of this process; what happens in between shares the next one."
  }),
  keepDone: setting({
    name: "POSTROOM_STREAMS_KEEP_DONE",
    type: duration,
    default: Duration.days(7),
    meaning: "How long the ledger remembers tasks that are done, bounced or dropped."
  }),
  pruneInterval: setting({
    name: "POSTROOM_STREAMS_PRUNE_INTERVAL",
    type: duration,
    default: Duration.minutes(10),
    meaning: "Between two looks for tasks that are older than that."
  }),
  pruneBatch: setting({
    name: "POSTROOM_STREAMS_PRUNE_BATCH",
    type: integer,
    default: 1000,
    meaning: "Tasks removed by one statement.",
    check: atLeast(1)
  })
})
