import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Clock, type ConfigError, Duration, Effect, Layer, type Scope } from "effect"
import { errorCode } from "../../observability/errorCode.ts"
import { BlobReader } from "./BlobReader.ts"
import { BlobStore, BlobUnavailable } from "./BlobStore.ts"
import { type BlobStoreFsLimits, blobStoreFsLimits } from "./BlobStoreFsLimits.ts"
import { BlobWriter } from "./BlobWriter.ts"
import { requireBlobKey, requireBlobPrefix } from "./blobKey.ts"
import { type Files, nodeFiles } from "./files.ts"
import { Jobs } from "./Jobs.ts"
import { listBlobs } from "./listBlobs.ts"
import { type Perform, putStream } from "./putStream.ts"
import { makeReads, notFoundOr } from "./readBlob.ts"
import { removeStaleDrafts } from "./staleDrafts.ts"

export interface BlobStoreFsOptions {
  /** Absolute. A blob is the file of its key below it; drafts are in `blobs/.tmp`. */
  readonly dataFolder: string
  /** In place of what the configuration says. */
  readonly limits?: Partial<BlobStoreFsLimits>
  /** For tests: in place of the system's calls. */
  readonly files?: Files
}

/** Of a deadline; it is kept to within this part. */
const ticksPerDeadline = 4

const failureOf = (cause: unknown): Effect.Effect<never, BlobUnavailable> => {
  switch (errorCode(cause)) {
    case "":
      return Effect.die(cause)
    case "ENOSPC":
    case "EDQUOT":
      return new BlobUnavailable({ reason: "full", cause })
    default:
      return new BlobUnavailable({ reason: "io", cause })
  }
}

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, BlobUnavailable> =>
  Effect.async((resume) => {
    work().then(
      (value) => resume(Effect.succeed(value)),
      (cause) => resume(failureOf(cause))
    )
  })

/** Interrupting waits until the work has been undone, or the deadline has passed. */
const performWith =
  (jobs: Jobs): Perform =>
  (work) =>
    Effect.async((resume) => {
      const job = jobs.start(work, {
        succeed: (value) => resume(Effect.succeed(value)),
        fail: (cause) => resume(failureOf(cause)),
        expire: () => resume(new BlobUnavailable({ reason: "timeout" }))
      })
      return Effect.async<void>((done) => {
        job.abandon()
        job.onEnd(() => done(Effect.void))
      })
    })

const sweepDrafts = (folder: string, staleAfter: Duration.Duration) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    attempt(() => removeStaleDrafts(folder, now - Duration.toMillis(staleAfter)))
  )

/** What runs beside the calls: the deadlines' clock and the sweep of drafts that crashes left. */
const startUpkeep = (
  jobs: Jobs,
  { draftsFolder, limits }: { readonly draftsFolder: string; readonly limits: BlobStoreFsLimits }
): Effect.Effect<void, BlobUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const tickLength = Duration.unsafeDivide(limits.deadline, ticksPerDeadline)
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.delay(
          Effect.sync(() => jobs.tick()),
          tickLength
        )
      )
    )
    yield* sweepDrafts(draftsFolder, limits.staleAfter)
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.delay(Effect.ignoreLogged(sweepDrafts(draftsFolder, limits.staleAfter)), limits.staleAfter)
      )
    )
  })

const make = ({
  dataFolder,
  limits: overrides,
  files = nodeFiles
}: BlobStoreFsOptions): Effect.Effect<
  typeof BlobStore.Service,
  BlobUnavailable | ConfigError.ConfigError,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const limits = { ...(yield* blobStoreFsLimits), ...overrides }
    const draftsFolder = join(dataFolder, "blobs", ".tmp")
    yield* attempt(() => mkdir(draftsFolder, { recursive: true, mode: 0o700 }))
    const jobs = new Jobs({ maxRunning: limits.maxConcurrent, ticksAllowed: ticksPerDeadline })
    const writer = new BlobWriter({
      files,
      root: dataFolder,
      draftsFolder,
      maxOpenDirectories: limits.maxOpenDirectories
    })
    yield* Effect.addFinalizer(() =>
      // A disk that hangs at the end must not keep the process: its descriptors go with it.
      Effect.promise(() => jobs.idle().then(() => writer.close())).pipe(
        Effect.disconnect,
        Effect.timeoutOption(limits.deadline)
      )
    )
    yield* startUpkeep(jobs, { draftsFolder, limits })

    const perform = performWith(jobs)
    const openWrites = yield* Effect.makeSemaphore(limits.maxOpenWrites)
    const disk = { writer, perform, openWrites, limits }
    return BlobStore.of({
      ...makeReads(perform, { reader: new BlobReader(files, dataFolder), pieceBytes: limits.bufferBytes }),
      put: (key, bytes) => requireBlobKey(key, () => putStream(disk, { key, bytes })),
      putBytes: (key, bytes) =>
        requireBlobKey(key, () => perform((job) => writer.putWhole(key, { bytes, job }))),
      list: (prefix, page) =>
        requireBlobPrefix(prefix, () =>
          perform((job) => listBlobs({ files, root: dataFolder }, prefix, { page, job }))
        ),
      remove: (key) =>
        requireBlobKey(key, () =>
          perform(() => files.unlink(join(dataFolder, key))).pipe(
            Effect.mapError(notFoundOr),
            Effect.catchTag("BlobNotFound", () => Effect.void)
          )
        )
    })
  })

/** Blobs as files of one folder, for one machine or a shared POSIX file system. */
export const layerBlobStoreFs = (
  options: BlobStoreFsOptions
): Layer.Layer<BlobStore, BlobUnavailable | ConfigError.ConfigError> => Layer.scoped(BlobStore, make(options))
