import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { Effect, Redacted } from "effect"
import { escapeIdentifier, escapeLiteral } from "pg"
import { Postgres, type PostgresAddress, statement } from "../postgres.ts"
import { layerPostgres } from "../postgresPool.ts"
import type { Account } from "./account.ts"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import type { Installation } from "./postmaster.ts"
import { run } from "./processes.ts"

/** 192 bits in a file that only we may read; made at first use. */
export const keptSecret = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(file))) {
      const draft = `${file}.new`
      yield* fs.writeFileString(draft, randomBytes(24).toString("base64url"), { mode: 0o600 })
      yield* fs.rename(draft, file)
    }
    return Redacted.make((yield* fs.readFileString(file)).trim())
  })

const give = (path: string, account: Account | undefined) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    account === undefined ? Effect.void : fs.chown(path, account.uid, account.gid)
  )

interface Creation {
  readonly account: Account | undefined
  readonly password: Redacted.Redacted
  /** False for test runs: nothing has to survive a power loss. */
  readonly isDurable: boolean
}

/**
 * Makes the cluster beside its place and moves it there when it is whole: a start that is broken off leaves
 * nothing that looks like a cluster. C.UTF-8 of Postgres itself ("builtin"): text sorts by code point, the
 * same on every system and after every upgrade of its C library, so that no index can go stale.
 */
const create = (installation: Installation, { account, password, isDurable }: Creation) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { binaries, cluster, launch } = installation
    const draft = `${cluster}.new`
    const passwordFile = `${cluster}.password`
    yield* fs.remove(draft, { recursive: true, force: true })
    yield* fs.makeDirectory(draft, { mode: 0o700 })
    yield* fs.writeFileString(passwordFile, Redacted.value(password), { mode: 0o600 })
    yield* give(draft, account)
    yield* give(passwordFile, account)
    const { code, output } = yield* run(launch, binaries.initdb, [
      `--pgdata=${draft}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--text-search-config=simple",
      "--data-checksums",
      "--no-instructions",
      ...(isDurable ? [] : ["--no-sync"])
    ]).pipe(Effect.ensuring(Effect.ignore(fs.remove(passwordFile))))
    if (code !== 0) {
      return yield* new EmbeddedPostgresFailed({ problem: `its files could not be made: ${output.trim()}` })
    }
    yield* fs.rename(draft, cluster)
  })

/** Makes the cluster unless it is there; true when it was made. Refuses one that is not ours to open. */
export const ensureCluster = (installation: Installation, creation: Creation) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { binaries, cluster } = installation
    if (!(yield* fs.exists(cluster))) {
      yield* Effect.logInfo("preparing the database, first start only")
      yield* create(installation, creation)
      return true
    }
    const made = (yield* fs.readFileString(join(cluster, "PG_VERSION"))).trim()
    const major = binaries.version.slice(0, binaries.version.indexOf("."))
    if (made !== major) {
      return yield* new EmbeddedPostgresFailed({
        problem: `${cluster} was made by Postgres ${made}, this Postroom brings ${major}; move the data with pg_dump`
      })
    }
    return false
  })

const roleExists = statement<{ readonly found: boolean }>({
  text: "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS found"
})
const databaseExists = statement<{ readonly found: boolean }>({
  text: "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS found"
})

/** The role that Postroom works as, without any right beyond its own database, and that database. */
export const provision = (admin: PostgresAddress, own: PostgresAddress) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const role = escapeIdentifier(own.user)
    const isThere = (rows: ReadonlyArray<{ readonly found: boolean }>) => rows[0]?.found === true
    if (!isThere(yield* postgres.query(roleExists, [own.user]))) {
      yield* postgres.query(statement({ text: `CREATE ROLE ${role} LOGIN` }))
    }
    const password = escapeLiteral(Redacted.value(own.password))
    yield* postgres.query(statement({ text: `ALTER ROLE ${role} PASSWORD ${password}` }))
    if (!isThere(yield* postgres.query(databaseExists, [own.database]))) {
      yield* postgres.query(
        statement({ text: `CREATE DATABASE ${escapeIdentifier(own.database)} OWNER ${role}` })
      )
    }
  }).pipe(
    Effect.provide(layerPostgres({ ...admin, poolSize: 1 })),
    Effect.mapError((error) =>
      error._tag === "PostgresUnavailable" && error.sqlState?.startsWith("28") === true
        ? new EmbeddedPostgresFailed({
            problem: "its password is not the one in the data folder's secrets/postgres-admin"
          })
        : new EmbeddedPostgresFailed({ problem: error.message })
    )
  )
