import { Config, ConfigError, Effect, Layer, Option, Redacted } from "effect"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
import { layerMigratedPostgres } from "./migrate.ts"
import type { PostgresAddress } from "./postgres.ts"

const DatabaseConfig = Config.all({
  url: Config.option(Config.redacted("POSTROOM_DATABASE_URL")).pipe(
    Config.withDescription(
      "postgres://user:password@host:port/database; without it a Postgres of our own is run."
    )
  ),
  poolSize: Config.integer("POSTROOM_DATABASE_POOL").pipe(
    Config.withDefault(16),
    Config.withDescription("Connections to Postgres at most.")
  )
})

/** The database of this process, migrated: the one that the configuration names, else our own under the data folder. */
export const layer = (dataFolder: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { url, poolSize } = yield* DatabaseConfig
      if (Option.isSome(url)) return layerMigratedPostgres({ ...(yield* readUrl(url.value)), poolSize })
      return Layer.unwrapEffect(
        Effect.map(EmbeddedPostgres, ({ database }) => layerMigratedPostgres({ ...database, poolSize }))
      ).pipe(Layer.provide(layerEmbeddedPostgres({ dataFolder })))
    })
  )

const readUrl = (url: Redacted.Redacted): Effect.Effect<PostgresAddress, ConfigError.ConfigError> =>
  Effect.try({
    try: () => {
      const { hostname, password, pathname, port, username } = new URL(Redacted.value(url))
      return {
        host: hostname,
        port: port === "" ? 5432 : Number(port),
        database: decodeURIComponent(pathname.slice(1)) || "postgres",
        user: decodeURIComponent(username),
        password: Redacted.make(decodeURIComponent(password))
      }
    },
    catch: () =>
      ConfigError.InvalidData(
        ["POSTROOM_DATABASE_URL"],
        "is not of the form postgres://user:password@host:port/database"
      )
  })
