import { Clock, Duration, Effect, Either, Schema } from "effect"
import { BlobKey, ContentId, isUuid, TenantId } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import { type BlobEntry, BlobStore } from "../../storage/blobs/BlobStore.ts"
import { tenantPrefix } from "../../storage/blobs/blobKey.ts"
import { BlobReferences, type DueBlob, type ListedBlob } from "../../storage/reconcile/BlobReferences.ts"
import type { ReconcilerSettings } from "./ReconcilerConfig.ts"

/** First every tenant's blobs are listed and noted, then those that were noted long enough are removed. */
const Place = Schema.parseJson(
  Schema.Union(
    Schema.TaggedStruct("List", {
      tenantId: Schema.String.pipe(Schema.fromBrand(TenantId)),
      after: Schema.NullOr(Schema.String.pipe(Schema.fromBrand(BlobKey)))
    }),
    Schema.TaggedStruct("Remove", {
      after: Schema.NullOr(Schema.String.pipe(Schema.fromBrand(BlobKey))),
      isInDoubt: Schema.Boolean
    })
  )
)
type Place = typeof Place.Type
const decodePlace = Schema.decodeEither(Place)
const encodePlace = Schema.encodeSync(Place)

/** Blobs of one step; what S3 lists at once. */
const page = 1000

type Settings = Pick<ReconcilerSettings, "grace" | "removes" | "maxUnknown" | "listed">

/** The content that a blob holds; undefined for a blob that is none of ours, which nobody touches. */
const contentOf = (key: BlobKey): ContentId | undefined => {
  const [, name = ""] = /\/([^/]+)\.eml$/.exec(key) ?? []
  return isUuid(name) ? ContentId(name) : undefined
}

/**
 * The step of a pass that removes blobs which nobody needs. One goes only if it was stored longer ago than the grace
 * time, if nobody needed it at two looks so far apart, and if the database says so in this very moment; whatever fails or
 * is cut short on the way leaves more blobs, never fewer.
 */
export const makeUnreferenced = (settings: Settings) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const references = yield* BlobReferences
    const graceMillis = Duration.toMillis(settings.grace)

    const firstAfter = (tenantId: TenantId | null) =>
      Effect.map(references.tenants(tenantId, 1), ([next]) => next)

    const beginRemoving = Effect.gen(function* () {
      const unknown = yield* references.unknown(graceMillis)
      const isInDoubt = unknown > settings.maxUnknown
      metrics.blobFindings.set({ problem: "doubtful" }, isInDoubt ? unknown : 0)
      if (isInDoubt) {
        yield* Effect.annotateLogs(
          Effect.logError("the database has never heard of many blobs; they stay until somebody has looked"),
          { blobs: unknown, limit: settings.maxUnknown }
        )
      }
      return { _tag: "Remove", after: null, isInDoubt } satisfies Place
    })

    const nextTenant = (after: TenantId | null) =>
      Effect.flatMap(firstAfter(after), (tenantId) =>
        tenantId === undefined
          ? beginRemoving
          : Effect.succeed<Place>({ _tag: "List", tenantId, after: null })
      )

    /** Old enough that whoever stored it has had the time to say what for. */
    const candidates = (entries: ReadonlyArray<BlobEntry>, now: number): ReadonlyArray<ListedBlob> =>
      entries.flatMap(({ key, sizeBytes, storedAt }) => {
        const contentId = contentOf(key)
        return contentId === undefined || storedAt > now - graceMillis ? [] : [{ key, contentId, sizeBytes }]
      })

    const list = Effect.fnUntraced(function* (tenantId: TenantId, after: BlobKey | null) {
      const entries = yield* blobs.list(tenantPrefix(tenantId), { after, limit: page })
      yield* references.sight(candidates(entries, yield* Clock.currentTimeMillis))
      metrics.blobsChecked.inc({ pass: "unreferenced" }, entries.length)
      yield* Effect.sleep(Duration.seconds(entries.length / settings.listed))
      const last = entries.length < page ? undefined : entries.at(-1)
      return last === undefined
        ? yield* nextTenant(tenantId)
        : ({ _tag: "List", tenantId, after: last.key } satisfies Place)
    })

    const removeAll = Effect.fnUntraced(function* (due: ReadonlyArray<DueBlob>) {
      yield* Effect.forEach(due, ({ key }) => blobs.remove(key), { concurrency: 4, discard: true })
      yield* references.forget(due)
      metrics.blobsRemoved.inc(due.length)
    })

    const remove = Effect.fnUntraced(function* (after: BlobKey | null, isInDoubt: boolean) {
      const { blobs: due, last } = yield* references.due({ after, limit: page }, graceMillis)
      if (settings.removes) yield* removeAll(isInDoubt ? due.filter(({ isKnown }) => isKnown) : due)
      return last === null ? null : ({ _tag: "Remove", after: last, isInDoubt } satisfies Place)
    })

    const stepFrom = (place: Place) =>
      place._tag === "List"
        ? Effect.map(list(place.tenantId, place.after), (next): Place | null => next)
        : remove(place.after, place.isInDoubt)

    return (cursor: string | null) =>
      Effect.gen(function* () {
        // A cursor of another version: the pass begins anew.
        const place = cursor === null ? null : Either.getOrNull(decodePlace(cursor))
        const next = place === null ? yield* nextTenant(null) : yield* stepFrom(place)
        return next === null ? null : encodePlace(next)
      })
  })
