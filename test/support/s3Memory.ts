import { randomUUID } from "node:crypto"
import { type ObjectAt, type S3Calls, S3Failed, type S3Problem } from "../../src/storage/blobs/s3/S3Calls.ts"

export const s3Failed = (problem: S3Problem, mayBeDone = false) =>
  new S3Failed({ problem, code: "test", mayBeDone })

interface Stored {
  readonly bytes: Uint8Array
  readonly putId: string
}

/** S3 in memory, one store behind every endpoint; no more of it than the driver needs. */
export interface S3Memory {
  readonly calls: S3Calls
  readonly objects: Map<string, Stored>
  readonly buckets: Set<string>
  /** Uploads under way, by id: the parts of each. */
  readonly uploads: Map<string, Map<number, Uint8Array>>
}

export const makeS3Memory = (): S3Memory => {
  const objects = new Map<string, Stored>()
  const buckets = new Set<string>()
  const uploads = new Map<string, Map<number, Uint8Array>>()
  const putIds = new Map<string, string>()
  const find = ({ bucket, key }: ObjectAt): Stored => {
    const found = objects.get(`${bucket}/${key}`)
    if (found === undefined) throw s3Failed("not-found")
    return found
  }
  const store = ({ bucket, key }: ObjectAt, stored: Stored) => {
    if (!buckets.has(bucket)) throw s3Failed("no-bucket")
    if (objects.has(`${bucket}/${key}`)) throw s3Failed("exists")
    objects.set(`${bucket}/${key}`, stored)
  }
  const calls: S3Calls = {
    putObject: async (input) => store(input, { bytes: new Uint8Array(input.bytes), putId: input.putId }),
    headObject: async (input) => {
      const { bytes, putId } = find(input)
      return { sizeBytes: bytes.length, putId, versionId: "" }
    },
    getRange: async (input) => {
      const { bytes } = find(input)
      if (input.start >= bytes.length) throw s3Failed("beyond-end")
      return { bytes: bytes.slice(input.start, input.end), totalBytes: bytes.length }
    },
    deleteObject: async ({ bucket, key }) => void objects.delete(`${bucket}/${key}`),
    makeBucket: async ({ bucket }) => void buckets.add(bucket),
    createUpload: async ({ bucket, putId }) => {
      if (!buckets.has(bucket)) throw s3Failed("no-bucket")
      const uploadId = randomUUID()
      uploads.set(uploadId, new Map())
      putIds.set(uploadId, putId)
      return { uploadId }
    },
    uploadPart: async ({ uploadId, number, bytes }) => {
      uploads.get(uploadId)?.set(number, new Uint8Array(bytes))
      return { number, etag: `${number}`, checksum: "" }
    },
    completeUpload: async (input) => {
      const parts = uploads.get(input.uploadId)
      if (parts === undefined) throw s3Failed("not-found")
      const bytes = Buffer.concat(input.parts.map(({ number }) => parts.get(number) ?? new Uint8Array()))
      store(input, { bytes, putId: putIds.get(input.uploadId) ?? "" })
      uploads.delete(input.uploadId)
    },
    abortUpload: async ({ uploadId }) => void uploads.delete(uploadId),
    listBuckets: async ({ prefix }) => [...buckets].filter((name) => name.startsWith(prefix)),
    listObjects: async ({ bucket, prefix, after, limit }) => {
      if (!buckets.has(bucket)) throw s3Failed("no-bucket")
      return [...objects]
        .filter(([name]) => name.startsWith(`${bucket}/${prefix}`) && name > `${bucket}/${after}`)
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .slice(0, limit)
        .map(([name, { bytes }]) => ({
          key: name.slice(bucket.length + 1),
          sizeBytes: bytes.length,
          // As if all of it were new.
          storedAt: Date.now()
        }))
    },
    listUploads: async () => []
  }
  return { calls, objects, buckets, uploads }
}
