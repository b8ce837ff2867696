import { readFileSync } from "node:fs"
import { Config, ConfigError, Effect, Either, Layer, Option, Runtime } from "effect"
import { Secrets } from "../settings/Secrets.ts"
import { setting } from "../settings/setting.ts"
import { integer, secret } from "../settings/types.ts"
import { type DatabaseUrl, readDatabaseUrl } from "./databaseUrl.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "./embedded/EmbeddedPostgres.ts"
import { layerMigratedPostgres } from "./migrate.ts"
import type { PostgresAddress } from "./postgres.ts"

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
  })
}).pipe(
  Config.mapOrFail(({ url, password, poolSize }) =>
    Either.map(Either.transposeMapOption(Option.flatMap(url, readDatabaseUrl), addressOf), (found) => ({
      poolSize,
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

/** The database of this process, migrated: the one that the configuration names, else our own under the data folder. */
export const layer = (dataFolder: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { current } = yield* Secrets
      const newest = yield* current(DatabaseConfig)
      const { address, poolSize } = yield* newest
      if (Option.isSome(address)) {
        const run = Runtime.runSync(yield* Effect.runtime())
        const signIn = () => Option.getOrElse(run(newest).address, () => address.value)
        return layerMigratedPostgres({ ...address.value, poolSize, signIn })
      }
      return Layer.unwrapEffect(
        Effect.map(EmbeddedPostgres, ({ database }) => layerMigratedPostgres({ ...database, poolSize }))
      ).pipe(Layer.provide(layerEmbeddedPostgres({ dataFolder })))
    })
  )
