import { randomUUID } from "node:crypto"
import {
  Array as Arrays,
  Clock,
  type ConfigError,
  Duration,
  Effect,
  Layer,
  Schedule,
  type Scope
} from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { CorrelationId, TaskId, TenantId } from "../../domain/ids.ts"
import { Boundaries } from "../../observability/boundaries.ts"
import { undeterred } from "../../observability/undeterred.ts"
import { makeBatcher } from "../Batcher.ts"
import { Postgres, type PostgresError } from "../postgres.ts"
import { Announcer } from "./Announcer.ts"
import { type Bell, makeBell, streamNames } from "./Bell.ts"
import { backoffMillis } from "./backoff.ts"
import { newTaskRows } from "./newTaskRows.ts"
import { type ClaimedTask, type NewTask, type StreamName, Streams } from "./Streams.ts"
import { StreamsConfig, type StreamsSettings } from "./StreamsConfig.ts"
import * as sql from "./statements.ts"

/** Requeued by one statement. */
const requeueBatch = 1000
/** Of an error's text that is kept. */
const errorChars = 2000

const unavailable = (cause: PostgresError) => new Unavailable({ what: "storage", cause })

/** A rival for a task id or a work key; the second try sees its row. */
const isRace = (error: PostgresError): boolean =>
  error._tag === "PostgresUnavailable"
    ? error.reason === "conflict"
    : ["tasks_pkey", "tasks_coalesce"].includes(error.constraint)

const despiteRaces = <A>(query: Effect.Effect<A, PostgresError>): Effect.Effect<A, PostgresError> =>
  Effect.retry(query, { while: isRace, times: 5 })

/** Repeats what may have happened until the answer is known. For statements that may be repeated. */
const untilKnown = <A>(query: Effect.Effect<A, PostgresError>, deadline: Duration.Duration) =>
  Effect.suspend(() => {
    let isUnknown = false
    return Effect.retry(query, {
      while: (error) => {
        isUnknown ||= error._tag === "PostgresUnavailable" && error.commitUnknown
        return isUnknown && error._tag === "PostgresUnavailable"
      },
      schedule: Schedule.exponential("50 millis").pipe(
        Schedule.union(Schedule.spaced("1 second")),
        Schedule.upTo(deadline)
      )
    })
  })

const forText = (error: string) => error.replaceAll("\0", "").slice(0, errorChars)
const idsOf = (tasks: ReadonlyArray<ClaimedTask>) => [
  tasks.map(({ taskId }) => taskId),
  tasks.map(({ claimId }) => claimId)
]
/** What a row says of a task; the claim is added by who claims. */
export const fromRow = (stream: StreamName, row: sql.TaskRow) => ({
  taskId: TaskId(row.task_id),
  stream,
  attempt: row.attempt,
  correlationId: CorrelationId(row.correlation_id),
  tenantId: row.tenant_id === null ? null : TenantId(row.tenant_id),
  payload: row.payload,
  createdAt: row.created_at
})

const streamsOf = (tasks: ReadonlyArray<NewTask>) => new Set(tasks.map(({ stream }) => stream))

/** Rings at once for what is due, and in time for each task that is not due yet. */
const ringFor = (
  tasks: ReadonlyArray<NewTask>,
  { bell, announce }: { readonly bell: Bell; readonly announce: typeof Announcer.Service }
): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const waitOf = ({ notBefore }: NewTask) => (notBefore === null ? 0 : notBefore - now)
    const [due, later] = Arrays.partition(tasks, (task) => waitOf(task) > 0)
    if (announce === null) bell.ring(streamsOf(due))
    else {
      bell.ringHere(streamsOf(due))
      announce(due)
    }
    return Effect.forEach(later, (task) => bell.ringAfter(task.stream, waitOf(task)), { discard: true })
  })

type Query = (typeof Postgres.Service)["query"]

