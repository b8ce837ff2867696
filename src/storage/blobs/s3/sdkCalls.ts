import { createHash } from "node:crypto"
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand
} from "@aws-sdk/client-s3"
import { type At, type Part, type S3Account, type S3Calls, S3Failed } from "./S3Calls.ts"
import { s3FailureOf } from "./s3Failure.ts"
import { bucketsWith, makeBucketWith, objectsWith, uploadsWith } from "./sdkBuckets.ts"
import { makeClient } from "./sdkClient.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest()

/** The server has something else than what it was given, or will keep it otherwise than it must. */
const storedOtherwise = (code: string) => new S3Failed({ problem: "refused", code, mayBeDone: true })

/** S3's checksum of an object in parts: SHA-256 of the parts' checksums, and their number. */
const compositeOf = (parts: ReadonlyArray<Part>): string =>
  `${sha256(Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum, "base64")))).toString("base64")}-${parts.length}`

/** `bytes 0-9/10` */
const totalOf = (contentRange: string | undefined): number =>
  Number(/\/(\d+)$/.exec(contentRange ?? "")?.[1] ?? Number.NaN)

/** The calls, made with the AWS SDK in this thread. */
export const sdkCalls = (account: S3Account): S3Calls => {
  const clients = account.endpoints.map((endpoint) => makeClient(endpoint, account))
  const encryption = account.encrypts ? ({ ServerSideEncryption: "AES256" } as const) : {}

  /** Ends the call when its time is over, and says what went wrong in our words. */
  const at = async <A>(
    { endpoint, millis }: At,
    signal: AbortSignal,
    send: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<A>
  ): Promise<A> => {
    const client = clients[endpoint]
    if (client === undefined) throw new RangeError(`no endpoint ${endpoint}`)
    const own = new AbortController()
    const abort = () => own.abort()
    let isTimedOut = false
    const timer = setTimeout(() => {
      isTimedOut = true
      abort()
    }, millis)
    signal.addEventListener("abort", abort, { once: true })
    try {
      return await send(client, { abortSignal: own.signal })
    } catch (error) {
      throw s3FailureOf(error, isTimedOut)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", abort)
    }
  }

  return {
    putObject: ({ bucket, key, bytes, checksum, putId, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const digest = Buffer.from(checksum, "hex").toString("base64")
        const stored = await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: bytes,
            ContentLength: bytes.length,
            ContentType: "message/rfc822",
            IfNoneMatch: "*",
            ChecksumSHA256: digest,
            Metadata: { sha256: checksum, put: putId },
            ...encryption
          }),
          options
        )
        if ((stored.ChecksumSHA256 ?? digest) !== digest) throw storedOtherwise("ChecksumDiffers")
        if (account.encrypts && stored.ServerSideEncryption !== "AES256")
          throw storedOtherwise("NotEncrypted")
      }),

    headObject: ({ bucket, key, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options)
        return {
          sizeBytes: head.ContentLength ?? 0,
          putId: head.Metadata?.["put"] ?? "",
          versionId: head.VersionId ?? ""
        }
      }),

    getRange: ({ bucket, key, start, end, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const Range = `bytes=${start}-${end - 1}`
        const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }), options)
        const bytes = (await found.Body?.transformToByteArray()) ?? new Uint8Array()
        const totalBytes = totalOf(found.ContentRange)
        if (bytes.length !== Math.min(end, totalBytes) - start)
          throw new S3Failed({ problem: "damaged", code: "BodyCut", mayBeDone: false })
        return { bytes, totalBytes }
      }),

    deleteObject: ({ bucket, key, versionId, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const version = versionId === "" ? {} : { VersionId: versionId }
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ...version }), options)
      }),

    createUpload: ({ bucket, key, putId, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const upload = await client.send(
          new CreateMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            ContentType: "message/rfc822",
            ChecksumAlgorithm: "SHA256",
            Metadata: { put: putId },
            ...encryption
          }),
          options
        )
        if (account.encrypts && upload.ServerSideEncryption !== "AES256")
          throw storedOtherwise("NotEncrypted")
        return { uploadId: upload.UploadId ?? "" }
      }),

    uploadPart: ({ bucket, key, uploadId, number, bytes, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const checksum = sha256(bytes).toString("base64")
        const stored = await client.send(
          new UploadPartCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            PartNumber: number,
            Body: bytes,
            ContentLength: bytes.length,
            ChecksumSHA256: checksum
          }),
          options
        )
        return { number, etag: stored.ETag ?? "", checksum }
      }),

    completeUpload: ({ bucket, key, uploadId, parts, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        const stored = await client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            IfNoneMatch: "*",
            MultipartUpload: {
              Parts: parts.map(({ number, etag, checksum }) => ({
                PartNumber: number,
                ETag: etag,
                ChecksumSHA256: checksum
              }))
            }
          }),
          options
        )
        const checksum = compositeOf(parts)
        if ((stored.ChecksumSHA256 ?? checksum) !== checksum) throw storedOtherwise("ChecksumDiffers")
      }),

    abortUpload: ({ bucket, key, uploadId, ...where }, signal) =>
      at(where, signal, async (client, options) => {
        await client.send(
          new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }),
          options
        )
      }),

    makeBucket: ({ bucket, ...where }, signal) =>
      at(where, signal, (client, options) => makeBucketWith(client, account, { bucket, options })),

    listBuckets: ({ prefix, ...where }, signal) =>
      at(where, signal, (client, options) => bucketsWith(client, prefix, options)),

    listObjects: ({ bucket, prefix, after, limit, ...where }, signal) =>
      at(where, signal, (client, options) => objectsWith(client, { bucket, prefix, after, limit }, options)),

    listUploads: ({ bucket, startedBefore, ...where }, signal) =>
      at(where, signal, (client, options) => uploadsWith(client, { bucket, startedBefore }, options))
  }
}
