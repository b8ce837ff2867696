import { tmpdir } from "node:os"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { Context, Duration, Effect, Layer, Option, Ref, Schedule, type Scope } from "effect"
import type { PostgresAddress } from "../postgres.ts"
import { type Account, chooseAccount, chooseLaunch } from "./account.ts"
import { findBinaries } from "./binaries.ts"
import { ensureCluster, keptSecret, provision } from "./cluster.ts"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import { lock } from "./lock.ts"
import { recover, socketFolderPrefix } from "./orphan.ts"
import {
  choosePort,
  type Endpoint,
  forget,
  type Installation,
  type Postmaster,
  start,
  stop
} from "./postmaster.ts"
import { serverSettings, volatileSettings } from "./settings.ts"

export interface EmbeddedPostgresOptions {
  /** Absolute. The cluster is its `postgres/`, the passwords are in its `secrets/`. */
  readonly dataFolder: string
  /** On 127.0.0.1; 0 (default) is any free one. */
  readonly port?: number
  /** How long the server outlives a Postroom that was killed. Default 30 seconds. */
  readonly orphanGrace?: Duration.DurationInput
  /** For test runs only: a power loss may cost the whole database. */
  readonly isVolatile?: boolean
}

/** A Postgres of our own, from npm, for one machine: prepared, started, watched and stopped by us. */
export class EmbeddedPostgres extends Context.Tag("postroom/storage/EmbeddedPostgres")<
  EmbeddedPostgres,
  {
    /** Postroom's database as its plain role, over a unix socket. */
    readonly database: PostgresAddress
    /** The same over 127.0.0.1, for other processes. */
    readonly databaseOverTcp: PostgresAddress
    /** The superuser, for maintenance and tests. */
    readonly admin: PostgresAddress
    /** How this start found things. */
    readonly origin: "created" | "started" | "adopted"
    /** Of the server that runs now; another one after a crash. */
    readonly processId: Effect.Effect<number>
  }
>() {}

/** Of `sun_path` in the narrowest system we know (macOS: 104 with its end). */
const longestSocketPath = 103

const makeSocketFolder = (account: Account | undefined) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const fits = join(tmpdir(), `${socketFolderPrefix}XXXXXX`, ".s.PGSQL.65535").length <= longestSocketPath
    const folder = yield* fs.makeTempDirectory({
      directory: fits ? tmpdir() : "/tmp",
      prefix: socketFolderPrefix
    })
    if (account !== undefined) yield* fs.chown(folder, account.uid, account.gid)
    return folder
  })

/** The data folder, entered by the server's account but listed by nobody but us, and `secrets/`. */
const makeFolders = (dataFolder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const account = yield* chooseAccount(join(dataFolder, "postgres"))
    if (!(yield* fs.exists(dataFolder))) {
      yield* fs.makeDirectory(dataFolder, { recursive: true, mode: account === undefined ? 0o700 : 0o710 })
      if (account !== undefined) yield* fs.chown(dataFolder, 0, account.gid)
    }
    yield* fs.makeDirectory(join(dataFolder, "secrets"), { recursive: true, mode: 0o700 })
    return account
  })

/** The log is short (starts, stops, crashes), but years are long. */
const trimLog = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(file)
    if (size > 10_000_000n) yield* fs.rename(file, `${file}.old`)
  }).pipe(Effect.ignore)

const install = (options: EmbeddedPostgresOptions, account: Account | undefined) =>
  Effect.gen(function* () {
    const { dataFolder } = options
    const binaries = yield* findBinaries(join(dataFolder, "postgres-libraries"))
    const share = join(binaries.postgres, "..", "..", "share", "postgresql", "postgres.bki")
    const launch = yield* chooseLaunch(account, [binaries.postgres, share, dataFolder, tmpdir()])
    const library = binaries.libraryPath
    const installation: Installation = {
      cluster: join(dataFolder, "postgres"),
      logFile: join(dataFolder, "postgres.log"),
      binaries,
      launch:
        library === undefined ? launch : { ...launch, env: { ...launch.env, LD_LIBRARY_PATH: library } },
      settings: serverSettings(
        `${binaries.postgres} ${binaries.version}`,
        options.isVolatile === true ? volatileSettings : {}
      ),
      current: yield* Ref.make(Option.none<Postmaster>()),
      orphanGrace: Duration.decode(options.orphanGrace ?? "30 seconds")
    }
    return installation
  })

