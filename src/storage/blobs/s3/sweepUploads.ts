import { Clock, Duration, Effect } from "effect"
import type { S3Access } from "./S3Access.ts"
import { isMissing, type S3Failed } from "./S3Calls.ts"

const abort = (
  { calls, withinDeadline }: S3Access,
  upload: { readonly bucket: string; readonly key: string; readonly uploadId: string }
): Effect.Effect<void, S3Failed> =>
  withinDeadline((attempt) =>
    // Another process may have swept it meanwhile.
    Effect.catchIf(
      attempt((at, signal) => calls.abortUpload({ ...upload, ...at }, signal)),
      isMissing,
      () => Effect.void
    )
  )

/**
 * Ends the uploads in our buckets that were begun so long ago: a crash left them. By age and not all of them, because
 * other processes may be in the middle of theirs.
 */
export const sweepUploads = (
  access: S3Access,
  { bucketPrefix, staleAfter }: { readonly bucketPrefix: string; readonly staleAfter: Duration.Duration }
): Effect.Effect<void, S3Failed> =>
  Effect.gen(function* () {
    const { calls, withinDeadline } = access
    const startedBefore = (yield* Clock.currentTimeMillis) - Duration.toMillis(staleAfter)
    const buckets = yield* withinDeadline((attempt) =>
      attempt((at, signal) => calls.listBuckets({ prefix: bucketPrefix, ...at }, signal))
    )
    for (const bucket of buckets) {
      const uploads = yield* withinDeadline((attempt) =>
        attempt((at, signal) => calls.listUploads({ bucket, startedBefore, ...at }, signal))
      )
      yield* Effect.forEach(uploads, (upload) => abort(access, { bucket, ...upload }), { discard: true })
    }
  })
