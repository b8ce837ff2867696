import { Option, Redacted } from "effect"
import type { PostgresAddress, PostgresTls } from "./postgres.ts"

export interface DatabaseUrl extends Omit<PostgresAddress, "tls"> {
  /** Null = in clear. */
  readonly tls: { readonly mode: PostgresTls["mode"]; readonly authoritiesFile: string | null } | null
}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…`. The host may be an IPv6 address in brackets
 * or, percent-encoded, the directory of a unix socket: `postgres://user:password@%2Fvar%2Frun%2Fpostgresql/database`.
 */
export const readDatabaseUrl = Option.liftThrowable((url: Redacted.Redacted): DatabaseUrl => {
  const { hostname, password, pathname, port, protocol, searchParams, username } = new URL(
    Redacted.value(url)
  )
  const host = decodeURIComponent(hostname.replace(/^\[(.*)\]$/, "$1"))
  if (!/^postgres(ql)?:$/.test(protocol) || host === "") throw new Error("not a Postgres")
  const tls = readTls(searchParams)
  return {
    host,
    port: port === "" ? 5432 : Number(port),
    database: decodeURIComponent(pathname.slice(1)) || "postgres",
    user: decodeURIComponent(username),
    password: Redacted.make(decodeURIComponent(password)),
    // As libpq has it: there is no TLS on a socket, whatever the mode.
    tls: host.startsWith("/") ? null : tls
  }
})

/**
 * As libpq means them (PostgreSQL documentation, "SSL Support"), except that the default is `disable`, and that
 * `verify-full` without a file trusts whom Node trusts. `allow` and `prefer`, which protect from nobody, are refused, and
 * so is whatever else we would have to leave out.
 */
const readTls = (parameters: URLSearchParams): DatabaseUrl["tls"] => {
  const names = [...parameters.keys()]
  const isKnown = names.every((name) => name === "sslmode" || name === "sslrootcert")
  if (!isKnown || names.length > new Set(names).size) throw new Error("unknown parameters")
  const [mode, root] = [parameters.get("sslmode"), parameters.get("sslrootcert")]
  if (root === "") throw new Error("no file")
  // Anybody can have a certificate of theirs: without the name it proves nothing.
  if (root === "system" && mode !== "verify-full") throw new Error("too weak")
  const authoritiesFile = root === "system" ? null : root
  switch (mode) {
    case "verify-full":
      return { mode, authoritiesFile }
    case "verify-ca":
      if (root === null) throw new Error("nobody to vouch for it")
      return { mode, authoritiesFile }
    case "require":
      return { mode: root === null ? "require" : "verify-ca", authoritiesFile }
    case "disable":
      return null
    case null:
      if (root !== null) throw new Error("no mode")
      return null
    default:
      throw new Error("unknown mode")
  }
}