/** Publishing and acknowledging: what every message waits for, so callers share statements. */
const makeBatched = (
  query: Query,
  { bell, settings }: { readonly bell: Bell; readonly settings: StreamsSettings }
) =>
  Effect.gen(function* () {
    const boundaries = yield* Boundaries
    const announce = yield* Announcer
    const limits = {
      isParticular: (error: PostgresError) => error._tag === "PostgresRejected",
      maxItems: settings.batchSize,
      maxInFlight: settings.batchesInFlight
    }
    const publish = yield* makeBatcher({
      ...limits,
      run: (tasks: ReadonlyArray<NewTask>) => {
        const rows = newTaskRows(tasks)
        const statement = rows.some(({ work_key }) => work_key !== null) ? sql.publishKeyed : sql.publish
        const insert = despiteRaces(query(statement, [JSON.stringify(rows)]))
        const holdsMail = tasks.some(({ stream }) => stream === "mail_ingest")
        return untilKnown(insert, settings.publishDeadline).pipe(
          // It may be committed all the same.
          Effect.onError(() => Effect.sync(() => bell.ring(streamsOf(tasks)))),
          Effect.zipRight(holdsMail ? boundaries.pass("task-committed") : Effect.void),
          Effect.zipRight(ringFor(tasks, { bell, announce }))
        )
      }
    })
    const ack = yield* makeBatcher({
      ...limits,
      run: (tasks: ReadonlyArray<ClaimedTask>) => Effect.asVoid(despiteRaces(query(sql.ack, idsOf(tasks))))
    })
    return { publish, ack }
  })

/** Repeats `one`, which does up to `size`, until it did fewer; adds up. */
const inBatches = (
  one: (before: number) => Effect.Effect<number, PostgresError>,
  size: number
): Effect.Effect<number, PostgresError> =>
  Effect.gen(function* () {
    let all = 0
    let done = size
    while (done >= size) {
      done = yield* one(all)
      all += done
    }
    return all
  })

const makeSweep = (query: Query, maxAttempts: number): Effect.Effect<number, PostgresError> => {
  const count = Effect.map((rows: ReadonlyArray<unknown>) => rows.length)
  const buried = inBatches(
    () => count(query(sql.buryExpired, [streamNames, maxAttempts, requeueBatch])),
    requeueBatch
  )
  const freed = inBatches(
    () => count(despiteRaces(query(sql.freeExpired, [streamNames, maxAttempts, requeueBatch]))),
    requeueBatch
  )
  return Effect.zipWith(buried, freed, (dead, free) => dead + free)
}

/** What runs by itself: sweeping, which also rings, and forgetting what is long done. */
const startUpkeep = (
  query: Query,
  {
    bell,
    settings,
    sweep
  }: {
    readonly bell: Bell
    readonly settings: StreamsSettings
    readonly sweep: Effect.Effect<number, PostgresError>
  }
): Effect.Effect<void, never, Scope.Scope> => {
  const prune = inBatches(
    () =>
      Effect.map(
        query(sql.prune, [Duration.toMillis(settings.keepDone), settings.pruneBatch]),
        (rows) => rows.length
      ),
    settings.pruneBatch
  )
  const sweeping = Effect.zipRight(
    undeterred("the sweep of streams", sweep),
    Effect.sync(() => bell.ringHere(streamNames))
  )
  const pruning = undeterred("forgetting old tasks", prune)
  return Effect.all(
    [
      Effect.forkScoped(Effect.forever(Effect.delay(sweeping, settings.sweepInterval))),
      Effect.forkScoped(Effect.forever(Effect.delay(pruning, settings.pruneInterval)))
    ],
    { discard: true }
  )
}

