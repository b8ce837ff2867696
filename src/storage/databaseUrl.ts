import { Option, Redacted } from "effect"
import type { PostgresAddress } from "./postgres.ts"

/**
 * Reads `postgres://user:password@host:port/database`. The host may be an IPv6 address in brackets or, percent-encoded,
 * the directory of a unix socket: `postgres://user:password@%2Fvar%2Frun%2Fpostgresql/database`.
 */
export const readDatabaseUrl = Option.liftThrowable((url: Redacted.Redacted): PostgresAddress => {
  const { hostname, password, pathname, port, protocol, username } = new URL(Redacted.value(url))
  const host = decodeURIComponent(hostname.replace(/^\[(.*)\]$/, "$1"))
  if (!/^postgres(ql)?:$/.test(protocol) || host === "") throw new Error("not a Postgres")
  return {
    host,
    port: port === "" ? 5432 : Number(port),
    database: decodeURIComponent(pathname.slice(1)) || "postgres",
    user: decodeURIComponent(username),
    password: Redacted.make(decodeURIComponent(password))
  }
})
