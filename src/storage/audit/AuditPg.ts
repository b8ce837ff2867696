import { isIP } from "node:net"
import { Config, type ConfigError, Duration, Effect, Layer, Schedule } from "effect"
import { metrics } from "../../observability/metrics.ts"
import { setting } from "../../settings/setting.ts"
import { duration, integer } from "../../settings/types.ts"
import { Postgres, type PostgresError, statement } from "../postgres.ts"
import { Audit, type AuditEvent } from "./Audit.ts"

/** How audit events are gathered before they are written. */
export const AuditConfig = Config.all({
  maxWaiting: setting({
    name: "POSTROOM_AUDIT_MAX_WAITING",
    type: integer,
    default: 20_000,
    meaning: "Audit events that may wait to be written; beyond it new ones are dropped and counted."
  }),
  maxBatch: setting({
    name: "POSTROOM_AUDIT_MAX_BATCH",
    type: integer,
    default: 500,
    meaning: "Audit events written by one statement."
  }),
  interval: setting({
    name: "POSTROOM_AUDIT_INTERVAL",
    type: duration,
    default: Duration.millis(100),
    meaning: "How long an audit event waits for others at most."
  }),
  stopWithin: setting({
    name: "POSTROOM_AUDIT_STOP_WITHIN",
    type: duration,
    default: Duration.seconds(10),
    meaning: "How long a stopping process tries to write the events that wait."
  })
})

const insert = statement({
  name: "audit_insert",
  text: `INSERT INTO audit.events (ts, actor, actor_ip, action, resource, correlation_id, details)
    SELECT to_timestamp(ts / 1000.0), actor, actor_ip::inet, action, resource, correlation_id, details::jsonb
    FROM unnest($1::float8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
      AS event (ts, actor, actor_ip, action, resource, correlation_id, details)`
})

/** Postgres text holds no NUL; what came from outside may. */
const text = (value: string): string => value.replaceAll("\u0000", "\ufffd")

const columns = (events: ReadonlyArray<AuditEvent>) => [
  events.map(({ at }) => at),
  events.map(({ actor }) => text(actor)),
  events.map(({ actorIp }) => (actorIp !== null && isIP(actorIp) > 0 ? withoutZone(actorIp) : null)),
  events.map(({ action }) => action),
  events.map(({ resource }) => text(resource)),
  events.map(({ correlationId }) => text(correlationId)),
  events.map(({ details }) => JSON.stringify(details).replaceAll("\\u0000", "\\ufffd"))
]

/** `inet` knows no zone (RFC 4007 11). */
const withoutZone = (ip: string): string => ip.split("%", 1)[0] ?? ip

/**
 * Writes events in batches behind the calls. What waits when the layer's scope closes is written first; while Postgres is
 * away events wait up to the bound, then new ones are dropped, counted in `audit_events_total{fate="dropped"}` and logged.
 * A lost answer of Postgres may write a batch twice: for a trail that is better than not at all.
 */
export const layer: Layer.Layer<Audit, ConfigError.ConfigError, Postgres> = Layer.scoped(
  Audit,
  Effect.gen(function* () {
    const { query } = yield* Postgres
    const config = yield* AuditConfig
    // Events leave it only when they are known to be written.
    const waiting: Array<AuditEvent> = []
    const some = yield* Effect.makeLatch(false)
    const many = yield* Effect.makeLatch(false)
    let dropped = 0

    const drop = (count: number) => {
      dropped += count
      metrics.auditEvents.inc({ fate: "dropped" }, count)
    }

    const reportDropped = Effect.suspend(() => {
      if (dropped === 0) return Effect.void
      const count = dropped
      dropped = 0
      return Effect.logError("audit events were dropped").pipe(Effect.annotateLogs({ count }))
    })

    const done = (count: number, isWritten: boolean) =>
      Effect.sync(() => {
        waiting.splice(0, count)
        if (isWritten) metrics.auditEvents.inc({ fate: "written" }, count)
        else drop(count)
      })

    const writeBatch = Effect.suspend(() => {
      const batch = waiting.slice(0, config.maxBatch)
      return query(insert, columns(batch)).pipe(
        Effect.zipRight(done(batch.length, true)),
        // A batch that Postgres will never take must not hold up the rest.
        Effect.catchTag("PostgresRejected", () => done(batch.length, false)),
        Effect.catchAllDefect((defect) =>
          Effect.zipRight(Effect.logError("an audit batch is malformed", defect), done(batch.length, false))
        )
      )
    })

    const writeAll: Effect.Effect<void, PostgresError> = Effect.whileLoop({
      while: () => waiting.length > 0,
      body: () => writeBatch,
      step: () => {}
    })

    const round = some.await.pipe(
      Effect.zipRight(Effect.timeoutOption(many.await, config.interval)),
      Effect.zipRight(Effect.zip(some.close, many.close)),
      Effect.zipRight(
        writeAll.pipe(
          Effect.tapError(() => Effect.logWarning("the audit trail cannot be written now")),
          Effect.retry(Schedule.exponential("100 millis").pipe(Schedule.union(Schedule.spaced("5 seconds"))))
        )
      ),
      Effect.zipRight(reportDropped)
    )

    // The writer ends first (finalizers run in reverse), then what it left is written.
    yield* Effect.addFinalizer(() =>
      Effect.retry(writeAll, Schedule.spaced("200 millis")).pipe(
        // A finalizer is uninterruptible, and what cannot be interrupted never times out.
        Effect.interruptible,
        Effect.timeoutFail({ duration: config.stopWithin, onTimeout: () => "timeout" }),
        Effect.catchAll(() => Effect.sync(() => drop(waiting.length))),
        Effect.zipRight(reportDropped)
      )
    )
    yield* Effect.forkScoped(Effect.forever(round))

    return Audit.of({
      record: (event) =>
        Effect.suspend(() => {
          if (waiting.length >= config.maxWaiting) return Effect.sync(() => drop(1))
          const length = waiting.push(event)
          if (length === 1) return some.open
          return length === config.maxBatch ? many.open : Effect.void
        })
    })
  })
)
