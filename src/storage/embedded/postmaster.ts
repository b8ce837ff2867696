import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { Deferred, Duration, Effect, FiberId, Option, Ref, Schedule } from "effect"
import type { Binaries } from "./binaries.ts"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import { disownPidFile, readPidFile } from "./pidFile.ts"
import { type Launch, processIdentity, signal, startDetached } from "./processes.ts"
import type { ServerSettings } from "./settings.ts"

/** One server process, started by us or found running. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly socketFolder: string
  /** Completes when the process has ended. */
  readonly ended: Effect.Effect<void>
  /** Stops it some time after we are gone; ended by `stop`. */
  readonly watchdog: { readonly kill: () => unknown }
}

/** Everything that a start needs and that stays the same from start to start. */
export interface Installation {
  /** Folder of the database cluster (PGDATA). */
  readonly cluster: string
  readonly logFile: string
  readonly binaries: Binaries
  readonly launch: Launch
  readonly settings: ServerSettings
  /** The server that runs or starts now, if any. It is set as soon as there is a process that must be stopped. */
  readonly current: Ref.Ref<Option.Option<Postmaster>>
  /** How long the server may outlive us when we are killed; a restart within it finds it running. */
  readonly orphanGrace: Duration.Duration
}

export interface Endpoint {
  readonly port: number
  readonly socketFolder: string
}

const freePort: Effect.Effect<number, EmbeddedPostgresFailed> = Effect.async((resume) => {
  const server = createServer()
  server.once("error", (error) => resume(new EmbeddedPostgresFailed({ problem: error.message })))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** The port that was asked for, or with 0 any free one. */
export const choosePort = (wanted: number) => (wanted === 0 ? freePort : Effect.succeed(wanted))

/**
 * Waits until our end of its input closes, that is until we are dead, then some seconds, and asks the server
 * to stop and removes its socket folder, unless a new Postroom has put its own token there.
 */
const watchdogScript = `while read -r _; do :; done
sleep "$1"
test "$(cat "$2/owner" 2>/dev/null)" = "$3" || exit
kill -INT "$4"
sleep 2
rm -rf "$2"`

/** Marks the server as ours and makes sure that it does not live long without us. */
export const watch = (
  installation: Installation,
  { pid, socketFolder }: { pid: number; socketFolder: string }
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const token = randomBytes(12).toString("hex")
    yield* fs.writeFileString(join(socketFolder, "owner"), token, { mode: 0o644 })
    const seconds = Duration.toSeconds(installation.orphanGrace)
    const child = yield* startDetached(installation.launch, "/bin/sh", {
      arguments: ["-c", watchdogScript, "postroom-watchdog", `${seconds}`, socketFolder, token, `${pid}`],
      stdio: ["pipe", "ignore", "ignore"]
    })
    child.stdin?.on("error", () => undefined)
    return child
  }).pipe(Effect.mapError((error) => new EmbeddedPostgresFailed({ problem: error.message })))

/** For a server that is not our child: it has to be looked at. */
export const endOf = (pid: number) =>
  processIdentity(pid).pipe(
    Effect.repeat({ schedule: Schedule.spaced("200 millis"), while: Option.isSome }),
    Effect.asVoid
  )

/** After its end: its number may soon be another process's, and must neither be stopped nor stop the next start. */
export const forget = (installation: Installation, postmaster: Postmaster) =>
  Effect.gen(function* () {
    yield* Ref.set(installation.current, Option.none())
    yield* Effect.sync(() => postmaster.watchdog.kill())
    const file = yield* readPidFile(installation.cluster)
    if (Option.exists(file, ({ pid }) => pid === postmaster.pid)) yield* disownPidFile(installation.cluster)
    const fs = yield* FileSystem.FileSystem
    const socketLock = join(postmaster.socketFolder, `.s.PGSQL.${postmaster.port}.lock`)
    yield* Effect.ignore(fs.remove(socketLock, { force: true }))
  })

const tailOf = (file: string, from: bigint) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = (yield* fs.readFile(file)).subarray(Number(from))
    return new TextDecoder().decode(text).trim().split("\n").slice(-3).join(" / ")
  }).pipe(Effect.orElseSucceed(() => ""))

