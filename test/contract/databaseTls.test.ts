import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Option, Redacted, Schedule } from "effect"
import * as database from "../../src/storage/database.ts"
import { EmbeddedPostgres, layerEmbeddedPostgres } from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { Postgres, type PostgresAddress, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { selfSigned } from "../support/certificate.ts"

const certificate = selfSigned("localhost")

const isSecure = statement<{ readonly ssl: boolean }>({
  text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
})

/** What the database of a URL comes to: whether its connections are over TLS, or why there is none. */
const signIn = ({ port, password, user, database: name }: PostgresAddress, host: string, parameters = "") => {
  const url = `postgres://${user}:${Redacted.value(password)}@${host}:${port}/${name}${parameters}`
  return Layer.build(database.layer("/nowhere")).pipe(
    Effect.flatMap((context) => Context.get(context, Postgres).query(isSecure)),
    Effect.map(([row]) => `TLS ${row?.ssl === true ? "on" : "off"}`),
    Effect.catchAll((error) => Effect.succeed(String(error))),
    Effect.scoped,
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_DATABASE_URL", url]])))
  )
}

/** A server of our own in clear, and what makes it speak TLS. */
const startServer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
  const dataFolder = join(folder, "data")
  const server = layerEmbeddedPostgres({ dataFolder, isVolatile: true, orphanGrace: "1 second" })
  const { admin, databaseOverTcp: address } = Context.get(yield* Layer.build(server), EmbeddedPostgres)
  const own = yield* certificate
  const files = { own: join(folder, "own.pem"), other: join(folder, "other.pem") }
  yield* fs.writeFileString(files.own, own.cert)
  yield* fs.writeFileString(files.other, (yield* certificate).cert)

  /** As the account that the server runs as. */
  const give = Effect.fnUntraced(function* (name: string, text: string) {
    const cluster = join(dataFolder, "postgres")
    const { uid, gid } = yield* fs.stat(cluster)
    yield* fs.writeFileString(join(cluster, name), text, { mode: 0o600 })
    yield* fs.chown(
      join(cluster, name),
      Option.getOrElse(uid, () => 0),
      Option.getOrElse(gid, () => 0)
    )
  })
  const offerTls = Effect.gen(function* () {
    yield* give("server.crt", own.cert)
    yield* give("server.key", own.key)
    const { query } = yield* Postgres
    yield* query(statement({ text: "ALTER SYSTEM SET ssl = on" }))
    yield* query(statement({ text: "SELECT pg_reload_conf()" }))
    yield* Effect.repeat(signIn(address, "127.0.0.1", "?sslmode=require"), {
      until: (answer) => answer === "TLS on",
      schedule: Schedule.spaced("50 millis")
    })
  }).pipe(Effect.provide(layerPostgres({ ...admin, poolSize: 1 })))
  return { address, offerTls, files }
})

describe("sslmode in the database's URL", () => {
  it.scopedLive("is honoured: nobody is content with less than they asked for", () =>
    Effect.gen(function* () {
      const { address, offerTls, files } = yield* startServer
      const root = (file: string) => `&sslrootcert=${encodeURIComponent(file)}`
      assert.strictEqual(yield* signIn(address, "127.0.0.1"), "TLS off")
      for (const mode of ["require", `verify-ca${root(files.own)}`, `verify-full${root(files.own)}`]) {
        assert.include(yield* signIn(address, "localhost", `?sslmode=${mode}`), "connect (NO_TLS)", mode)
      }

      yield* offerTls
      const strangers = "connect (DEPTH_ZERO_SELF_SIGNED_CERT)"
      for (const [host, parameters, answer] of [
        ["127.0.0.1", "", "TLS off"],
        ["127.0.0.1", "?sslmode=disable", "TLS off"],
        ["127.0.0.1", "?sslmode=require", "TLS on"],
        ["127.0.0.1", `?sslmode=require${root(files.other)}`, strangers],
        ["127.0.0.1", `?sslmode=verify-ca${root(files.own)}`, "TLS on"],
        ["127.0.0.1", `?sslmode=verify-ca${root(files.other)}`, strangers],
        ["localhost", `?sslmode=verify-full${root(files.own)}`, "TLS on"],
        ["127.0.0.1", `?sslmode=verify-full${root(files.own)}`, "connect (ERR_TLS_CERT_ALTNAME_INVALID)"],
        ["localhost", "?sslmode=verify-full", strangers],
        ["localhost", "?sslmode=verify-full&sslrootcert=/does/not/exist", "sslrootcert that cannot be read"],
        ["localhost", "?sslmode=prefer", "must be of the form"]
      ] as const) {
        assert.include(yield* signIn(address, host, parameters), answer, `${host} ${parameters}`)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
