import type { ConnectionOptions } from "node:tls"
import { Context, Duration, Effect, Exit, Layer, Option, Redacted } from "effect"
import { Client, Pool, type PoolClient } from "pg"
import { spanned } from "../observability/spans.ts"
import {
  Postgres,
  type PostgresAddress,
  type PostgresError,
  type PostgresTls,
  PostgresUnavailable,
  type SqlValue,
  type Statement,
  statement
} from "./postgres.ts"
import { connectError, isConnectionUsable, PostgresDefect, statementError } from "./postgresErrors.ts"
import { makeListener } from "./postgresListener.ts"
import { columnTypes } from "./postgresTypes.ts"

export interface PostgresOptions extends PostgresAddress {
  /** Connections at most, the one that listens not counted. Default 16. */
  readonly poolSize?: number
  /** To connect, or to wait for a free connection. Default 5 seconds. */
  readonly connectTimeout?: Duration.DurationInput
  /** The server cancels a statement after this; five seconds later its connection counts as lost. Default 30 seconds. */
  readonly statementTimeout?: Duration.DurationInput
  /** Asked for every new connection, where the password may be rotated. Default: as in the address. */
  readonly signIn?: () => Pick<PostgresAddress, "user" | "password">
  /** Seen in `pg_stat_activity`. Default "postroom". */
  readonly applicationName?: string
}

const clientConfig = (options: PostgresOptions) => {
  const statementTimeout = Duration.toMillis(options.statementTimeout ?? "30 seconds")
  return {
    host: options.host,
    port: options.port,
    database: options.database,
    application_name: options.applicationName ?? "postroom",
    connectionTimeoutMillis: Duration.toMillis(options.connectTimeout ?? "5 seconds"),
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + 5_000,
    keepAlive: true,
    ...(options.tls === undefined ? {} : { ssl: secureBy(options.tls) }),
    // Times come as text, and only UTC has no offsets with seconds.
    options: "-c TimeZone=UTC",
    types: columnTypes()
  }
}

/** `pg` adds the host that the certificate must name. */
const secureBy = ({ mode, authorities }: PostgresTls): ConnectionOptions => {
  const ca = authorities === null ? {} : { ca: authorities }
  switch (mode) {
    case "require":
      return { rejectUnauthorized: false }
    case "verify-ca":
      return { ...ca, checkServerIdentity: () => undefined }
    case "verify-full":
      return ca
  }
}

/** A client that signs in as one does at the moment when it is made. */
const clientOf = (options: PostgresOptions) => {
  const config = clientConfig(options)
  return class extends Client {
    constructor() {
      const { user, password } = options.signIn?.() ?? options
      super({ ...config, user, password: Redacted.value(password) })
    }
  }
}

const nameOf = (sql: Statement<unknown>) => sql.name ?? "a statement without a name"

interface Answer<Row> {
  readonly rows: ReadonlyArray<Row>
  /** The command tag, as in `COMMIT`. */
  readonly command: string
}

const send = <Row>(
  client: PoolClient,
  sql: Statement<Row>,
  bound: {
    readonly values: ReadonlyArray<SqlValue>
    readonly done: (error: Error | undefined, answer: Answer<Row>) => void
  }
) =>
  client.query({ ...sql, values: [...bound.values] }, (error: Error | null, result) => {
    // Several statements in one text give an array of results.
    const last = [result].flat().at(-1)
    bound.done(error ?? undefined, { rows: last?.rows ?? [], command: last?.command ?? "" })
  })

interface Open {
  readonly client: PoolClient
  readonly depth: number
}

/** The transaction that a fiber is in. */
class OpenTransaction extends Context.Tag("postroom/storage/postgresPool/OpenTransaction")<
  OpenTransaction,
  Open
>() {}

const execute = <Row>(client: PoolClient, sql: Statement<Row>, values: ReadonlyArray<SqlValue>) =>
  Effect.async<Answer<Row>, PostgresError>((resume) => {
    send(client, sql, {
      values,
      done: (error, answer) =>
        resume(error === undefined ? Effect.succeed(answer) : statementError(error, nameOf(sql)))
    })
  })

/** Hot path: check out, send and hand back without a fiber in between. */
const queryOnAny = <Row>(pool: Pool, sql: Statement<Row>, values: ReadonlyArray<SqlValue>) =>
  Effect.async<ReadonlyArray<Row>, PostgresError>((resume) => {
    pool.connect((connectFailure, client, release) => {
      if (client === undefined) return resume(Effect.fail(connectError(connectFailure)))
      send(client, sql, {
        values,
        done: (error, { rows }) => {
          release(!isConnectionUsable(error))
          resume(error === undefined ? Effect.succeed(rows) : statementError(error, nameOf(sql)))
        }
      })
    })
  })

