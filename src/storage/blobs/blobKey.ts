import { Data, Effect } from "effect"
import { BlobKey, type ContentId, type TenantId } from "../../domain/ids.ts"

/**
 * Where an accepted message lies: `blobs/{tenant}/{yyyy}/{mm}/{dd}/{message_id}.eml`.
 * `acceptedAt` in epoch milliseconds; its day is taken in UTC.
 */
export const blobKey = ({
  tenantId,
  contentId,
  acceptedAt
}: {
  readonly tenantId: TenantId
  readonly contentId: ContentId
  readonly acceptedAt: number
}): BlobKey => {
  const day = new Date(acceptedAt).toISOString().slice(0, 10).replaceAll("-", "/")
  return BlobKey(`blobs/${tenantId}/${day}/${contentId}.eml`)
}

// A segment that begins with a dot is `.`, `..` or a store's own (`.tmp`); 255 bytes is what file systems take.
const segment = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}"
const form = new RegExp(`^(?:blobs|parts)(?:/${segment})+$`)

/** A relative path below `blobs/` or `parts/` that can name nothing else, at most 1,024 bytes (S3's limit). */
export const isBlobKey = (text: string): text is BlobKey => text.length <= 1024 && form.test(text)

/** Keys come from `blobKey` or from our own tables: another one is a mistake of ours. */
export class InvalidBlobKey extends Data.TaggedError("InvalidBlobKey") {}

/** Dies with `InvalidBlobKey` rather than let a store see such a key. */
export const requireBlobKey = <A, E>(key: BlobKey, then: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => (isBlobKey(key) ? then() : Effect.die(new InvalidBlobKey())))

/** What the keys of all messages of a tenant begin with. */
export const tenantPrefix = (tenantId: TenantId): string => `blobs/${tenantId}/`

const prefixForm = new RegExp(`^(?:blobs|parts)(?:/${segment})+/$`)

/** As `requireBlobKey`, for what keys begin with: it names a tenant and ends with a slash. */
export const requireBlobPrefix = <A, E>(
  prefix: string,
  then: () => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.suspend(() =>
    prefix.length <= 1024 && prefixForm.test(prefix) ? then() : Effect.die(new InvalidBlobKey())
  )
