import { Context, Data, type Effect, type Redacted, type Stream, type Types } from "effect"

/** Where a Postgres answers. `host` is a name, an address or, when it starts with `/`, a socket's directory. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Redacted.Redacted
  /** Absent = in clear. A socket never has it. */
  readonly tls?: PostgresTls
}

/** What a server that is reached over TLS must prove. */
export interface PostgresTls {
  /** `require`: nothing. `verify-ca`: that an authority vouches for it. `verify-full`: for its name, too. */
  readonly mode: "require" | "verify-ca" | "verify-full"
  /** Their certificates in PEM; null = the authorities that Node knows. */
  readonly authorities: string | null
}

/**
 * What may be bound to `$1`, `$2`, …. An array becomes a Postgres array; JSON goes as text that the caller
 * made (`JSON.stringify`); a time may go as a `Date`, or as epoch milliseconds through `to_timestamp`.
 */
export type SqlValue = string | number | bigint | boolean | null | Date | Uint8Array | ReadonlyArray<SqlValue>

/**
 * SQL and the shape of the rows it gives. `Row` is trusted, not checked: rows come from our own tables, and
 * decoding each of them would cost more than the query. Keep a statement beside its row type and let a
 * contract test read it once.
 *
 * Columns arrive as: `int2/4/8` number (an int8 beyond 2^53 is a defect), `timestamptz` epoch milliseconds,
 * `uuid`, `text`, `numeric` string, `bytea` Buffer, `json(b)` parsed, arrays of these as arrays.
 */
export interface Statement<Row> {
  /** Given: parsed and planned once per connection. Names are global: one name, one text. */
  readonly name?: string
  /** Several statements are allowed when it has neither a name nor values; the last one's rows are given. */
  readonly text: string
  readonly _Row?: Types.Covariant<Row>
}

/** `const findUser = statement<UserRow>({ name: "find_user", text: "SELECT … WHERE id = $1" })` */
export const statement = <Row = Record<string, unknown>>(sql: {
  readonly name?: string
  readonly text: string
}): Statement<Row> => sql

/**
 * - `connect`: no connection could be made (refused, wrong password, database missing)
 * - `busy`: no connection became free in time, or the server has none left
 * - `lost`: the connection broke
 * - `shuttingDown`: the server is stopping or starting
 * - `timeout`: the statement or a lock took too long and was cancelled
 * - `conflict`: deadlock or serialization failure; the same work may succeed at once
 * - `full`: no disk space or memory left on the server
 * - `readOnly`: the server became a standby
 * - `io`: the server could not read or write its files
 */
export type UnavailableReason =
  | "connect"
  | "busy"
  | "lost"
  | "shuttingDown"
  | "timeout"
  | "conflict"
  | "full"
  | "readOnly"
  | "io"

/** Postgres could not do it now; later it may. Carries no SQL, no values and no text of the server. */
export class PostgresUnavailable extends Data.TaggedError("PostgresUnavailable")<{
  readonly reason: UnavailableReason
  /** The connection died after the statement (or COMMIT) was sent: it may have taken effect. */
  readonly commitUnknown: boolean
  /** SQLSTATE, when the server answered at all. */
  readonly sqlState?: string
  /** Why there is no connection, in a word: ECONNREFUSED, ERR_TLS_CERT_ALTNAME_INVALID, … */
  readonly code?: string
}> {
  override get message() {
    const why = this.sqlState ?? this.code
    const explained = why === undefined ? "" : ` (${why})`
    return `postgres: ${this.reason}${explained}${this.commitUnknown ? ", outcome unknown" : ""}`
  }
}

/** The data broke a rule of the schema (SQLSTATE class 23); nothing was written. */
export class PostgresRejected extends Data.TaggedError("PostgresRejected")<{
  readonly sqlState: string
  /** Name of the violated constraint; the column for a NOT NULL; "" when the server names neither. */
  readonly constraint: string
}> {
  override get message() {
    return `postgres: rejected by ${this.constraint || "a constraint"} (${this.sqlState})`
  }
}

export type PostgresError = PostgresUnavailable | PostgresRejected

/**
 * What a `LISTEN` tells. `Listening` comes first, after every reconnection and after an overflow: whatever
 * happened before it may have gone unheard, so look once.
 */
export type ListenEvent =
  | { readonly _tag: "Listening" }
  | { readonly _tag: "Notified"; readonly payload: string }

/** One database behind a pool of connections. A mistake in the SQL itself is a defect. */
export class Postgres extends Context.Tag("postroom/storage/Postgres")<
  Postgres,
  {
    /**
     * Runs one statement; inside `transaction` on its connection, otherwise on any, committed when it answers.
     * Interrupting the caller does not recall a statement already sent: it may still take effect.
     */
    readonly query: <Row>(
      statement: Statement<Row>,
      values?: ReadonlyArray<SqlValue>
    ) => Effect.Effect<ReadonlyArray<Row>, PostgresError>
    /**
     * Every `query` inside commits together, or not at all when the effect fails, dies or is interrupted.
     * Nested: a savepoint. `commitUnknown` can be true only of a COMMIT.
     */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | PostgresError, R>
    /** Never fails and never ends: reconnects with back-off. All channels share one connection. */
    readonly listen: (channel: string) => Stream.Stream<ListenEvent>
  }
>() {}
