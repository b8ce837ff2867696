import { Context, type Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { BlobKey, ContentId, TenantId } from "../../domain/ids.ts"
import type { BlobRef } from "../blobs/BlobStore.ts"

/** What can be wrong between a blob and its rows. */
export const blobProblems = ["unreferenced", "missing", "corrupt"] as const
export type BlobProblem = (typeof blobProblems)[number]

/** A blob as the store lists it. */
export interface ListedBlob {
  readonly key: BlobKey
  readonly contentId: ContentId
  readonly sizeBytes: number
}

/** A blob as the rows have it. */
export interface ReferencedBlob extends BlobRef {
  readonly contentId: ContentId
  /** What was found wrong with it before; null = nothing. */
  readonly problem: BlobProblem | null
}

export interface BlobFinding {
  readonly key: BlobKey
  readonly problem: BlobProblem
  readonly sizeBytes: number
  /** Epoch milliseconds. */
  readonly foundAt: number
}

/** A blob that nobody has referred to for as long as was asked. */
export interface DueBlob extends ListedBlob {
  /** Whether the database has rows that say that it was stored: not so where its message was never read. */
  readonly isKnown: boolean
}

/**
 * Which blobs are needed, and what was found wrong with them. A blob is needed by a message of any mailbox, by a message
 * that was removed from a mailbox on hold, and by a task that is not done for good: one that waits, runs or is dead.
 */
export class BlobReferences extends Context.Tag("postroom/storage/BlobReferences")<
  BlobReferences,
  {
    /** In the order of their ids, from behind `after`. */
    readonly tenants: (
      after: TenantId | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<TenantId>, Unavailable>
    /** Notes which of these nobody needs, and forgets that note of the others. How many nobody needs. */
    readonly sight: (blobs: ReadonlyArray<ListedBlob>) => Effect.Effect<number, Unavailable>
    /**
     * In the order of their keys: those that were noted so long ago and that nobody needs now, either. A note of
     * others is forgotten. `last`: where the next page begins; null = at the end.
     */
    readonly due: (
      page: { readonly after: BlobKey | null; readonly limit: number },
      graceMillis: number
    ) => Effect.Effect<{ readonly blobs: ReadonlyArray<DueBlob>; readonly last: BlobKey | null }, Unavailable>
    /** How many of those that were noted so long ago the database has no rows of. */
    readonly unknown: (graceMillis: number) => Effect.Effect<number, Unavailable>
    /** The blobs are gone: forgets them, and what was read of their messages. */
    readonly forget: (blobs: ReadonlyArray<ListedBlob>) => Effect.Effect<void, Unavailable>
    /** What messages refer to, in the order of content ids, each once. */
    readonly referenced: (
      after: ContentId | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<ReferencedBlob>, Unavailable>
    /** Notes the problem where the blob is still needed; says whether it is. */
    readonly report: (
      blob: ReferencedBlob,
      problem: Exclude<BlobProblem, "unreferenced">
    ) => Effect.Effect<boolean, Unavailable>
    /** The blob does not have that problem any more. */
    readonly mended: (key: BlobKey, problem: BlobProblem) => Effect.Effect<void, Unavailable>
    /** Forgets what is missing and needed no more. */
    readonly forgetMissing: Effect.Effect<void, Unavailable>
    readonly findings: (
      problem: BlobProblem,
      page: { readonly after: BlobKey | null; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<BlobFinding>, Unavailable>
    readonly counts: Effect.Effect<
      ReadonlyArray<{ readonly problem: BlobProblem; readonly count: number }>,
      Unavailable
    >
  }
>() {}
