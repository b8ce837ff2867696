import { Config, Duration, Effect, Layer, Schedule } from "effect"
import { metrics } from "../observability/metrics.ts"
import { undeterred } from "../observability/undeterred.ts"
import { setting } from "../settings/setting.ts"
import { duration } from "../settings/types.ts"
import { Ledger } from "../storage/ledger/Ledger.ts"
import { groupOf, Streams } from "../storage/streams/Streams.ts"

const config = Config.all({
  queues: setting({
    name: "POSTROOM_QUEUE_METRICS_INTERVAL",
    type: duration,
    default: Duration.seconds(5),
    meaning: "How often queue depth and lag are measured."
  }),
  ledger: setting({
    name: "POSTROOM_LEDGER_METRICS_INTERVAL",
    type: duration,
    default: Duration.minutes(5),
    meaning: "How often the ledger is counted for the metrics; it reads every kept task."
  })
})

/** Keeps the gauges of queues and ledger current. While the database is away they stand still. */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const intervals = yield* config
    const streams = yield* Streams
    const ledger = yield* Ledger

    const measureQueues = Effect.map(streams.stats, (stats) => {
      for (const { stream, queued, running, dead, lagMillis } of stats) {
        metrics.queueDepth.set({ stream }, queued + running)
        metrics.queueDepth.set({ stream: `dlq:${stream}` }, dead)
        metrics.consumerLag.set({ stream, group: groupOf[stream] }, lagMillis / 1000)
      }
    })
    const countLedger = Effect.map(ledger.balance, (balance) => {
      for (const [state, count] of Object.entries(balance)) metrics.ledger.set({ state }, count)
    })
    yield* Effect.forkScoped(
      Effect.repeat(undeterred("reading a gauge", measureQueues), Schedule.spaced(intervals.queues))
    )
    yield* Effect.forkScoped(
      Effect.repeat(undeterred("reading a gauge", countLedger), Schedule.spaced(intervals.ledger))
    )
  })
)
