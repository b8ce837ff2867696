import { assert, describe, it, layer } from "@effect/vitest"
import { Chunk, type Context, Deferred, Effect, Exit, Fiber, Schedule, Stream } from "effect"
import {
  type ListenEvent,
  Postgres,
  PostgresRejected,
  PostgresUnavailable,
  statement
} from "../../src/storage/postgres.ts"
import { PostgresDefect } from "../../src/storage/postgresErrors.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { adminAddress, emptyDatabase, layerTestPostgres, layerTestPostgresWith } from "../support/postgres.ts"
import { ownPostgresServer } from "../support/postgresServer.ts"

const createTable = statement({
  text: "CREATE TABLE thing (id int PRIMARY KEY CONSTRAINT thing_is_positive CHECK (id > 0), name text NOT NULL)"
})
const insert = statement({ name: "insert_thing", text: "INSERT INTO thing VALUES ($1, $2)" })
const count = statement<{ readonly n: number }>({ text: "SELECT count(*) AS n FROM thing" })

const someTime = new Date(1_700_000_000_123)

const things = Effect.flatMap(Postgres, (postgres) => Effect.map(postgres.query(count), (rows) => rows[0]?.n))

const defectOf = <A, E>(exit: Exit.Exit<A, E>) =>
  Exit.isFailure(exit) && exit.cause._tag === "Die" ? exit.cause.defect : undefined

layer(layerTestPostgres)("a statement", (it) => {
  it.effect("gives columns as the documented types", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const rows = yield* postgres.query(
        statement({
          name: "all_types",
          text: `SELECT $1::int8 AS large, $2::int8[] AS many, $3::timestamptz AS at, $4::uuid AS id, $5::jsonb AS json,
                        $6::bytea AS bytes, $7::text AS nothing, ARRAY['a','b'] AS texts, 2::int4 AS small, true AS yes`
        }),
        [
          Number.MAX_SAFE_INTEGER,
          [1, null, -3],
          someTime,
          "00000000-0000-4000-8000-000000000001",
          JSON.stringify({ a: [1] }),
          new Uint8Array([0, 255]),
          null
        ]
      )
      assert.deepStrictEqual(rows, [
        {
          large: Number.MAX_SAFE_INTEGER,
          many: [1, null, -3],
          at: 1_700_000_000_123,
          id: "00000000-0000-4000-8000-000000000001",
          json: { a: [1] },
          bytes: Buffer.from([0, 255]),
          nothing: null,
          texts: ["a", "b"],
          small: 2,
          yes: true
        }
      ])
    })
  )

  it.effect("reads a time whatever the zone of the session", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const rows = yield* postgres.transaction(
        Effect.zipRight(
          postgres.query(statement({ text: "SET LOCAL timezone = 'Asia/Kolkata'" })),
          postgres.query(statement({ text: "SELECT '2026-01-31 12:00:00.25+00'::timestamptz AS at" }))
        )
      )
      assert.deepStrictEqual(rows, [{ at: Date.UTC(2026, 0, 31, 12, 0, 0, 250) }])
    })
  )

  it.effect("that gives an int8 beyond 2^53 is a defect, not a wrong number", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const exit = yield* Effect.exit(
        postgres.query(statement({ text: "SELECT 9007199254740993::int8 AS n" }))
      )
      assert.instanceOf(defectOf(exit), PostgresDefect)
      assert.deepStrictEqual(yield* postgres.query(statement({ text: "SELECT 1 AS n" })), [{ n: 1 }])
    })
  )

  it.effect("with a syntax error is a defect that says where", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const defect = defectOf(yield* Effect.exit(postgres.query(statement({ text: "SELEKT 1" }))))
      assert(defect instanceof PostgresDefect)
      assert.strictEqual(defect.sqlState, "42601")
      assert.strictEqual(defect.position, 1)
    })
  )

  it.effect("shows none of its values in its errors", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const exit = yield* Effect.exit(
        postgres.query(statement({ text: "SELECT $1::uuid" }), ["alice@secret.test"])
      )
      assert.instanceOf(defectOf(exit), PostgresDefect)
      assert.notInclude(String(exit), "alice")
      assert.notInclude(JSON.stringify(exit), "alice")
    })
  )
})

