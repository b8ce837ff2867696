import { Duration, Effect, Layer, Schedule } from "effect"
import { Health } from "../observability/health.ts"
import { metrics } from "../observability/metrics.ts"
import { undeterred } from "../observability/undeterred.ts"
import { setting } from "../settings/setting.ts"
import { duration } from "../settings/types.ts"
import { Ledger } from "../storage/ledger/Ledger.ts"
import { groupOf, Streams } from "../storage/streams/Streams.ts"

const queuesInterval = setting({
  name: "POSTROOM_QUEUE_METRICS_INTERVAL",
  type: duration,
  default: Duration.seconds(5),
  meaning: "How often queue depth and lag are measured."
})

const ledgerInterval = setting({
  name: "POSTROOM_LEDGER_METRICS_INTERVAL",
  type: duration,
  default: Duration.minutes(5),
  meaning: "How often the ledger is counted for the metrics; it reads every kept task."
})

const measuring = <E>(measure: Effect.Effect<void, E>, interval: Duration.Duration) =>
  Effect.forkScoped(Effect.repeat(undeterred("reading a gauge", measure), Schedule.spaced(interval)))

/** Keeps the gauges of queues current. While the database is away they stand still. */
export const layerQueues = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { stats } = yield* Streams
    const measure = Effect.map(stats, (all) => {
      for (const { stream, queued, running, dead, lagMillis } of all) {
        metrics.queueDepth.set({ stream }, queued + running)
        metrics.queueDepth.set({ stream: `dlq:${stream}` }, dead)
        metrics.consumerLag.set({ stream, group: groupOf[stream] }, lagMillis / 1000)
      }
    })
    yield* measuring(measure, yield* queuesInterval)
  })
)

/** Keeps the gauges of the servers behind us current, also where nobody asks whether we are ready. */
export const layerBackEnds = Layer.scopedDiscard(
  Effect.flatMap(Health, ({ readiness }) => measuring(Effect.asVoid(readiness), Duration.seconds(15)))
)

/** Keeps the gauges of the ledger current. */
export const layerLedger = Layer.scopedDiscard(
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const measure = Effect.map(ledger.balance, (balance) => {
      for (const [state, count] of Object.entries(balance)) metrics.ledger.set({ state }, count)
    })
    yield* measuring(measure, yield* ledgerInterval)
  })
)
