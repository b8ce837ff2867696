import { createHash } from "node:crypto"
import { isUuid } from "../../../domain/ids.ts"

/** Where a blob lies: in its tenant's bucket, under its whole key. */
export interface Place {
  readonly bucket: string
  readonly key: string
}

/** `blobs/{tenant}/…`, `parts/{tenant}/…` */
const tenantOf = (key: string): string => key.split("/", 2)[1] ?? ""

/** What is no UUID may hold what a bucket's name must not, and be longer. */
const bucketPart = (tenant: string): string =>
  isUuid(tenant) ? tenant : createHash("sha256").update(tenant).digest("hex").slice(0, 32)

/** Of a key, or of what keys begin with. */
export const s3Place = (bucketPrefix: string, key: string): Place => ({
  bucket: bucketPrefix + bucketPart(tenantOf(key)),
  key
})