const make = (
  overrides: Partial<StreamsSettings>,
  { hasOthers }: { readonly hasOthers: boolean }
): Effect.Effect<typeof Streams.Service, ConfigError.ConfigError, Postgres | Scope.Scope> =>
  Effect.gen(function* () {
    const settings = { ...(yield* StreamsConfig), ...overrides }
    const { query } = yield* Postgres
    const bell = yield* makeBell({ spacing: settings.ringSpacing, hasOthers })
    const { publish, ack } = yield* makeBatched(query, { bell, settings })
    const sweep = makeSweep(query, settings.maxAttempts)
    yield* startUpkeep(query, { bell, settings, sweep })

    const bury = ({ taskId, claimId }: ClaimedTask, error: string) =>
      Effect.map(query(sql.bury, [taskId, claimId, error]), (rows) => (rows.length > 0 ? "dead" : "lost"))
    const retry = ({ taskId, claimId, attempt, stream }: ClaimedTask, error: string) =>
      Effect.flatMap(backoffMillis(attempt, settings), (millis) =>
        despiteRaces(query(sql.retry, [taskId, claimId, millis, error])).pipe(
          Effect.tap((rows) => Effect.when(bell.ringAfter(stream, millis), () => rows.length > 0)),
          Effect.map((rows) => (rows.length > 0 ? "retry" : "lost"))
        )
      )

    return Streams.of({
      publish: (tasks) => Effect.mapError(publish(tasks), unavailable),
      has: (taskId) =>
        Effect.mapBoth(query(sql.has, [taskId]), {
          onFailure: unavailable,
          onSuccess: (rows) => rows.length > 0
        }),
      claim: (stream, { max, hold }) =>
        Effect.suspend(() => {
          const claimId = randomUUID()
          return query(sql.claim, [stream, max, claimId, Duration.toMillis(hold)]).pipe(
            Effect.mapBoth({
              onFailure: unavailable,
              onSuccess: (rows) =>
                rows
                  .map((row) => ({ ...fromRow(stream, row), claimId }))
                  .sort((left, right) => left.createdAt - right.createdAt)
            })
          )
        }),
      rings: bell.rings,
      ack: (tasks) => Effect.mapError(ack(tasks), unavailable),
      fail: (task, { error, final }) =>
        Effect.mapError(
          final || task.attempt >= settings.maxAttempts
            ? bury(task, forText(error))
            : retry(task, forText(error)),
          unavailable
        ),
      release: (tasks, delayOf = () => Duration.zero) =>
        Effect.suspend(() => {
          const delays = tasks.map((task) => Duration.toMillis(delayOf(task)))
          return despiteRaces(query(sql.release, [...idsOf(tasks), delays])).pipe(
            Effect.zipRight(
              Effect.forEach(tasks, ({ stream }, n) => bell.ringAfter(stream, delays[n] ?? 0), {
                discard: true
              })
            ),
            Effect.mapError(unavailable)
          )
        }),
      sweep: sweep.pipe(
        Effect.tap((freed) => (freed > 0 ? bell.ring(streamNames) : undefined)),
        Effect.mapError(unavailable)
      ),
      deadLetters: (stream, { after, limit, cause = null }) =>
        query(sql.deadLetters, [stream, after, limit, cause]).pipe(
          Effect.mapBoth({
            onFailure: unavailable,
            onSuccess: (rows) =>
              rows.map((row) => ({ ...fromRow(stream, row), error: row.error ?? "", diedAt: row.died_at }))
          })
        ),
      causes: (tenantId) =>
        Effect.mapBoth(query(sql.causes, [streamNames, tenantId]), {
          onFailure: unavailable,
          onSuccess: (rows) =>
            rows.map(({ type, cause, tasks, first_died_at, last_died_at }) => ({
              stream: type,
              cause,
              tasks,
              firstDiedAt: first_died_at,
              lastDiedAt: last_died_at
            }))
        }),
      replay: (stream, which, perSecond = null) => {
        const spacing = perSecond === null ? 0 : 1000 / perSecond
        const chosen = which === "all" ? null : which
        const some = (before: number) =>
          Effect.map(
            despiteRaces(query(sql.replay, [stream, chosen, requeueBatch, spacing, before * spacing])),
            (rows) => rows.length
          )
        return inBatches(some, requeueBatch).pipe(
          Effect.tap(() => bell.ring([stream])),
          Effect.mapError(unavailable)
        )
      },
      drop: (stream, which) =>
        Effect.mapBoth(query(sql.drop, [stream, which === "all" ? null : which]), {
          onFailure: unavailable,
          onSuccess: (rows) => rows.length
        }),
      stats: Effect.mapBoth(query(sql.stats), {
        onFailure: unavailable,
        onSuccess: (rows) =>
          streamNames.map((stream) => {
            const row = rows.find(({ type }) => type === stream)
            return {
              stream,
              queued: row?.queued ?? 0,
              running: row?.running ?? 0,
              dead: row?.dead ?? 0,
              lagMillis: Math.max(0, row?.lag_millis ?? 0)
            }
          })
      })
    })
  })

/** As `layer`, with settings in place of the configuration's. */
export const layerWith = (
  settings: Partial<StreamsSettings>
): Layer.Layer<Streams, ConfigError.ConfigError, Postgres> =>
  Layer.scoped(Streams, make(settings, { hasOthers: true }))

/**
 * As `layerWith`, for the only process of a deployment. Whoever holds a task when it starts is gone, so nobody waits until
 * those claims end; and nobody is told of its rings. Workers beside it are told once it has heard of them; of what they
 * hold at its start tasks are done twice, which they must bear anyway.
 */
export const layerSingle = (
  settings: Partial<StreamsSettings> = {}
): Layer.Layer<Streams, ConfigError.ConfigError | Unavailable, Postgres> =>
  Layer.scoped(
    Streams,
    Effect.gen(function* () {
      const { query } = yield* Postgres
      yield* Effect.mapError(query(sql.endClaims, [streamNames]), unavailable)
      return yield* Effect.tap(make(settings, { hasOthers: false }), ({ sweep }) => sweep)
    })
  )

/** Work streams on `queue.tasks` alone. */
export const layer: Layer.Layer<Streams, ConfigError.ConfigError, Postgres> = layerWith({})