const spawnServer = (installation: Installation, endpoint: Endpoint, log: number) =>
  Effect.gen(function* () {
    const child = yield* startDetached(installation.launch, installation.binaries.postgres, {
      arguments: [
        ...["-D", installation.cluster, "-p", `${endpoint.port}`, "-k", endpoint.socketFolder],
        ...installation.settings.flags
      ],
      stdio: ["ignore", log, log]
    })
    const ended = Deferred.unsafeMake<void>(FiberId.none)
    child.once("exit", () => Deferred.unsafeDone(ended, Effect.void))
    if (child.exitCode !== null) Deferred.unsafeDone(ended, Effect.void)
    const { pid } = child
    const watchdog = yield* Effect.onError(
      watch(installation, { pid, socketFolder: endpoint.socketFolder }),
      () => signal(pid, "SIGINT")
    )
    const { port, socketFolder } = endpoint
    const postmaster: Postmaster = { pid, port, socketFolder, ended: Deferred.await(ended), watchdog }
    yield* Ref.set(installation.current, Option.some(postmaster))
    return postmaster
  })

const untilReady = (installation: Installation, pid: number) => {
  const isReady = Effect.map(readPidFile(installation.cluster), (file) =>
    Option.exists(file, (it) => it.pid === pid && it.status === "ready")
  )
  const patience = Effect.logInfo("Postgres is still starting; it recovers from an unclean stop")
  return Effect.raceFirst(
    Effect.repeat(isReady, { schedule: Schedule.spaced("10 millis"), until: (yes) => yes }),
    Effect.zipRight(Effect.schedule(patience, Schedule.spaced("10 seconds")), Effect.never)
  )
}

/**
 * Starts a server and waits until it takes connections, however long it has to recover from a crash. Whoever
 * interrupts the wait finds the process in `current`.
 */
export const start = (
  installation: Installation,
  endpoint: Endpoint
): Effect.Effect<Postmaster, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // A file and not a pipe to us: the server must be able to write when we are gone.
    const log = yield* fs.open(installation.logFile, { flag: "a", mode: 0o600 })
    const { size } = yield* log.stat
    const postmaster = yield* Effect.uninterruptible(spawnServer(installation, endpoint, log.fd))
    const gaveUp = Effect.gen(function* () {
      yield* postmaster.ended
      yield* forget(installation, postmaster)
      return yield* new EmbeddedPostgresFailed({ problem: yield* tailOf(installation.logFile, size) })
    })
    yield* Effect.raceFirst(untilReady(installation, postmaster.pid), gaveUp)
    return postmaster
  }).pipe(
    Effect.scoped,
    Effect.mapError((error) =>
      error._tag === "EmbeddedPostgresFailed" ? error : new EmbeddedPostgresFailed({ problem: error.message })
    )
  )

/**
 * Fast shutdown: open transactions are undone, everything is written out. If that takes longer than half a
 * minute, an immediate one, after which the next start recovers from the log; nothing committed is lost.
 */
export const stop = (postmaster: Pick<Postmaster, "pid" | "ended" | "watchdog">): Effect.Effect<void> =>
  Effect.gen(function* () {
    // `interruptible`: it is called by finalizers, where a time-out could not cut the wait short otherwise.
    const ended = Effect.interruptible(postmaster.ended)
    yield* Effect.sync(() => postmaster.watchdog.kill())
    yield* signal(postmaster.pid, "SIGINT")
    const isDown = yield* Effect.timeoutOption(ended, "30 seconds")
    if (Option.isSome(isDown)) return
    yield* Effect.logWarning("Postgres does not stop; forcing it")
    yield* signal(postmaster.pid, "SIGQUIT")
    yield* Effect.timeoutOption(ended, "10 seconds")
  })
