import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer, Logger, Option, Redacted, type Scope } from "effect"
import { readSecret, secretPaths } from "../../src/identity/secretFile.ts"
import * as Tracing from "../../src/observability/tracing.ts"
import { all, type Listening, listening } from "../../src/roles.ts"
import { makeRpcClient, type RpcClient } from "../../src/rpc/client.ts"
import type { GetLedgerResponse } from "../../src/rpc/gen/postroom/core/v1/queue_pb.ts"
import { Postgres, type PostgresAddress, statement } from "../../src/storage/postgres.ts"
import { layerPostgres } from "../../src/storage/postgresPool.ts"
import { migratedDatabase } from "./postgres.ts"
import { type SmtpDialogue, smtpDialogue } from "./smtpDialogue.ts"

/** Settings by their environment name. */
export type Settings = Readonly<Record<string, string>>

/** A whole Postroom, as those see it who use it from outside. */
export interface Platform {
  readonly dataFolder: string
  readonly at: Listening
  /** Signed in over gRPC: `alice@demo.test`, or an address and its password. */
  readonly client: (address: string, password?: string) => Effect.Effect<RpcClient, never, Scope.Scope>
  readonly operator: Effect.Effect<RpcClient, never, Scope.Scope>
  /** A connection that has been greeted. */
  readonly smtp: Effect.Effect<SmtpDialogue, never, Scope.Scope>
  readonly lmtp: Effect.Effect<SmtpDialogue, never, Scope.Scope>
  readonly ledger: Effect.Effect<GetLedgerResponse>
  /** The text of `/metrics`. */
  readonly metrics: Effect.Effect<string>
  /** Everything that was logged so far. */
  readonly logs: Effect.Effect<string>
  /** Looks into the database behind it. */
  readonly query: <Row extends object>(
    text: string,
    values?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Row>>
}

/** Of alice, bob and carol. */
export const demoPassword = "a password for tests"

/** On any free port, quiet, and with limits out of the way that only a test's haste would meet. */
export const testSettings: Settings = {
  POSTROOM_HTTP_PORT: "0",
  POSTROOM_HTTPS_PORT: "0",
  POSTROOM_GRPC_PORT: "0",
  POSTROOM_SMTP_PORT: "0",
  POSTROOM_LMTP_PORT: "0",
  POSTROOM_DEMO_PASSWORD: demoPassword,
  POSTROOM_SMTP_ERRORS: "10000",
  POSTROOM_ACTIVESYNC_REQUESTS_PER_MINUTE: "0",
  POSTROOM_ACTIVESYNC_REPEATS: "0"
}

/** By TCP, where the address is a unix socket's: a URL has no folder for a host. */
export const databaseSetting = ({ host, port, ...address }: PostgresAddress): Settings => {
  const password = encodeURIComponent(Redacted.value(address.password))
  const place = `${host.startsWith("/") ? "127.0.0.1" : host}:${port}`
  return { POSTROOM_DATABASE_URL: `postgres://${address.user}:${password}@${place}/${address.database}` }
}

export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
  // Postgres runs as another account when we are root: it must be able to enter.
  yield* fs.chmod(folder, 0o711)
  return path.join(folder, "data")
}).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

const basic = (address: string, password: string) =>
  Redacted.make(`Basic ${Buffer.from(`${address}:${password}`).toString("base64")}`)

const operatorToken = (dataFolder: string) =>
  Effect.flatMap(secretPaths(dataFolder), (paths) => readSecret(paths.operatorToken)).pipe(
    Effect.map((secret) => `Bearer ${Redacted.value(Option.getOrThrow(secret))}`),
    Effect.provide(NodeContext.layer),
    Effect.orDie
  )

const greeted = (port: number, greeting: string) =>
  Effect.tap(smtpDialogue(port), (dialogue) => Effect.zipRight(dialogue.reply, dialogue.ask(greeting)))

/** What can be seen of a running platform through its ports. */
export const platformAt = (given: {
  readonly dataFolder: string
  readonly at: Listening
  readonly logs: Effect.Effect<string>
  /** Asked for at each look, since the embedded server may come back elsewhere. */
  readonly database: Effect.Effect<PostgresAddress>
}): Platform => {
  const { at, dataFolder } = given
  const connect = (authorization: Redacted.Redacted) =>
    makeRpcClient({ baseUrl: `http://${at.host}:${at.grpc}`, protocol: "grpc", authorization })
  const operator = Effect.flatMap(operatorToken(dataFolder), (token) => connect(Redacted.make(token)))
  return {
    dataFolder,
    at,
    client: (address, password = demoPassword) => connect(basic(address, password)),
    operator,
    smtp: greeted(at.smtp, "EHLO client.test"),
    lmtp: greeted(at.lmtp, "LHLO client.test"),
    ledger: Effect.flatMap(operator, ({ queue, call }) =>
      call((signal) => queue.getLedger({}, { signal }))
    ).pipe(Effect.scoped, Effect.orDie),
    metrics: Effect.promise((signal) =>
      fetch(`http://${at.host}:${at.http}/metrics`, { signal }).then((response) => response.text())
    ),
    logs: given.logs,
    query: <Row extends object>(text: string, values: ReadonlyArray<string> = []) =>
      Effect.flatMap(given.database, (address) =>
        Effect.flatMap(Postgres, (postgres) => postgres.query(statement<Row>({ text }), values)).pipe(
          Effect.provide(layerPostgres({ ...address, poolSize: 1 }))
        )
      ).pipe(Effect.orDie)
  }
}

/**
 * The platform in this very process, on a database of its own in the run's server (which is not durable: for crash
 * tests there is `platformProcess`). Stops with the scope.
 */
export const platformHere = (settings: Settings = {}): Effect.Effect<Platform, never, Scope.Scope> =>
  Effect.flatMap(migratedDatabase, (database) => platformOn(database, settings))

/** The same on a database that others use, too, or that it had before: then `folder` is the one of then. */
export const platformOn = (
  database: PostgresAddress,
  settings: Settings = {},
  folder?: string
): Effect.Effect<Platform, never, Scope.Scope> =>
  Effect.gen(function* () {
    const dataFolder = folder ?? (yield* temporaryFolder)
    const lines: Array<string> = []
    const collect = Logger.make(({ annotations, cause, message }) => {
      lines.push(JSON.stringify([message, Object.fromEntries(annotations), cause]))
    })
    const at = yield* Effect.gen(function* () {
      const context = yield* Layer.build(Layer.provide(all(dataFolder), Tracing.layer(["all"])))
      return yield* Effect.provide(listening, context)
    }).pipe(
      Effect.provide(Layer.merge(NodeContext.layer, Logger.replace(Logger.defaultLogger, collect))),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(
          new Map(Object.entries({ ...testSettings, ...databaseSetting(database), ...settings }))
        )
      ),
      Effect.orDie
    )
    return platformAt({
      dataFolder,
      at,
      logs: Effect.sync(() => lines.join("\n")),
      database: Effect.succeed(database)
    })
  })
