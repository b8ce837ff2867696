import { randomBytes } from "node:crypto"
import { type Chunk, Effect, type Stream } from "effect"
import type { BlobKey } from "../../../domain/ids.ts"
import type { BlobRef, BlobUnavailable } from "../BlobStore.ts"
import { checksumOf, newHash } from "../checksum.ts"
import { forEachChunk } from "../putStream.ts"
import type { Doubts } from "./Doubts.ts"
import { attemptIn, type Call, type S3Access } from "./S3Access.ts"
import { type At, type Part, S3Failed, type Upload } from "./S3Calls.ts"
import { unavailable } from "./unavailable.ts"

export interface PutS3 {
  readonly access: S3Access
  readonly doubts: Doubts
  /** Held by each message that has outgrown the buffer. */
  readonly openWrites: Effect.Semaphore
  readonly bufferBytes: number
  readonly partBytes: number
}

/** An upload, wherever it is called next. */
type UploadInPlace = Omit<Upload, keyof At>

const ofThisProcess = randomBytes(8).toString("hex")
let puts = 0

/** Kept with the object, so that a put that failed knows what it made from what was there. */
const newPutId = () => {
  puts += 1
  return `${ofThisProcess}-${puts}`
}

/** The call after which the key exists. That it exists already is as good: same key, same content. */
const commit = (
  { access, doubts }: PutS3,
  { key, putId, call }: { readonly key: BlobKey; readonly putId: string; readonly call: Call<void> }
): Effect.Effect<void, S3Failed> => {
  const { bucket } = access.placeOf(key)
  const settle = access.withinDeadline((attempt) =>
    doubts.withKey(key, (earlier) => {
      let unanswered = 0
      const counted: Call<void> = async (at, signal) => {
        unanswered += 1
        try {
          await call(at, signal)
        } catch (error) {
          if (error instanceof S3Failed && !error.mayBeDone) unanswered -= 1
          throw error
        }
      }
      return attemptIn(access, attempt, { bucket, call: counted }).pipe(
        Effect.catchIf(
          ({ problem }) => problem === "exists",
          () => Effect.void
        ),
        Effect.onError(() => {
          const doubted = unanswered > 0 ? [...earlier, putId] : [...earlier]
          return doubted.length === 0 ? Effect.void : doubts.add(key, new Set(doubted))
        })
      )
    })
  )
  return Effect.onInterrupt(settle, () => doubts.settled(key))
}

const putObject = (
  deps: PutS3,
  key: BlobKey,
  { bytes, checksum }: { readonly bytes: Uint8Array; readonly checksum: string }
): Effect.Effect<BlobRef, S3Failed> => {
  const { access } = deps
  const putId = newPutId()
  const object = { ...access.placeOf(key), bytes, checksum, putId }
  const call: Call<void> = (at, signal) => access.calls.putObject({ ...object, ...at }, signal)
  return Effect.as(commit(deps, { key, putId, call }), { key, checksum, sizeBytes: bytes.length })
}

/** Bytes at hand, of at most a part, with one call. */
export const putWhole = (
  deps: PutS3,
  key: BlobKey,
  bytes: Uint8Array
): Effect.Effect<BlobRef, BlobUnavailable> => Effect.mapError(hashAndPut(deps, key, bytes), unavailable)

const hashAndPut = (deps: PutS3, key: BlobKey, bytes: Uint8Array) =>
  Effect.flatMap(
    Effect.promise(() => checksumOf(bytes)),
    (checksum) => putObject(deps, key, { bytes, checksum })
  )

/** What is copied and hashed at a time, so that one large piece does not hold the event loop. */
const sliceBytes = 1024 * 1024

/** One message on its way in. */
class Incoming {
  readonly #deps: PutS3
  readonly #key: BlobKey
  readonly #hash = newHash()
  readonly #putId = newPutId()
  /** Taken and not yet in a part. */
  #waiting: Array<Uint8Array> = []
  #waitingBytes = 0
  #sizeBytes = 0
  /** Shared memory, so that the thread that sends it needs no copy. */
  #part: Uint8Array | undefined
  #filled = 0
  #upload: UploadInPlace | undefined
  readonly #parts: Array<Part> = []
  #isOver = false
  #hasPermit = false

  constructor(deps: PutS3, key: BlobKey) {
    this.#deps = deps
    this.#key = key
  }