/** Before COMMIT was sent nothing can have taken effect: the server undoes what it had when the connection dies. */
const notCommitted = (error: PostgresError): PostgresError =>
  error._tag === "PostgresUnavailable" && error.commitUnknown
    ? new PostgresUnavailable({ ...error, commitUnknown: false })
    : error

const control = (client: PoolClient, text: string) => execute(client, statement({ text }), [])

/** COMMIT of a transaction in which a statement failed answers ROLLBACK, and no error. */
const commit = (client: PoolClient) =>
  Effect.filterOrDie(
    control(client, "COMMIT"),
    ({ command }) => command === "COMMIT",
    () =>
      new PostgresDefect({
        sqlState: "25P02",
        statement: "COMMIT",
        detail: "the error of a statement was caught inside its transaction; nest a transaction around it",
        position: 0
      })
  )

const checkOut = (pool: Pool) =>
  Effect.async<PoolClient, PostgresUnavailable>((resume) => {
    pool.connect((error, client) => {
      resume(client === undefined ? Effect.fail(connectError(error)) : Effect.succeed(client))
    })
  })

const savepoint = <A, E, R>(effect: Effect.Effect<A, E, R>, { client, depth }: Open) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const name = `depth_${depth}`
      yield* Effect.mapError(control(client, `SAVEPOINT ${name}`), notCommitted)
      const exit = yield* effect.pipe(
        Effect.provideService(OpenTransaction, { client, depth: depth + 1 }),
        restore,
        Effect.exit
      )
      if (Exit.isSuccess(exit)) yield* Effect.mapError(control(client, `RELEASE ${name}`), notCommitted)
      else yield* Effect.ignore(control(client, `ROLLBACK TO ${name}`))
      return yield* exit
    })
  )

const outermost = <A, E, R>(effect: Effect.Effect<A, E, R>, pool: Pool) =>
  Effect.acquireUseRelease(
    checkOut(pool),
    (client) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* Effect.mapError(control(client, "BEGIN"), notCommitted)
          const exit = yield* effect.pipe(
            Effect.provideService(OpenTransaction, { client, depth: 1 }),
            restore,
            Effect.exit
          )
          if (Exit.isSuccess(exit)) yield* commit(client)
          else yield* Effect.ignore(control(client, "ROLLBACK"))
          return yield* exit
        })
      ),
    // Anything but "idle" (`I`) is a broken connection or an open transaction: not for the next user.
    (client) => Effect.sync(() => client.release(client.getTransactionStatus() !== "I"))
  )

const makePostgres = (options: PostgresOptions) =>
  Effect.gen(function* () {
    const NewClient = clientOf(options)
    const pool = yield* Effect.acquireRelease(
      Effect.sync(
        () => new Pool({ ...clientConfig(options), Client: NewClient, max: options.poolSize ?? 16 })
      ),
      // It waits for statements under way, but not for a caller that outlives its layer.
      (open) =>
        Effect.promise(() => open.end()).pipe(Effect.interruptible, Effect.timeoutOption("10 seconds"))
    )
    // A connection that breaks while idle only leaves the pool; its next user gets another one.
    pool.on("error", () => undefined)
    pool.on("connect", (client) => client.on("error", () => undefined))
    const listen = yield* makeListener(() => new NewClient())

    return Postgres.of({
      query: (sql, values = []) =>
        spanned(
          Effect.flatMap(Effect.serviceOption(OpenTransaction), (open) =>
            Option.isNone(open)
              ? queryOnAny(pool, sql, values)
              : execute(open.value.client, sql, values).pipe(
                  Effect.mapBoth({ onFailure: notCommitted, onSuccess: ({ rows }) => rows })
                )
          ),
          () => ({ name: `postgres ${sql.name ?? "statement"}`, kind: "client" })
        ),
      transaction: (effect) =>
        Effect.flatMap(Effect.serviceOption(OpenTransaction), (open) =>
          Option.isNone(open) ? outermost(effect, pool) : savepoint(effect, open.value)
        ),
      listen
    })
  })

/** A pool on `options`; connects when first used, so that an absent server is an error of the query, not of the layer. */
export const layerPostgres = (options: PostgresOptions): Layer.Layer<Postgres> =>
  Layer.scoped(Postgres, makePostgres(options))
