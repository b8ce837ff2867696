import { Data } from "effect"

export type S3Problem =
  /** The key that must not exist does. */
  | "exists"
  | "not-found"
  | "no-bucket"
  /** The range begins behind the last byte. */
  | "beyond-end"
  | "full"
  /** The server will not, however often it is asked: rights, signature, a request that it does not know. */
  | "refused"
  /** The server is away, overloaded, or broke off. */
  | "away"
  | "timeout"
  /** Bytes did not arrive as they were sent. */
  | "damaged"
  /** The server was busy with the same key. */
  | "conflict"

/** Why one call to S3 did not do what it was made for. */
export class S3Failed extends Data.TaggedError("S3Failed")<{
  readonly problem: S3Problem
  /** The server's word for it, or the system's: `SlowDown`, `ECONNRESET`. */
  readonly code: string
  /** Whether the server may have done all the same what it was asked to. */
  readonly mayBeDone: boolean
}> {
  override get message() {
    return `S3: ${this.problem} (${this.code})`
  }
}

/** Whether there is no such object. */
export const isMissing = ({ problem }: S3Failed): boolean =>
  problem === "not-found" || problem === "no-bucket"

/** Where a call goes, and for how long it may take. */
export interface At {
  /** Number of the endpoint. */
  readonly endpoint: number
  readonly millis: number
}

export interface BucketAt extends At {
  readonly bucket: string
}

export interface ObjectAt extends BucketAt {
  readonly key: string
}

export interface Upload extends ObjectAt {
  readonly uploadId: string
}

/** A part that the server has. */
export interface Part {
  readonly number: number
  readonly etag: string
  /** SHA-256 of the part, base64. */
  readonly checksum: string
}

export interface ObjectHead {
  readonly sizeBytes: number
  /** Of the put that made the object; "" = not one of ours. */
  readonly putId: string
  /** "" where the bucket keeps no versions. */
  readonly versionId: string
}

export interface ObjectEntry {
  readonly key: string
  readonly sizeBytes: number
  /** Epoch milliseconds. */
  readonly storedAt: number
}

export interface ObjectRange {
  readonly bytes: Uint8Array
  /** Of the whole object. */
  readonly totalBytes: number
}

/**
 * The calls that the S3 driver makes, each of them once, at one endpoint and in its time; they reject with `S3Failed`
 * and nothing else. Plain data in and out, so that they can be made in another thread.
 */
export interface S3Calls {
  /** Only where the key does not exist. `checksum`: SHA-256 of the bytes, hex; the server compares it. */
  readonly putObject: (
    input: ObjectAt & {
      readonly bytes: Uint8Array
      readonly checksum: string
      readonly putId: string
    },
    signal: AbortSignal
  ) => Promise<void>
  readonly headObject: (input: ObjectAt, signal: AbortSignal) => Promise<ObjectHead>
  /** `end` is exclusive; what lies behind the object's end is cut. */
  readonly getRange: (
    input: ObjectAt & { readonly start: number; readonly end: number },
    signal: AbortSignal
  ) => Promise<ObjectRange>
  /** With `versionId` that version, for good; else what the bucket does with what is deleted. */
  readonly deleteObject: (
    input: ObjectAt & { readonly versionId: string },
    signal: AbortSignal
  ) => Promise<void>
  /** A bucket of ours that exists is set up again. */
  readonly makeBucket: (input: BucketAt, signal: AbortSignal) => Promise<void>
  readonly createUpload: (
    input: ObjectAt & { readonly putId: string },
    signal: AbortSignal
  ) => Promise<{ readonly uploadId: string }>
  readonly uploadPart: (
    input: Upload & { readonly number: number; readonly bytes: Uint8Array },
    signal: AbortSignal
  ) => Promise<Part>
  /** Only where the key does not exist. */
  readonly completeUpload: (
    input: Upload & { readonly parts: ReadonlyArray<Part> },
    signal: AbortSignal
  ) => Promise<void>
  readonly abortUpload: (input: Upload, signal: AbortSignal) => Promise<void>
  readonly listBuckets: (
    input: At & { readonly prefix: string },
    signal: AbortSignal
  ) => Promise<ReadonlyArray<string>>
  /** In the order of their keys, the next ones behind `after` ("" = from the beginning), at most `limit`. */
  readonly listObjects: (
    input: BucketAt & { readonly prefix: string; readonly after: string; readonly limit: number },
    signal: AbortSignal
  ) => Promise<ReadonlyArray<ObjectEntry>>
  /** Uploads begun before a time (epoch milliseconds) that have not ended. */
  readonly listUploads: (
    input: BucketAt & { readonly startedBefore: number },
    signal: AbortSignal
  ) => Promise<ReadonlyArray<{ readonly key: string; readonly uploadId: string }>>
}

/** What the calls need to know. Plain data. */
export interface S3Account {
  readonly endpoints: ReadonlyArray<string>
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** SSE-S3: the server encrypts what it stores, or the put fails. */
  readonly encrypts: boolean
  /** A bucket that is made keeps removed blobs for so many days; 0 = keeps no versions. */
  readonly keepRemovedDays: number
  readonly maxSockets: number
}