  readonly take = (pieces: Chunk.Chunk<Uint8Array>): Effect.Effect<void, S3Failed> => {
    for (const piece of pieces) {
      this.#waiting.push(piece)
      this.#waitingBytes += piece.length
      this.#sizeBytes += piece.length
    }
    if (this.#part === undefined && this.#waitingBytes < this.#deps.bufferBytes) return Effect.void
    return Effect.zipRight(this.#permit(), this.#fill())
  }

  finish(): Effect.Effect<BlobRef, S3Failed> {
    const part = this.#part
    if (part === undefined) {
      const [first, ...others] = this.#waiting
      const bytes = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#waiting)
      return hashAndPut(this.#deps, this.#key, bytes)
    }
    const upload = this.#upload
    const checksum = this.#hash.digest("hex")
    if (upload === undefined) {
      return putObject(this.#deps, this.#key, { bytes: part.subarray(0, this.#filled), checksum })
    }
    const ref = { key: this.#key, checksum, sizeBytes: this.#sizeBytes }
    return Effect.zipRight(this.#send(part.subarray(0, this.#filled)), Effect.as(this.#complete(upload), ref))
  }

  /** After success, failure and interruption alike. */
  cleanUp(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { access, openWrites } = this.#deps
      const release = this.#hasPermit ? openWrites.release(1) : Effect.void
      const upload = this.#upload
      if (upload === undefined || this.#isOver) return release
      const abort = access.withinDeadline((attempt) =>
        attempt((at, signal) => access.calls.abortUpload({ ...upload, ...at }, signal))
      )
      // What cannot be ended now is swept later.
      return Effect.zipRight(Effect.ignore(abort), release)
    })
  }

  #permit(): Effect.Effect<void, S3Failed> {
    if (this.#hasPermit) return Effect.void
    const { access, openWrites } = this.#deps
    return Effect.uninterruptibleMask((restore) =>
      Effect.map(restore(access.inTime(openWrites.take(1))), () => {
        this.#hasPermit = true
      })
    )
  }

  /** Moves what waits into parts, and sends every part that is full and not the last. */
  #fill(): Effect.Effect<void, S3Failed> {
    return Effect.suspend(() => {
      const next = this.#waiting[0]
      if (next === undefined) return Effect.void
      this.#part ??= new Uint8Array(new SharedArrayBuffer(this.#deps.partBytes))
      const part = this.#part
      const slice = next.subarray(0, Math.min(sliceBytes, part.length - this.#filled))
      if (slice.length === 0 && next.length > 0) {
        this.#part = undefined
        this.#filled = 0
        return Effect.zipRight(this.#send(part), this.#fill())
      }
      part.set(slice, this.#filled)
      this.#hash.update(slice)
      this.#filled += slice.length
      this.#waitingBytes -= slice.length
      if (slice.length === next.length) this.#waiting.shift()
      else this.#waiting[0] = next.subarray(slice.length)
      return slice.length < sliceBytes ? this.#fill() : Effect.zipRight(Effect.yieldNow(), this.#fill())
    })
  }

  #begin(): Effect.Effect<UploadInPlace, S3Failed> {
    if (this.#upload !== undefined) return Effect.succeed(this.#upload)
    const { access } = this.#deps
    const place = access.placeOf(this.#key)
    const call: Call<{ readonly uploadId: string }> = (at, signal) =>
      access.calls.createUpload({ ...place, ...at, putId: this.#putId }, signal)
    const create = access.withinDeadline((attempt) =>
      attemptIn(access, attempt, { bucket: place.bucket, call })
    )
    return Effect.map(create, ({ uploadId }) => {
      this.#upload = { ...place, uploadId }
      return this.#upload
    })
  }

  #send(bytes: Uint8Array): Effect.Effect<void, S3Failed> {
    const { access } = this.#deps
    return Effect.flatMap(this.#begin(), (upload) => {
      const part = { ...upload, number: this.#parts.length + 1, bytes }
      const send = access.withinDeadline((attempt) =>
        attempt((at, signal) => access.calls.uploadPart({ ...part, ...at }, signal))
      )
      return Effect.map(send, (sent) => {
        this.#parts.push(sent)
      })
    })
  }

  #complete(upload: UploadInPlace): Effect.Effect<void, S3Failed> {
    const call: Call<void> = async (at, signal) => {
      await this.#deps.access.calls.completeUpload({ ...upload, ...at, parts: this.#parts }, signal)
      this.#isOver = true
    }
    return commit(this.#deps, { key: this.#key, putId: this.#putId, call })
  }
}

/**
 * A small message is gathered and put with one call; a larger one goes to the server part by part, and is there when
 * its upload is completed.
 */
export const putPieces = <E>(
  deps: PutS3,
  key: BlobKey,
  bytes: Stream.Stream<Uint8Array, E>
): Effect.Effect<BlobRef, BlobUnavailable | E> =>
  Effect.suspend(() => {
    const incoming = new Incoming(deps, key)
    return forEachChunk(bytes, (pieces) => Effect.mapError(incoming.take(pieces), unavailable)).pipe(
      Effect.zipRight(Effect.suspend(() => Effect.mapError(incoming.finish(), unavailable))),
      Effect.ensuring(incoming.cleanUp())
    )
  })
