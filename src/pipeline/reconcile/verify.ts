import { Duration, Effect, Stream } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import { ContentId } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import { BlobStore, type BlobUnavailable } from "../../storage/blobs/BlobStore.ts"
import {
  type BlobProblem,
  BlobReferences,
  type ReferencedBlob
} from "../../storage/reconcile/BlobReferences.ts"

/** Contents of one step: what is done again after a crash. */
const page = 50

type Problem = Exclude<BlobProblem, "unreferenced">

interface Walk {
  /** Null = nothing is wrong. */
  readonly check: (blob: ReferencedBlob) => Effect.Effect<Problem | null, BlobUnavailable | Unavailable>
  /** What a blob without a fault does not have any more. */
  readonly disproves: ReadonlyArray<BlobProblem>
  /** How long to leave the store to others after a blob. */
  readonly pause: (blob: ReferencedBlob) => Duration.Duration
}

const sentences = {
  missing: "the blob of a message is missing",
  corrupt: "the blob of a message does not match its checksum, or cannot be read"
} satisfies Record<Problem, string>

/** The step of a pass over everything that messages refer to. */
const makeWalk = ({ check, disproves, pause }: Walk) =>
  Effect.gen(function* () {
    const references = yield* BlobReferences

    /** It may have been removed since the page was read: then nothing is wrong. */
    const report = (blob: ReferencedBlob, problem: Problem) =>
      Effect.flatMap(references.report(blob, problem), (isNeeded) =>
        isNeeded && blob.problem !== problem
          ? Effect.annotateLogs(Effect.logError(sentences[problem]), { blob: blob.key })
          : Effect.void
      )

    const settle = (blob: ReferencedBlob, problem: Problem | null) => {
      if (problem !== null) return report(blob, problem)
      return blob.problem !== null && disproves.includes(blob.problem)
        ? references.mended(blob.key, blob.problem)
        : Effect.void
    }

    const one = (blob: ReferencedBlob) =>
      Effect.flatMap(check(blob), (problem) => settle(blob, problem)).pipe(
        Effect.zipLeft(Effect.sleep(pause(blob)))
      )

    return (cursor: string | null) =>
      Effect.gen(function* () {
        const blobs = yield* references.referenced(cursor === null ? null : ContentId(cursor), page)
        yield* Effect.forEach(blobs, one, { discard: true })
        const last = blobs.length < page ? undefined : blobs.at(-1)
        if (last !== undefined) return last.contentId
        yield* references.forgetMissing
        return null
      })
  })

/** Whether every blob is there, as large as it was. */
export const makeMissing = ({ checked }: { readonly checked: number }) =>
  Effect.flatMap(BlobStore, (blobs) =>
    makeWalk({
      disproves: ["missing"],
      pause: () => Duration.seconds(1 / checked),
      check: ({ key, sizeBytes }) =>
        blobs.sizeBytes(key).pipe(
          Effect.map((found) => (found === sizeBytes ? null : ("corrupt" as const))),
          Effect.catchTag("BlobNotFound", () => Effect.succeed("missing" as const)),
          Effect.tap(() => metrics.blobsChecked.inc({ pass: "missing" }))
        )
    })
  )

/** Whether every blob still is what was stored. */
export const makeCorrupt = ({ scrubbedBytes }: { readonly scrubbedBytes: number }) =>
  Effect.flatMap(BlobStore, (blobs) => {
    const read = (blob: ReferencedBlob) =>
      Stream.runForEach(blobs.stream(blob), (piece) =>
        Effect.sync(() => metrics.blobBytesRead.inc(piece.length))
      )
    return makeWalk({
      disproves: ["missing", "corrupt"],
      pause: ({ sizeBytes }) => Duration.seconds(sizeBytes / scrubbedBytes),
      check: (blob) =>
        Effect.retry(read(blob), { while: ({ _tag }) => _tag === "BlobUnavailable", times: 1 }).pipe(
          Effect.as(null),
          Effect.catchTags({
            BlobNotFound: () => Effect.succeed("missing" as const),
            BlobCorrupt: () => Effect.succeed("corrupt" as const),
            // A store that is away does not know its size, either. A bad sector does not end the pass.
            BlobUnavailable: () => Effect.as(blobs.sizeBytes(blob.key), "corrupt" as const)
          }),
          Effect.catchTag("BlobNotFound", () => Effect.succeed("missing" as const)),
          Effect.tap(() => metrics.blobsChecked.inc({ pass: "corrupt" }))
        )
    })
  })
