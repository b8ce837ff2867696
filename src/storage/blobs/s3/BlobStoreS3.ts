import { Config, type ConfigError, Effect, Layer, Schedule, type Scope, Stream } from "effect"
import type { BlobKey } from "../../../domain/ids.ts"
import { Secrets } from "../../../settings/Secrets.ts"
import { BlobStore } from "../BlobStore.ts"
import { requireBlobKey } from "../blobKey.ts"
import { makeDoubts } from "./Doubts.ts"
import { putPieces, putWhole } from "./putS3.ts"
import { makeReadsS3 } from "./readS3.ts"
import { type Call, makeS3Access, type S3Access } from "./S3Access.ts"
import { isMissing, type S3Calls } from "./S3Calls.ts"
import { accountOf, type S3Settings, s3Endpoints, s3Settings } from "./S3Config.ts"
import { S3Thread } from "./S3Thread.ts"
import { sweepUploads } from "./sweepUploads.ts"
import { unavailable } from "./unavailable.ts"

export interface BlobStoreS3Options {
  /** In place of the configuration. */
  readonly settings?: S3Settings
  /** For tests and benches: in place of a thread that makes them. */
  readonly calls?: S3Calls
}

/** A message of up to so many bytes is gathered from its pieces and needs no part. */
const bufferBytes = 256 * 1024

/** The calls of a thread that signs with the keys of the day. */
const inThread = (
  settings: S3Settings,
  newest: Effect.Effect<S3Settings>
): Effect.Effect<S3Access, never, Scope.Scope> =>
  Effect.gen(function* () {
    const thread = yield* Effect.acquireRelease(
      Effect.sync(() => new S3Thread(accountOf(settings))),
      (running) => Effect.promise(() => running.end())
    )
    let used = settings
    const followKeys = Effect.map(newest, (current) => {
      if (current === used) return
      used = current
      thread.use(accountOf(current))
    })
    const access = makeS3Access(thread.calls, settings)
    return {
      ...access,
      withinDeadline: (work) => Effect.zipRight(followKeys, access.withinDeadline(work)),
      patiently: (work) => Effect.zipRight(followKeys, access.patiently(work))
    }
  })

/** Not needed by anybody's start: while S3 is away the platform is up, and defers mail. */
const startSweep = (access: S3Access, settings: S3Settings): Effect.Effect<void, never, Scope.Scope> =>
  Effect.retry(sweepUploads(access, settings), {
    schedule: Schedule.spaced("1 minute"),
    while: ({ problem }) => problem !== "refused"
  }).pipe(
    Effect.catchAll(({ message }) => Effect.logWarning(`unfinished uploads cannot be swept: ${message}`)),
    Effect.zipRight(Effect.sleep(settings.staleAfter)),
    Effect.forever,
    Effect.forkScoped,
    Effect.asVoid
  )

const make = (
  options: BlobStoreS3Options
): Effect.Effect<typeof BlobStore.Service, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const secrets = yield* Secrets
    const newest = yield* secrets.current(
      options.settings === undefined ? s3Settings : Config.succeed(options.settings)
    )
    const settings = yield* newest
    const { partBytes, maxOpenWrites, deadline } = settings
    const access =
      options.calls === undefined ? yield* inThread(settings, newest) : makeS3Access(options.calls, settings)
    const doubts = yield* makeDoubts(access, deadline)
    const openWrites = yield* Effect.makeSemaphore(maxOpenWrites)
    yield* startSweep(access, settings)

    const putting = { access, doubts, openWrites, bufferBytes, partBytes }
    const put = <E>(key: BlobKey, bytes: Stream.Stream<Uint8Array, E>) =>
      requireBlobKey(key, () => putPieces(putting, key, bytes))
    return BlobStore.of({
      ...makeReadsS3(access, partBytes),
      put,
      putBytes: (key, bytes) =>
        bytes.length > partBytes
          ? put(key, Stream.make(bytes))
          : requireBlobKey(key, () => putWhole(putting, key, bytes)),
      remove: (key) =>
        requireBlobKey(key, () =>
          access
            .withinDeadline((attempt) => attempt(removal(access, key)))
            .pipe(
              Effect.catchIf(isMissing, () => Effect.void),
              Effect.mapError(unavailable)
            )
        )
    })
  })

/** As the bucket has it: where it keeps versions, the blob becomes an old one. */
const removal =
  ({ calls, placeOf }: S3Access, key: BlobKey): Call<void> =>
  (at, signal) =>
    calls.deleteObject({ ...placeOf(key), ...at, versionId: "" }, signal)

/** Blobs as objects of an S3 store, in a bucket per tenant. */
export const layerBlobStoreS3 = (
  options: BlobStoreS3Options = {}
): Layer.Layer<BlobStore, ConfigError.ConfigError> => Layer.scoped(BlobStore, make(options))

/** S3 where it is configured. */
export const layerBlobStoreS3Or = <E>(
  otherwise: Layer.Layer<BlobStore, E>
): Layer.Layer<BlobStore, E | ConfigError.ConfigError> =>
  Layer.unwrapEffect(
    Effect.map(
      s3Endpoints,
      (endpoints): Layer.Layer<BlobStore, E | ConfigError.ConfigError> =>
        endpoints.length === 0 ? otherwise : layerBlobStoreS3()
    )
  )
