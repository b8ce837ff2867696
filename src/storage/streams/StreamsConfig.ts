import { Config, Duration } from "effect"

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

const atLeastOne = Config.validate({ message: "at least 1", validation: (n: number) => n >= 1 })

export const StreamsConfig: Config.Config<StreamsSettings> = Config.all({
  maxAttempts: Config.integer("POSTROOM_STREAMS_MAX_ATTEMPTS").pipe(
    Config.withDefault(5),
    atLeastOne,
    Config.withDescription("Of a task, before it is a dead letter.")
  ),
  retryBase: Config.duration("POSTROOM_STREAMS_RETRY_BASE").pipe(
    Config.withDefault(Duration.seconds(5)),
    Config.withDescription(
      "Longest wait after the first failed attempt; four times as long after each further one."
    )
  ),
  retryCap: Config.duration("POSTROOM_STREAMS_RETRY_CAP").pipe(
    Config.withDefault(Duration.minutes(15)),
    Config.withDescription("Longest wait after any failed attempt.")
  ),
  sweepInterval: Config.duration("POSTROOM_STREAMS_SWEEP_INTERVAL").pipe(
    Config.withDefault(Duration.seconds(5)),
    Config.withDescription(
      "How late a task is taken at most when its ring was lost, or when its claim ended."
    )
  ),
  publishDeadline: Config.duration("POSTROOM_STREAMS_PUBLISH_DEADLINE").pipe(
    Config.withDefault(Duration.seconds(5)),
    Config.withDescription("How long a publish of unknown outcome is repeated; its task ids make that safe.")
  ),
  batchSize: Config.integer("POSTROOM_STREAMS_BATCH_SIZE").pipe(
    Config.withDefault(256),
    atLeastOne,
    Config.withDescription("Tasks in one statement, where several callers publish or acknowledge at once.")
  ),
  batchesInFlight: Config.integer("POSTROOM_STREAMS_BATCHES_IN_FLIGHT").pipe(
    Config.withDefault(2),
    atLeastOne,
    Config.withDescription("Such statements at a time; more of them make the batches smaller.")
  ),
  ringSpacing: Config.duration("POSTROOM_STREAMS_RING_SPACING").pipe(
    Config.withDefault(Duration.millis(10)),
    Config.withDescription("Between two NOTIFY of this process; what happens in between shares the next one.")
  ),
  keepDone: Config.duration("POSTROOM_STREAMS_KEEP_DONE").pipe(
    Config.withDefault(Duration.days(7)),
    Config.withDescription("How long the ledger remembers tasks that are done, bounced or dropped.")
  ),
  pruneInterval: Config.duration("POSTROOM_STREAMS_PRUNE_INTERVAL").pipe(
    Config.withDefault(Duration.minutes(10)),
    Config.withDescription("Between two looks for tasks that are older than that.")
  ),
  pruneBatch: Config.integer("POSTROOM_STREAMS_PRUNE_BATCH").pipe(
    Config.withDefault(1000),
    atLeastOne,
    Config.withDescription("Tasks removed by one statement.")
  )
})
