import { randomUUID } from "node:crypto"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { inject } from "vitest"
import { Postgres, type PostgresAddress, statement } from "../../src/storage/postgres.ts"
import { layerPostgres, type PostgresOptions } from "../../src/storage/postgresPool.ts"

/** The superuser of this run's server. */
export const adminAddress = (): PostgresAddress => {
  const { host, port, adminPassword } = inject("postgres")
  return { host, port, database: "postgres", user: "postgres", password: Redacted.make(adminPassword) }
}

const asAdmin = (text: string) =>
  Effect.flatMap(Postgres, (postgres) => postgres.query(statement({ text }))).pipe(
    Effect.provide(layerPostgres({ ...adminAddress(), poolSize: 1 })),
    Effect.orDie
  )

/** A database of its own, cloned from `template` and dropped with the scope, whoever is still connected. */
const freshDatabase = (template: string): Effect.Effect<PostgresAddress, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { host, port, password } = inject("postgres")
    const database = `test_${randomUUID().replaceAll("-", "")}`
    return Effect.acquireRelease(
      Effect.as(asAdmin(`CREATE DATABASE ${database} TEMPLATE ${template} OWNER postroom`), {
        host,
        port,
        database,
        user: "postroom",
        password: Redacted.make(password)
      }),
      () => asAdmin(`DROP DATABASE ${database} WITH (FORCE)`)
    )
  })

/** A fresh, migrated database, for tests that start a whole platform or several pools on it. */
export const migratedDatabase = freshDatabase("postroom")

/** A fresh database without any table of ours. */
export const emptyDatabase = freshDatabase("template0")

/** `Postgres` on a fresh, migrated database: `layer(layerTestPostgres)("…", (it) => …)` gives one per suite. */
export const layerTestPostgres: Layer.Layer<Postgres> = Layer.unwrapScoped(
  Effect.map(migratedDatabase, layerPostgres)
)

/** The same with a pool that is set up otherwise. */
export const layerTestPostgresWith = (
  options: Partial<Omit<PostgresOptions, keyof PostgresAddress>>
): Layer.Layer<Postgres> =>
  Layer.unwrapScoped(Effect.map(migratedDatabase, (address) => layerPostgres({ ...address, ...options })))
