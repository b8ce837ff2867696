import { readFileSync } from "node:fs"
import { Config, ConfigError, Duration, Effect, Either, Layer, Option, Runtime, Schedule } from "effect"
import { Secrets } from "../settings/Secrets.ts"
import { setting } from "../settings/setting.ts"
import { duration, integer, secret } from "../settings/types.ts"
import { type DatabaseUrl, readDatabaseUrl } from "./databaseUrl.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
import { layerMigratedPostgres } from "./migrate.ts"
import { Postgres, type PostgresAddress, type PostgresUnavailable, statement } from "./postgres.ts"
import { layerPostgres, type PostgresOptions } from "./postgresPool.ts"

const DatabaseConfig = Config.all({
  url: Config.option(
    setting({
      name: "POSTROOM_DATABASE_URL",
      type: secret,
      meaning:
        "`postgres://user:password@host:port/database`; the host of a unix socket is its directory, percent-encoded. `?sslmode=` as libpq has it, `disable` unless it is set: `require`, `verify-ca` or `verify-full`, with `&sslrootcert=` and a file. Without it a Postgres of our own is run.",
      check: {
        message:
          "of the form postgres://user:password@host:port/database, followed by nothing but ?sslmode= (disable, require, verify-full, or verify-ca with a file) and &sslrootcert=",
        validation: (url) => Option.isSome(readDatabaseUrl(url))
      }
    })
  ),
  password: Config.option(
    setting({
      name: "POSTROOM_DATABASE_PASSWORD",
      type: secret,
      meaning: "Instead of the password in the URL."
    })
  ),
  poolSize: setting({
    name: "POSTROOM_DATABASE_POOL",
    type: integer,
    default: 16,
    meaning: "Connections to Postgres at most."
  }),
  patience: setting({
    name: "POSTROOM_DATABASE_PATIENCE",
    type: duration,
    default: Duration.minutes(1),
    meaning: "The start waits so long for a Postgres of yours that is not up yet."
  })
}).pipe(
  Config.mapOrFail(({ url, password, ...others }) =>
    Either.map(Either.transposeMapOption(Option.flatMap(url, readDatabaseUrl), addressOf), (found) => ({
      ...others,
      address: Option.map(found, (address) => ({
        ...address,
        password: Option.getOrElse(password, () => address.password)
      }))
    }))
  )
)

const addressOf = ({
  tls,
  ...address
}: DatabaseUrl): Either.Either<PostgresAddress, ConfigError.ConfigError> => {
  if (tls === null) return Either.right(address)
  const { mode, authoritiesFile } = tls
  if (authoritiesFile === null) return Either.right({ ...address, tls: { mode, authorities: null } })
  return Either.try({
    try: () => ({ ...address, tls: { mode, authorities: readFileSync(authoritiesFile, "utf8") } }),
    catch: () =>
      ConfigError.InvalidData(["POSTROOM_DATABASE_URL"], "names a file as sslrootcert that cannot be read")
  })
}

/** Stopping, starting, or not there at all yet: what passes by itself. Not a wrong password, nor TLS. */
const isPassing = ({ reason, sqlState, code = "" }: PostgresUnavailable): boolean =>
  ["shuttingDown", "busy", "lost"].includes(reason) ||
  (reason === "connect" && sqlState === undefined && /^(E[A-Z]+|EAI_AGAIN|)$/.test(code))

/** Waits for a server that starts beside us, or again; says so once for each reason. */
const untilUp = (options: PostgresOptions, patience: Duration.Duration) => {
  const told = new Set<string>()
  const tell = ({ message }: PostgresUnavailable) => {
    if (told.has(message)) return Effect.void
    told.add(message)
    return Effect.logWarning(
      `waiting up to ${Duration.format(patience)} for Postgres to be there (${message})`
    )
  }
  return Layer.effectDiscard(
    Effect.flatMap(Postgres, ({ query }) => query(statement({ text: "SELECT 1" }))).pipe(
      Effect.tapError((error) =>
        error._tag === "PostgresUnavailable" && isPassing(error) ? tell(error) : Effect.void
      ),
      Effect.retry({
        while: (error) => error._tag === "PostgresUnavailable" && isPassing(error),
        schedule: Schedule.spaced("500 millis").pipe(Schedule.upTo(patience))
      })
    )
  ).pipe(Layer.provide(layerPostgres({ ...options, poolSize: 1 })))
}

/** The database of this process, migrated: the one that the configuration names, else our own under the data folder. */
export const layer = (dataFolder: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { current } = yield* Secrets
      const newest = yield* current(DatabaseConfig)
      const { address, poolSize, patience } = yield* newest
      if (Option.isSome(address)) {
        const run = Runtime.runSync(yield* Effect.runtime())
        const signIn = () => Option.getOrElse(run(newest).address, () => address.value)
        const options = { ...address.value, poolSize, signIn }
        return Layer.provideMerge(layerMigratedPostgres(options), untilUp(options, patience))
      }
      return Layer.unwrapEffect(
        Effect.map(EmbeddedPostgres, ({ database }) => layerMigratedPostgres({ ...database, poolSize }))
      ).pipe(Layer.provide(layerEmbeddedPostgres({ dataFolder })))
    })
  )
