import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { Data, Effect, Layer, Option } from "effect"
import { Postgres, type PostgresError, statement } from "./postgres.ts"
import { PostgresDefect } from "./postgresErrors.ts"
import { layerPostgres, type PostgresOptions } from "./postgresPool.ts"

/** The schema cannot be brought to what this program needs; a person has to look. */
export class MigrationRefused extends Data.TaggedError("MigrationRefused")<{
  /** `0003_queue.sql`, or the folder when no single file is to blame. */
  readonly migration: string
  readonly problem: string
}> {
  override get message() {
    return `migration ${this.migration}: ${this.problem}`
  }
}

interface Migration {
  /** 1, 2, 3, … without a gap. */
  readonly id: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, hexadecimal. */
  readonly checksum: string
}

interface AppliedRow {
  readonly id: number
  readonly name: string
  readonly checksum: string
}

/** `migrations/` of this source tree; from `src/storage` and from `dist/storage` it is equally far. */
const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url))

/** Postrooms that start together apply the migrations one after the other. The number means nothing else. */
const lock = statement({ text: "SELECT pg_advisory_xact_lock(7305132)" })
const createTable = statement({
  text: `CREATE TABLE IF NOT EXISTS schema_migrations (
    id integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`
})
const selectApplied = statement<AppliedRow>({
  text: "SELECT id, name, checksum FROM schema_migrations ORDER BY id"
})
const insertApplied = statement({
  text: "INSERT INTO schema_migrations (id, name, checksum) VALUES ($1, $2, $3)"
})

const parse = (file: string, sql: string): Migration => ({
  id: Number.parseInt(file, 10),
  name: file,
  sql,
  checksum: createHash("sha256").update(sql).digest("hex")
})

const load = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const files = (yield* fs.readDirectory(folder)).filter((file) => file.endsWith(".sql")).sort()
    const misnamed = files.find(
      (file, index) => !/^\d{4}_.+\.sql$/.test(file) || Number.parseInt(file, 10) !== index + 1
    )
    if (misnamed !== undefined) {
      const expected = String(files.indexOf(misnamed) + 1).padStart(4, "0")
      return yield* new MigrationRefused({
        migration: misnamed,
        problem: `its place in the order is ${expected}; numbers have four digits, no gap and no twin`
      })
    }
    return yield* Effect.forEach(files, (file) =>
      Effect.map(fs.readFileString(`${folder}/${file}`), (sql) => parse(file, sql))
    )
  }).pipe(
    Effect.catchTags({
      BadArgument: (error) => new MigrationRefused({ migration: folder, problem: error.message }),
      SystemError: (error) => new MigrationRefused({ migration: folder, problem: error.message })
    })
  )

/** What remains to be applied, after every applied one was found unchanged. */
const pending = (migrations: ReadonlyArray<Migration>, applied: ReadonlyArray<AppliedRow>) =>
  Effect.gen(function* () {
    for (const row of applied) {
      const migration = migrations[row.id - 1]
      if (migration === undefined) {
        return yield* new MigrationRefused({
          migration: row.name,
          problem: "the database has it, this program does not; it was made by a newer Postroom"
        })
      }
      if (migration.checksum !== row.checksum) {
        return yield* new MigrationRefused({
          migration: migration.name,
          problem: "it was changed after it was applied; write a new migration instead"
        })
      }
    }
    return migrations.slice(applied.length)
  })

const lineOf = (sql: string, position: number) => sql.slice(0, Math.max(0, position - 1)).split("\n").length

const apply = (migration: Migration) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    yield* Effect.logInfo(`applying migration ${migration.name}`)
    yield* postgres.query(statement({ text: migration.sql })).pipe(
      Effect.catchSomeDefect((defect) =>
        defect instanceof PostgresDefect
          ? Option.some(
              new MigrationRefused({
                migration: migration.name,
                problem: `line ${lineOf(migration.sql, defect.position)}: ${defect.message}`
              })
            )
          : Option.none()
      )
    )
    yield* postgres.query(insertApplied, [migration.id, migration.name, migration.checksum])
  })

/**
 * Brings the database to the newest `NNNN_name.sql` and returns the names of those that it applied. All of
 * them commit together, under a lock: after an error the database is as it was. A file may hold several
 * statements and `$$` bodies, but nothing that Postgres refuses inside a transaction.
 */
export const migrate = (
  folder: string = migrationsFolder
): Effect.Effect<ReadonlyArray<string>, MigrationRefused | PostgresError, Postgres | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const migrations = yield* load(folder)
    return yield* postgres.transaction(
      Effect.gen(function* () {
        yield* postgres.query(lock)
        yield* postgres.query(createTable)
        const todo = yield* pending(migrations, yield* postgres.query(selectApplied))
        yield* Effect.forEach(todo, apply, { discard: true })
        return todo.map(({ name }) => name)
      })
    )
  })

/** `Postgres` on `options`, migrated before anyone gets to use it. A migration may take an hour, whatever `options` say. */
export const layerMigratedPostgres = (
  options: PostgresOptions
): Layer.Layer<Postgres, MigrationRefused | PostgresError, FileSystem.FileSystem> =>
  Layer.effectDiscard(migrate()).pipe(
    Layer.provide(layerPostgres({ ...options, poolSize: 1, statementTimeout: "1 hour" })),
    Layer.merge(layerPostgres(options))
  )
