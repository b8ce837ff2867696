import {
  GetObjectCommand,
  ListBucketsCommand,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  paginateListObjectsV2,
  type S3Client
} from "@aws-sdk/client-s3"
import { Effect, type Scope } from "effect"
import { s3ClientOf } from "./s3.ts"
import type { S3Keys } from "./s3Settings.ts"

/** An object in a bucket. */
export interface BucketBlob {
  readonly key: string
  /** Another one where the object was written anew. */
  readonly version: string
  /** Null where it was removed meanwhile. */
  readonly bytes: Effect.Effect<Buffer | null>
}

/** Every object of every bucket, whenever it is asked for. */
export const bucketBlobs = (
  keys: S3Keys
): Effect.Effect<Effect.Effect<ReadonlyArray<BucketBlob>>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => s3ClientOf(keys)),
      (client) => Effect.sync(() => client.destroy())
    ),
    (client) =>
      Effect.promise(async () => {
        const { Buckets = [] } = await client.send(new ListBucketsCommand())
        const found: Array<BucketBlob> = []
        for (const { Name: bucket = "" } of Buckets) {
          for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
            found.push(...blobsOf(client, bucket, page))
          }
        }
        return found
      })
  )

const blobsOf = (
  client: S3Client,
  bucket: string,
  { Contents = [] }: ListObjectsV2CommandOutput
): ReadonlyArray<BucketBlob> =>
  Contents.map(({ Key: key = "", ETag, LastModified }) => ({
    key,
    version: `${ETag} ${LastModified?.toISOString()}`,
    bytes: Effect.promise(async () => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      } catch (error) {
        if (error instanceof NoSuchKey) return null
        throw error
      }
    })
  }))
