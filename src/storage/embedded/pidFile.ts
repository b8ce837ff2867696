import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { Effect, Option } from "effect"

/** `postmaster.pid`, which the server writes when it starts and removes when it stops in good order. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  readonly socketFolder: string
  /** "starting", "ready", "stopping" or "standby"; "" while it is being written. */
  readonly status: string
}

const pathOf = (cluster: string) => join(cluster, "postmaster.pid")

/** Lines (PostgreSQL `src/include/utils/pidfile.h`): pid, folder, start time, port, socket folder, address, memory, status. */
export const readPidFile = (
  cluster: string
): Effect.Effect<Option.Option<PidFile>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const lines = (yield* fs.readFileString(pathOf(cluster))).split("\n")
    const pid = Number.parseInt(lines[0] ?? "", 10)
    if (Number.isNaN(pid)) return Option.none()
    return Option.some({
      pid: Math.abs(pid),
      port: Number.parseInt(lines[3] ?? "0", 10),
      socketFolder: lines[4] ?? "",
      status: (lines[7] ?? "").trim()
    })
  }).pipe(Effect.orElseSucceed(() => Option.none()))

/**
 * For a server that has ended. Its number may belong to someone else by now (after a power loss), or to a
 * process that ended but still has a number because nobody waited for it; either way the next server would
 * refuse to start. It takes its own parent's number for stale, so we put ours. The rest of the file stays: by
 * it the server finds out whether backends of the old one still hold the shared memory.
 */
export const disownPidFile = (cluster: string): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const [, ...rest] = (yield* fs.readFileString(pathOf(cluster))).split("\n")
    yield* fs.writeFileString(pathOf(cluster), [process.pid, ...rest].join("\n"))
  }).pipe(Effect.ignore)

const sameFile = (one: FileSystem.File.Info, other: FileSystem.File.Info) =>
  one.dev === other.dev && Option.getOrNull(one.ino) === Option.getOrNull(other.ino)

/**
 * Whether that process is a server on this very folder: a server's working directory is its cluster (Linux).
 * Where that is hidden from us it is another user's process, and a server runs as the owner of its cluster.
 * Where neither can be seen (no /proc) the file has to be believed.
 */
export const isServerOf = (
  cluster: string,
  pid: number
): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const ours = yield* fs.stat(cluster)
    const byFolder = Effect.map(fs.stat(`/proc/${pid}/cwd`), (its) => sameFile(its, ours))
    const byOwner = Effect.map(
      fs.stat(`/proc/${pid}`),
      ({ uid }) => Option.getOrNull(uid) === Option.getOrNull(ours.uid)
    )
    return yield* Effect.orElse(byFolder, () => byOwner)
  }).pipe(Effect.orElseSucceed(() => true))