/** A port may be taken between its choice and its use; backends of a crashed server may need a moment to go. */
const startSomehow = (installation: Installation, { port, socketFolder }: Endpoint) =>
  Effect.retry(
    Effect.flatMap(choosePort(port), (chosen) => start(installation, { port: chosen, socketFolder })),
    {
      schedule: Schedule.intersect(Schedule.spaced("500 millis"), Schedule.recurs(10)),
      while: ({ problem }) => /could not create any TCP\/IP sockets|still in use/.test(problem)
    }
  )

/** When the server ends by itself, starts it again at the same place, so that every pool finds it. */
const supervise = (installation: Installation) =>
  Effect.gen(function* () {
    const running = yield* Effect.flatten(Ref.get(installation.current))
    yield* running.ended
    yield* forget(installation, running)
    yield* Effect.logWarning("Postgres ended by itself; starting it again")
    yield* start(installation, running).pipe(
      Effect.tapError((error) => Effect.logError(error.message)),
      Effect.retry(Schedule.union(Schedule.exponential("200 millis"), Schedule.spaced("10 seconds")))
    )
    yield* Effect.logInfo("Postgres is back")
  }).pipe(Effect.forever)

const stopCurrent = (installation: Installation) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const running = yield* Ref.get(installation.current)
    if (Option.isNone(running)) return
    yield* stop(running.value)
    yield* Effect.ignore(fs.remove(running.value.socketFolder, { recursive: true, force: true }))
  })

const make = (
  options: EmbeddedPostgresOptions
): Effect.Effect<
  Context.Tag.Service<typeof EmbeddedPostgres>,
  EmbeddedPostgresFailed,
  FileSystem.FileSystem | Scope.Scope
> =>
  Effect.gen(function* () {
    const { dataFolder, port = 0 } = options
    const account = yield* makeFolders(dataFolder)
    yield* lock(join(dataFolder, "postgres.lock"))
    yield* trimLog(join(dataFolder, "postgres.log"))
    const installation = yield* install(options, account)
    const adminPassword = yield* keptSecret(join(dataFolder, "secrets", "postgres-admin"))
    const password = yield* keptSecret(join(dataFolder, "secrets", "postgres"))
    const adminAt = (at: Endpoint): PostgresAddress => ({
      host: at.socketFolder,
      port: at.port,
      database: "postgres",
      user: "postgres",
      password: adminPassword
    })

    const isNew = yield* ensureCluster(installation, {
      account,
      password: adminPassword,
      isDurable: options.isVolatile !== true
    })
    yield* Effect.addFinalizer(() => stopCurrent(installation))
    const adopted = yield* recover(installation, { adminAt, port })
    const running = Option.isSome(adopted)
      ? adopted.value
      : yield* Effect.flatMap(makeSocketFolder(account), (socketFolder) =>
          startSomehow(installation, { port, socketFolder })
        )

    const admin = adminAt(running)
    const database = { ...admin, database: "postroom", user: "postroom", password }
    yield* provision(admin, database)
    yield* Effect.forkScoped(supervise(installation))
    return EmbeddedPostgres.of({
      database,
      databaseOverTcp: { ...database, host: "127.0.0.1" },
      admin,
      origin: Option.isSome(adopted) ? "adopted" : isNew ? "created" : "started",
      processId: Effect.map(Ref.get(installation.current), (now) => Option.getOrElse(now, () => running).pid)
    })
  }).pipe(
    // Whoever builds it inside an acquire must not make its races and its supervisor uninterruptible.
    Effect.interruptible,
    Effect.mapError((error) =>
      error._tag === "EmbeddedPostgresFailed" ? error : new EmbeddedPostgresFailed({ problem: error.message })
    )
  )

/** Ready when built; a fast shutdown when its scope closes. One Postroom per data folder. */
export const layerEmbeddedPostgres = (
  options: EmbeddedPostgresOptions
): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Layer.scoped(EmbeddedPostgres, make(options))
