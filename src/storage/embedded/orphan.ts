import { basename } from "node:path"
import { FileSystem } from "@effect/platform"
import { Effect, Option, Ref } from "effect"
import { Postgres, type PostgresAddress, statement } from "../postgres.ts"
import { layerPostgres } from "../postgresPool.ts"
import { EmbeddedPostgresFailed } from "./EmbeddedPostgresFailed.ts"
import { disownPidFile, isServerOf, type PidFile, readPidFile } from "./pidFile.ts"
import { type Endpoint, endOf, type Installation, type Postmaster, stop, watch } from "./postmaster.ts"
import { processIdentity } from "./processes.ts"

/** Folders for sockets are named so that a left-over one is known again. */
export const socketFolderPrefix = "postroom-"

const showName = statement<{ readonly cluster_name: string }>({ text: "SHOW cluster_name" })

/** Whether the server lets us in and was started as we would start it now: same program, same settings. */
const isAsWanted = (installation: Installation, admin: PostgresAddress) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const rows = yield* postgres.query(showName)
    return rows[0]?.cluster_name === installation.settings.clusterName
  }).pipe(
    Effect.provide(layerPostgres({ ...admin, poolSize: 1 })),
    Effect.orElseSucceed(() => false)
  )

/** While it starts or stops nothing can be decided. None when it ended meanwhile, or did neither in a minute. */
const settled = (installation: Installation, pid: number) => {
  const look = Effect.gen(function* () {
    const file = yield* readPidFile(installation.cluster)
    const runs = Option.isSome(yield* processIdentity(pid))
    return { runs, ready: Option.filter(file, (it) => runs && it.pid === pid && it.status === "ready") }
  })
  return look.pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: ({ runs, ready }) => !runs || Option.isSome(ready) }),
    Effect.map(({ ready }) => ready),
    Effect.timeoutTo({
      duration: "60 seconds",
      onSuccess: (ready) => ready,
      onTimeout: () => Option.none<PidFile>()
    })
  )
}

const noWatchdog = { kill: () => undefined }

/** The folder of a server that is gone; another one may be anybody's. */
const removeSocketFolder = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    basename(folder).startsWith(socketFolderPrefix)
      ? Effect.ignore(fs.remove(folder, { recursive: true, force: true }))
      : Effect.void
  )

const endedLater = (pid: number) =>
  Effect.map(Effect.context<FileSystem.FileSystem>(), (context) => Effect.provide(endOf(pid), context))

const takeOver = (installation: Installation, { pid, port, socketFolder }: PidFile) =>
  Effect.gen(function* () {
    const watchdog = yield* watch(installation, { pid, socketFolder })
    const postmaster: Postmaster = { pid, port, socketFolder, ended: yield* endedLater(pid), watchdog }
    yield* Ref.set(installation.current, Option.some(postmaster))
    return Option.some(postmaster)
  })

/**
 * Looks for a server that an earlier Postroom, killed or crashed, left on the cluster. One that runs as we
 * want it is taken over; any other is stopped; what is left of a dead one is put out of the way. The lock of
 * the data folder must be held: whoever runs a server here without it is gone.
 */
export const recover = (
  installation: Installation,
  { adminAt, port }: { readonly adminAt: (at: Endpoint) => PostgresAddress; readonly port: number }
): Effect.Effect<Option.Option<Postmaster>, EmbeddedPostgresFailed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { cluster } = installation
    const found = yield* readPidFile(cluster)
    if (Option.isNone(found)) return Option.none()
    const { pid, socketFolder } = found.value
    const runs = Option.isSome(yield* processIdentity(pid))
    if (!runs || !(yield* isServerOf(cluster, pid))) {
      yield* disownPidFile(cluster)
    } else {
      const ready = yield* settled(installation, pid)
      const isUsable = Option.exists(ready, (it) => port === 0 || it.port === port)
      if (Option.isSome(ready) && isUsable && (yield* isAsWanted(installation, adminAt(ready.value)))) {
        yield* Effect.logInfo(`found Postgres running (process ${pid}) and took it over`)
        return yield* Effect.uninterruptible(takeOver(installation, ready.value))
      }
      yield* Effect.logInfo(`stopping the Postgres (process ${pid}) of an earlier Postroom`)
      yield* stop({ pid, ended: yield* endedLater(pid), watchdog: noWatchdog })
      if (Option.isSome(yield* processIdentity(pid))) {
        return yield* new EmbeddedPostgresFailed({
          problem: `process ${pid} holds ${cluster} and does not stop`
        })
      }
    }
    yield* removeSocketFolder(socketFolder)
    return Option.none()
  })
