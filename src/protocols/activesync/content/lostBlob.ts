import type { Unavailable } from "../../../domain/errors.ts"

/** The blob is missing or damaged: asking again will not help. */
export const isLostBlob = ({ cause }: Unavailable): boolean =>
  typeof cause === "object" &&
  cause !== null &&
  "_tag" in cause &&
  (cause._tag === "BlobNotFound" || cause._tag === "BlobCorrupt")