layer(layerTestPostgres)("the schema's rules", (it) => {
  it.effect("reject with the name of what was violated, and nothing of the data", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      yield* postgres.query(createTable)
      yield* postgres.query(insert, [1, "alice@secret.test"])
      const errors = yield* Effect.forEach(
        [
          [1, "alice@secret.test"],
          [-1, "x"],
          [2, null]
        ],
        (values) => Effect.flip(postgres.query(insert, values))
      )
      assert.deepStrictEqual(
        errors.map((error) => error instanceof PostgresRejected && [error.sqlState, error.constraint]),
        [
          ["23505", "thing_pkey"],
          ["23514", "thing_is_positive"],
          ["23502", "name"]
        ]
      )
      assert.notInclude(JSON.stringify(errors), "alice")
    })
  )
})

layer(layerTestPostgres)("a transaction", (it) => {
  it.effect("commits all or nothing, whether its effect fails, dies or is interrupted", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      yield* postgres.query(createTable)
      const ends = [Effect.fail("no"), Effect.die("bug"), Effect.interrupt]
      for (const end of ends) {
        const exit = yield* Effect.exit(
          postgres.transaction(Effect.zipRight(postgres.query(insert, [1, "a"]), end))
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(yield* things, 0)
      }
      yield* postgres.transaction(Effect.forEach([1, 2], (id) => postgres.query(insert, [id, "a"])))
      assert.strictEqual(yield* things, 2)
    })
  )

  it.effect("that is nested undoes only itself", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      yield* postgres.query(statement({ text: "TRUNCATE thing" }))
      yield* postgres.transaction(
        Effect.gen(function* () {
          yield* postgres.query(insert, [1, "outer"])
          const twin = yield* Effect.flip(postgres.transaction(postgres.query(insert, [1, "twin"])))
          assert.instanceOf(twin, PostgresRejected)
          yield* postgres.transaction(postgres.query(insert, [2, "inner"]))
        })
      )
      assert.strictEqual(yield* things, 2)
    })
  )

  it.effect("in which an error was swallowed does not pretend to have committed", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      yield* postgres.query(statement({ text: "TRUNCATE thing" }))
      const exit = yield* Effect.exit(
        postgres.transaction(
          Effect.zipRight(
            postgres.query(insert, [1, "a"]),
            Effect.ignore(postgres.query(insert, [1, "twin"]))
          )
        )
      )
      assert.instanceOf(defectOf(exit), PostgresDefect)
      assert.strictEqual(yield* things, 0)
    })
  )
})

describe("a pool", () => {
  it.scopedLive("cancels a statement that takes too long and goes on", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const error = yield* Effect.flip(postgres.query(statement({ text: "SELECT pg_sleep(60)" })))
      assert.deepInclude(error, { _tag: "PostgresUnavailable", reason: "timeout", commitUnknown: false })
      assert.deepStrictEqual(yield* postgres.query(statement({ text: "SELECT 1 AS n" })), [{ n: 1 }])
    }).pipe(Effect.provide(layerTestPostgresWith({ statementTimeout: "100 millis" })))
  )

  it.scopedLive("says busy when no connection becomes free in time", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const held = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(
        postgres.transaction(Effect.zipRight(Deferred.succeed(held, undefined), Effect.never))
      )
      yield* Deferred.await(held)
      const error = yield* Effect.flip(postgres.query(statement({ text: "SELECT 1" })))
      assert.deepInclude(error, { _tag: "PostgresUnavailable", reason: "busy", commitUnknown: false })
      yield* Fiber.interrupt(holder)
    }).pipe(Effect.provide(layerTestPostgresWith({ poolSize: 1, connectTimeout: "100 millis" })))
  )
})

