import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { migrate } from "../../src/storage/migrate.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { emptyDatabase } from "../support/postgres.ts"

const layerEmpty = Layer.merge(
  Layer.unwrapScoped(Effect.map(emptyDatabase, layerPostgres)),
  NodeContext.layer
)

const folderWith = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
    yield* Effect.forEach(Object.entries(files), ([name, sql]) =>
      fs.writeFileString(`${folder}/${name}`, sql)
    )
    return folder
  })

const tables = Effect.gen(function* () {
  const postgres = yield* Postgres
  const rows = yield* postgres.query(
    statement<{ readonly name: string }>({
      text: "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    })
  )
  return rows.map(({ name }) => name)
})

const first = {
  "0001_first.sql": `CREATE TABLE first (id int);
    CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;
    INSERT INTO first VALUES (one());`
}

describe("migrate", () => {
  it.scopedLive("applies each file once, in order, several statements and $$ bodies included", () =>
    Effect.gen(function* () {
      const files = {
        ...first,
        "0002_second.sql": "CREATE TABLE second AS SELECT id + one() AS id FROM first;"
      }
      const folder = yield* folderWith(files)
      assert.deepStrictEqual(yield* migrate(folder), ["0001_first.sql", "0002_second.sql"])
      assert.deepStrictEqual(yield* migrate(folder), [])
      assert.deepStrictEqual(yield* tables, ["first", "schema_migrations", "second"])
    }).pipe(Effect.provide(layerEmpty))
  )

  it.scopedLive("applies each file once when several processes start together", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith(first)
      const applied = yield* Effect.all([migrate(folder), migrate(folder), migrate(folder)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(applied.flat(), ["0001_first.sql"])
    }).pipe(Effect.provide(layerEmpty))
  )

  it.scopedLive("leaves the database as it was when a file fails, and names its line", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        ...first,
        "0002_bad.sql": "CREATE TABLE second (id int);\nCREATE TABEL x;"
      })
      const error = yield* Effect.flip(migrate(folder))
      assert.strictEqual(error._tag, "MigrationRefused")
      assert.include(error.message, "0002_bad.sql: line 2")
      assert.deepStrictEqual(yield* tables, [])
    }).pipe(Effect.provide(layerEmpty))
  )

  it.scopedLive("refuses a file that was changed after it was applied", () =>
    Effect.gen(function* () {
      yield* migrate(yield* folderWith(first))
      const error = yield* Effect.flip(
        migrate(yield* folderWith({ "0001_first.sql": "CREATE TABLE other ();" }))
      )
      assert.include(error.message, "changed after it was applied")
    }).pipe(Effect.provide(layerEmpty))
  )

  it.scopedLive("refuses a database that a newer Postroom made", () =>
    Effect.gen(function* () {
      yield* migrate(yield* folderWith({ ...first, "0002_newer.sql": "CREATE TABLE newer ();" }))
      const error = yield* Effect.flip(migrate(yield* folderWith(first)))
      assert.include(error.message, "newer Postroom")
    }).pipe(Effect.provide(layerEmpty))
  )

  it.scopedLive("refuses a gap, a twin and a misspelt name", () =>
    Effect.gen(function* () {
      const bad = [
        { ...first, "0003_gap.sql": "" },
        { ...first, "0001_twin.sql": "" },
        { ...first, "2_short.sql": "" }
      ]
      const errors = yield* Effect.forEach(bad, (files) =>
        Effect.flip(Effect.flatMap(folderWith(files), migrate))
      )
      assert.deepStrictEqual(
        errors.map((error) => error._tag === "MigrationRefused" && error.migration),
        ["0003_gap.sql", "0001_twin.sql", "2_short.sql"]
      )
      assert.deepStrictEqual(yield* tables, [])
    }).pipe(Effect.provide(layerEmpty))
  )
})
