import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Clock,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  ManagedRuntime,
  Redacted,
  Ref,
  Schedule,
  Stream
} from "effect"
import { afterAll, inject } from "vitest"
import { layerMigratedPostgres } from "../../src/storage/migrate.ts"
import { Postgres, PostgresUnavailable, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import type { StreamsSettings } from "../../src/storage/streams/StreamsConfig.ts"
import { layerSingle, layerWith } from "../../src/storage/streams/StreamsPg.ts"
import { awaited } from "../support/awaited.ts"
import { layerTestPostgres } from "../support/postgres.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"
import { claim, idsOf, nextClaim, quiet, statsOf, task, tasks } from "../support/streams.ts"
import { streamDeadLettersContract } from "./streamDeadLetters.ts"
import { streamRingsContract } from "./streamRings.ts"
import { streamsContract } from "./streams.ts"

// One database for the whole suite, emptied for each test: making one takes longer than a test.
const database = ManagedRuntime.make(layerTestPostgres)
afterAll(() => database.dispose())

const empty = statement({ text: "TRUNCATE queue.tasks, queue.task_events" })
const named = statement<{ readonly name: string }>({ text: "SELECT current_database() AS name" })

const emptyDatabaseName = Effect.gen(function* () {
  const postgres = yield* Postgres
  yield* postgres.query(empty)
  const [row] = yield* postgres.query(named)
  return row?.name ?? ""
})

/** Each opened store has a pool of its own, as another process would. */
const fresh = Effect.gen(function* () {
  const name = yield* Effect.orDie(Effect.provide(emptyDatabaseName, yield* database.runtimeEffect))
  const { host, port, password } = inject("postgres")
  const pool = layerPostgres({
    host,
    port,
    database: name,
    user: "postroom",
    password: Redacted.make(password),
    poolSize: 4
  })
  return (
    settings: Partial<StreamsSettings> = {},
    layer: (settings: Partial<StreamsSettings>) => ReturnType<typeof layerSingle> = layerWith
  ) =>
    Layer.build(Layer.provide(layer(settings), Layer.fresh(pool))).pipe(
      Effect.map((context) => Context.get(context, Streams)),
      Effect.orDie
    )
})

streamsContract("Postgres", fresh)
streamRingsContract("Postgres", fresh)
streamDeadLettersContract("Postgres", fresh)

const onFreshDatabase = (settings: Parameters<typeof layerWith>[0] = {}) =>
  Layer.orDie(layerWith({ ...quiet, ...settings })).pipe(Layer.provideMerge(layerTestPostgres))

const events = statement<{ readonly event: string; readonly payload: unknown }>({
  text: "SELECT event, payload FROM queue.task_events ORDER BY ts, event"
})
const statuses = statement<{ readonly status: string }>({
  text: "SELECT status FROM queue.tasks ORDER BY status"
})

describe("StreamsPg", () => {
  it.live("tells the story of a task that did not simply succeed", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      const postgres = yield* Postgres
      yield* streams.publish([task()])
      const fail = (error: string, final: boolean) =>
        Effect.flatMap(claim(streams), (some) =>
          Effect.forEach(some, (held) => streams.fail(held, { error, final }))
        )
      yield* fail("first", false)
      yield* fail("second", true)
      yield* streams.replay("mail_ingest", "all")
      yield* fail("third", true)
      yield* streams.drop("mail_ingest", "all")
      assert.deepEqual(yield* postgres.query(events), [
        { event: "retry", payload: { attempt: 1, error: "first" } },
        { event: "dead", payload: { attempt: 2, error: "second" } },
        { event: "replayed", payload: { attempt: 2, error: "second" } },
        { event: "dead", payload: { attempt: 1, error: "third" } },
        { event: "dropped", payload: { attempt: 1, error: "third" } }
      ])
      assert.deepEqual(yield* postgres.query(statuses), [{ status: "dropped" }])
    }).pipe(Effect.provide(onFreshDatabase({ retryBase: Duration.zero })))
  )

  it.live("answers only the caller whose payload Postgres cannot take", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      const fates = yield* Effect.forEach(
        [task(), task({ payload: { text: "\0" } }), task(), task()],
        (one) => Effect.exit(streams.publish([one])),
        { concurrency: "unbounded" }
      )
      assert.deepEqual(fates.map(Exit.isSuccess), [true, false, true, true])
      assert.strictEqual((yield* claim(streams)).length, 3)
    }).pipe(Effect.provide(onFreshDatabase({ batchesInFlight: 1 })))
  )

  it.live("forgets what ended long ago, in batches, and nothing else", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      const postgres = yield* Postgres
      yield* streams.publish(tasks(25))
      const [dead, running, ...others] = yield* claim(streams)
      if (dead === undefined || running === undefined) throw new Error("no task")
      yield* streams.fail(dead, { error: "no", final: true })
      yield* streams.ack(others)
      yield* streams.publish(tasks(1))
      yield* postgres.query(
        statement({
          text: "UPDATE queue.tasks SET created_at = now() - interval '8 days', updated_at = now() - interval '8 days'"
        })
      )
      yield* streams.publish([task({ stream: "send" })])
      yield* streams.ack(yield* claim(streams, { stream: "send" }))
      yield* Effect.provide(
        Effect.flatMap(Streams, () =>
          awaited(
            "old tasks to be forgotten",
            postgres
              .query(statuses)
              .pipe(
                Effect.repeat({ until: (rows) => rows.length <= 4, schedule: Schedule.spaced("10 millis") })
              ),
            postgres.query(statuses)
          )
        ),
        Layer.fresh(layerWith({ ...quiet, pruneInterval: Duration.millis(10), pruneBatch: 10 }))
      )
      assert.deepEqual(
        (yield* postgres.query(statuses)).map(({ status }) => status),
        ["dead", "done", "queued", "running"]
      )
    }).pipe(Effect.provide(onFreshDatabase()))
  )

  it.live("fails while Postgres is away, keeps everything, and rings when it is back", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* ownPostgresServer
        const context = yield* Layer.build(
          Layer.provideMerge(
            layerWith(quiet),
            Layer.provide(layerMigratedPostgres(server.address), NodeContext.layer)
          )
        )
        const streams = Context.get(context, Streams)
        yield* streams.publish(tasks(3))
        const [held] = yield* claim(streams, { max: 1 })
        if (held === undefined) throw new Error("no task")

        const first = yield* Deferred.make<void>()
        const heard = yield* streams.rings("mail_ingest").pipe(
          Stream.tap(() => Deferred.succeed(first, undefined)),
          Stream.mapEffect(() => Effect.orElseSucceed(claim(streams), () => [])),
          Stream.filter((some) => some.length > 0),
          Stream.runHead,
          Effect.fork
        )
        yield* awaited("a first ring", Deferred.await(first))
        yield* Effect.tap(awaited("a ring and a task", Fiber.join(heard), streams.stats), (some) =>
          assert.strictEqual(some._tag, "Some")
        )
        const rung = yield* Effect.fork(Stream.runDrain(Stream.take(streams.rings("mail_ingest"), 2)))
        yield* server.whileDown(
          Effect.gen(function* () {
            assert.deepInclude(yield* Effect.flip(streams.publish([task()])), {
              _tag: "Unavailable",
              what: "storage"
            })
            assert.deepInclude(yield* Effect.flip(claim(streams)), { _tag: "Unavailable", what: "storage" })
            assert.deepInclude(yield* Effect.flip(streams.ack([held])), {
              _tag: "Unavailable",
              what: "storage"
            })
          })
        )
        yield* awaited("a ring after the outage", Fiber.join(rung), streams.stats)
        const unlessAway = { times: 50, schedule: Schedule.spaced("100 millis") }
        yield* Effect.retry(streams.ack([held]), unlessAway)
        yield* streams.publish([task()])
        const all = yield* Effect.map(streams.stats, (stats) =>
          stats.find(({ stream }) => stream === "mail_ingest")
        )
        assert.deepInclude(all, { queued: 1, running: 2, dead: 0 })
      })
    )
  )

  it.live("frees at the start of the only process what its predecessor held, and counts the attempt", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const open = yield* fresh
        const dead = yield* open(quiet)
        yield* dead.publish([...tasks(2), task({ stream: "index" })])
        const held = yield* claim(dead)
        yield* claim(dead, { stream: "index" })
        const streams = yield* open(quiet, layerSingle)
        const again = yield* claim(streams)
        assert.deepEqual(idsOf(again), idsOf(held))
        assert.deepEqual(
          again.map(({ attempt }) => attempt),
          [2, 2]
        )
        assert.strictEqual((yield* claim(streams, { stream: "index" })).length, 1)
        yield* dead.ack(held)
        assert.deepInclude(yield* statsOf(streams), { running: 2 })
      })
    )
  )

  it.live("gives up at the start of the only process what has brought down one process after the other", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const open = yield* fresh
        const first = yield* open({ ...quiet, maxAttempts: 2 })
        yield* first.publish([task()])
        yield* claim(first)
        const second = yield* open({ ...quiet, maxAttempts: 2 }, layerSingle)
        assert.strictEqual((yield* claim(second)).length, 1)
        const third = yield* open({ ...quiet, maxAttempts: 2 }, layerSingle)
        assert.deepEqual(yield* claim(third), [])
        assert.deepInclude(yield* statsOf(third), { dead: 1 })
      })
    )
  )

  for (const isFirst of [true, false]) {
    it.live(
      `rings from the only process for a worker that was started ${isFirst ? "before" : "after"} it`,
      () =>
        Effect.scoped(
          Effect.gen(function* () {
            const open = yield* fresh
            const opening = { worker: open(quiet), single: open(quiet, layerSingle) }
            const { worker, single } = isFirst
              ? yield* Effect.all(opening)
              : yield* Effect.all({ single: opening.single, worker: opening.worker })
            const later = task({ notBefore: (yield* Clock.currentTimeMillis) + 300 })
            yield* single.publish([later])
            assert.deepEqual(idsOf(yield* nextClaim(worker)), [later.taskId])
          })
        )
    )
  }

  /** Statements are done, but their first answers get lost with the connection. */
  const losingAnswers = (times: number) =>
    Layer.effect(
      Postgres,
      Effect.gen(function* () {
        const postgres = yield* Postgres
        const left = yield* Ref.make(times)
        const lost = new PostgresUnavailable({ reason: "lost", commitUnknown: true })
        return Postgres.of({
          ...postgres,
          query: (sql, bound) =>
            Effect.tap(postgres.query(sql, bound), () =>
              Effect.flatMap(
                Ref.getAndUpdate(left, (n) => n - 1),
                (n) => (n > 0 ? Effect.fail(lost) : Effect.void)
              )
            )
        })
      })
    ).pipe(Layer.provide(layerTestPostgres))

  it.live("asks again what became of a publish whose answer was lost", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      yield* streams.publish(tasks(3))
      assert.strictEqual((yield* claim(streams)).length, 3)
    }).pipe(Effect.provide(Layer.provide(layerWith(quiet), losingAnswers(2))))
  )

  it.live("is unavailable when no answer comes until the deadline", () =>
    Effect.gen(function* () {
      const streams = yield* Streams
      assert.deepInclude(yield* Effect.flip(streams.publish(tasks(1))), {
        _tag: "Unavailable",
        what: "storage"
      })
    }).pipe(
      Effect.provide(
        Layer.provide(
          layerWith({ ...quiet, publishDeadline: Duration.millis(200) }),
          losingAnswers(1_000_000)
        )
      )
    )
  )

  it.live("knows what became of a publish that a crash of Postgres cut off", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const server = yield* ownPostgresServer
        const context = yield* Layer.build(
          Layer.provideMerge(
            layerWith({ ...quiet, publishDeadline: Duration.seconds(20) }),
            Layer.provide(layerMigratedPostgres(server.address), NodeContext.layer)
          )
        )
        const streams = Context.get(context, Streams)
        const published = tasks(400)
        const fates = yield* Effect.fork(
          Effect.forEach(published, (one) => Effect.either(streams.publish([one])), { concurrency: 4 })
        )
        yield* streams.publish([task({ stream: "send" })])
        yield* server.crash
        const outcomes = yield* awaited("all outcomes", Fiber.join(fates), streams.stats)
        const accepted = outcomes.filter(({ _tag }) => _tag === "Right").length
        const stored = yield* Effect.retry(
          Effect.map(claim(streams, { max: 5000 }), (some) => some.length),
          { times: 100, schedule: Schedule.spaced("100 millis") }
        )
        // Refused ones may not be stored, accepted ones must be: with the outcome known they are the same.
        assert.strictEqual(stored, accepted)
      })
    )
  )
})