describe("a connection that dies", () => {
  const backend = statement<{ readonly pid: number }>({ text: "SELECT pg_backend_pid() AS pid" })
  const terminate = statement({ text: "SELECT pg_terminate_backend($1)" })

  const killing = (pid: number | undefined) =>
    Effect.flatMap(Postgres, (admin) => admin.query(terminate, [pid ?? 0])).pipe(
      Effect.provide(layerPostgres({ ...adminAddress(), poolSize: 1 }))
    )

  it.scopedLive(
    "while a statement runs leaves its outcome unknown; inside a transaction nothing happened",
    () =>
      Effect.gen(function* () {
        const postgres = yield* Postgres
        const selfKill = statement({ text: "SELECT pg_terminate_backend(pg_backend_pid())" })
        const alone = yield* Effect.flip(postgres.query(selfKill))
        assert.deepInclude(alone, {
          _tag: "PostgresUnavailable",
          reason: "shuttingDown",
          commitUnknown: true
        })
        const inside = yield* Effect.flip(postgres.transaction(postgres.query(selfKill)))
        assert.deepInclude(inside, {
          _tag: "PostgresUnavailable",
          reason: "shuttingDown",
          commitUnknown: false
        })
        assert.deepStrictEqual(yield* postgres.query(statement({ text: "SELECT 1 AS n" })), [{ n: 1 }])
      }).pipe(Effect.provide(layerTestPostgres))
  )

  it.scopedLive("between two statements of a transaction fails the second, and the process lives on", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const error = yield* Effect.flip(
        postgres.transaction(
          Effect.gen(function* () {
            const rows = yield* postgres.query(backend)
            yield* killing(rows[0]?.pid)
            yield* postgres.query(backend)
          })
        )
      )
      assert.instanceOf(error, PostgresUnavailable)
      assert.deepInclude(error, { commitUnknown: false })
      assert.strictEqual((yield* postgres.query(backend)).length, 1)
    }).pipe(Effect.provide(layerTestPostgres))
  )

  it.scopedLive("is told apart from a server that is not there", () =>
    Effect.gen(function* () {
      const address = yield* emptyDatabase
      const wrong = { ...address, database: "no_such_database" }
      const absent = { ...address, host: "127.0.0.1", port: 1 }
      for (const options of [wrong, absent]) {
        const error = yield* Effect.flatMap(Postgres, (postgres) =>
          Effect.flip(postgres.query(backend))
        ).pipe(Effect.provide(layerPostgres(options)))
        assert.deepInclude(error, { _tag: "PostgresUnavailable", reason: "connect", commitUnknown: false })
      }
    })
  )
})

describe("listen", () => {
  const notify = statement({ text: "SELECT pg_notify($1, $2)" })

  it.scopedLive("tells what others committed, each channel only its own", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const heard = yield* Effect.fork(
        postgres.listen("bell").pipe(
          Stream.tap((event) =>
            event._tag === "Listening"
              ? Effect.all([
                  postgres.query(notify, ["other", "no"]),
                  postgres.query(notify, ["bell", "ding"])
                ])
              : Effect.void
          ),
          Stream.take(2),
          Stream.runCollect
        )
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(heard)), [
        { _tag: "Listening" },
        { _tag: "Notified", payload: "ding" }
      ] satisfies ReadonlyArray<ListenEvent>)
    }).pipe(Effect.provide(layerTestPostgres))
  )

  it.scopedLive("says Listening again after the server crashed, and hears on", () =>
    Effect.gen(function* () {
      const server = yield* ownPostgresServer
      const ring = (postgres: Context.Tag.Service<typeof Postgres>) =>
        Effect.retry(postgres.query(notify, ["bell", "ding"]), Schedule.spaced("20 millis"))
      const tags = yield* Effect.flatMap(Postgres, (postgres) =>
        postgres.listen("bell").pipe(
          Stream.zipWithIndex,
          Stream.tap(([, index]) => (index === 0 ? server.crash : Effect.void)),
          Stream.tap(([, index]) => (index === 1 ? ring(postgres) : Effect.void)),
          Stream.map(([event]) => event._tag),
          Stream.takeUntil((tag) => tag === "Notified"),
          Stream.runCollect
        )
      ).pipe(Effect.provide(layerPostgres(server.address)))
      assert.deepStrictEqual(Chunk.toReadonlyArray(tags), ["Listening", "Listening", "Notified"])
    })
  )

  it.scopedLive("keeps a bounded backlog for a consumer that sleeps, and tells it that more happened", () =>
    Effect.gen(function* () {
      const postgres = yield* Postgres
      const flood = statement({
        text: "SELECT pg_notify('bell', n::text) FROM generate_series(1, 5000) AS n UNION ALL SELECT pg_notify('end', '')"
      })
      // Both channels share a connection, so after "end" every ring has arrived.
      const everythingArrived = postgres.listen("end").pipe(
        Stream.tap(({ _tag }) => (_tag === "Listening" ? postgres.query(flood) : Effect.void)),
        Stream.takeUntil(({ _tag }) => _tag === "Notified"),
        Stream.runDrain
      )
      const events = yield* postgres.listen("bell").pipe(
        Stream.zipWithIndex,
        Stream.tap(([, index]) => (index === 0 ? everythingArrived : Effect.void)),
        Stream.takeUntil(([{ _tag }, index]) => index > 0 && _tag === "Listening"),
        Stream.runCollect
      )
      assert.isAbove(Chunk.size(events), 1000)
      assert.isBelow(Chunk.size(events), 1100)
    }).pipe(Effect.provide(layerTestPostgres))
  )
})
