import {
  BucketLocationConstraint,
  CreateBucketCommand,
  ListBucketsCommand,
  type ListBucketsCommandOutput,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  type S3Client
} from "@aws-sdk/client-s3"
import type { ObjectEntry, S3Account } from "./S3Calls.ts"

interface Options {
  readonly abortSignal: AbortSignal
}

const ignoreOwned = (error: unknown) => {
  // Made by another process meanwhile, or by this one before it was cut off.
  if (!(error instanceof Error && error.name === "BucketAlreadyOwnedByYou")) throw error
}

/** AWS wants every region but its first to be named; other servers have one, and names of their own. */
const locationOf = (region: string) => {
  const LocationConstraint = Object.values(BucketLocationConstraint).find((name) => name === region)
  return LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint } }
}

/** Safe to repeat: a bucket of ours that exists is set up again. */
export const makeBucketWith = async (
  client: S3Client,
  { region, keepRemovedDays }: S3Account,
  { bucket, options }: { readonly bucket: string; readonly options: Options }
): Promise<void> => {
  await client
    .send(new CreateBucketCommand({ Bucket: bucket, ...locationOf(region) }), options)
    .catch(ignoreOwned)
  if (keepRemovedDays === 0) return
  await client.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    options
  )
  const rule = {
    ID: "postroom-removed",
    Status: "Enabled",
    Filter: { Prefix: "" },
    NoncurrentVersionExpiration: { NoncurrentDays: keepRemovedDays },
    Expiration: { ExpiredObjectDeleteMarker: true }
  } as const
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: { Rules: [rule] }
    }),
    options
  )
}

export const bucketsWith = async (
  client: S3Client,
  prefix: string,
  options: Options
): Promise<ReadonlyArray<string>> => {
  const names: Array<string> = []
  let next: { readonly ContinuationToken?: string } | undefined = {}
  while (next !== undefined) {
    const page: ListBucketsCommandOutput = await client.send(
      new ListBucketsCommand({ Prefix: prefix, ...next }),
      options
    )
    for (const { Name = "" } of page.Buckets ?? []) if (Name.startsWith(prefix)) names.push(Name)
    next = page.ContinuationToken ? { ContinuationToken: page.ContinuationToken } : undefined
  }
  return names
}

export const objectsWith = async (
  client: S3Client,
  of: { readonly bucket: string; readonly prefix: string; readonly after: string; readonly limit: number },
  options: Options
): Promise<ReadonlyArray<ObjectEntry>> => {
  const after = of.after === "" ? {} : { StartAfter: of.after }
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: of.bucket, Prefix: of.prefix, MaxKeys: of.limit, ...after }),
    options
  )
  return Contents.map(({ Key = "", Size = 0, LastModified }) => ({
    key: Key,
    sizeBytes: Size,
    // Of unknown age: as young as can be.
    storedAt: LastModified?.getTime() ?? Number.MAX_SAFE_INTEGER
  }))
}

export const uploadsWith = async (
  client: S3Client,
  { bucket, startedBefore }: { readonly bucket: string; readonly startedBefore: number },
  options: Options
): Promise<ReadonlyArray<{ readonly key: string; readonly uploadId: string }>> => {
  const old: Array<{ readonly key: string; readonly uploadId: string }> = []
  let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {}
  while (next !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, ...next }),
      options
    )
    for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? []) {
      if (Initiated !== undefined && Initiated.getTime() < startedBefore) {
        old.push({ key: Key, uploadId: UploadId })
      }
    }
    next = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker ?? "", UploadIdMarker: page.NextUploadIdMarker ?? "" }
      : undefined
  }
  return old
}
