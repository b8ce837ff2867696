import { type Chunk, Effect, Option, Stream } from "effect"
import type { BlobKey } from "../../domain/ids.ts"
import { type BlobRef, BlobUnavailable } from "./BlobStore.ts"
import type { BlobStoreFsLimits } from "./BlobStoreFsLimits.ts"
import type { BlobWriter, Draft } from "./BlobWriter.ts"
import { newHash, updateInSlices } from "./checksum.ts"
import type { Job } from "./Jobs.ts"

/** Runs work at the disk under the deadline. */
export type Perform = <A>(work: (job: Job) => Promise<A>) => Effect.Effect<A, BlobUnavailable>

interface Disk {
  readonly writer: BlobWriter
  readonly perform: Perform
  /** Held by each message that has outgrown the buffer. */
  readonly openWrites: Effect.Semaphore
  readonly limits: BlobStoreFsLimits
}

/** One message on its way in. */
class Incoming {
  readonly #disk: Disk
  readonly #key: BlobKey
  readonly #hash = newHash()
  #gathered: Array<Uint8Array> = []
  #gatheredBytes = 0
  #sizeBytes = 0
  #draft: Draft | undefined
  #isAtDisk = false
  #hasPermit = false

  constructor(disk: Disk, key: BlobKey) {
    this.#disk = disk
    this.#key = key
  }

  readonly take = (pieces: Chunk.Chunk<Uint8Array>): Effect.Effect<void, BlobUnavailable> => {
    for (const piece of pieces) {
      this.#gathered.push(piece)
      this.#gatheredBytes += piece.length
    }
    return this.#gatheredBytes < this.#disk.limits.bufferBytes
      ? Effect.void
      : Effect.zipRight(
          this.#permit(),
          this.#step((job) => this.#write(job))
        )
  }

  finish(): Effect.Effect<BlobRef, BlobUnavailable> {
    return this.#step(async (job) => {
      const draft = await this.#write(job)
      await this.#disk.writer.commit(draft, this.#key, job)
      return { key: this.#key, checksum: this.#hash.digest("hex"), sizeBytes: this.#sizeBytes }
    })
  }

  /** After success, failure and interruption alike. */
  cleanUp(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const draft = this.#draft
      const release = this.#hasPermit ? this.#disk.openWrites.release(1) : Effect.void
      // Work that is still at the disk discards the draft itself: its descriptor must not be closed, and given to
      // another file, while a write to it is under way.
      return draft === undefined || this.#isAtDisk
        ? release
        : Effect.zipRight(
            Effect.promise(() => this.#disk.writer.discard(draft)),
            release
          )
    })
  }

  #permit(): Effect.Effect<void, BlobUnavailable> {
    if (this.#hasPermit) return Effect.void
    const taken = Effect.timeoutFail(this.#disk.openWrites.take(1), {
      duration: this.#disk.limits.deadline,
      onTimeout: () => new BlobUnavailable({ reason: "timeout" })
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.map(restore(taken), () => {
        this.#hasPermit = true
      })
    )
  }

  async #write(job: Job): Promise<Draft> {
    const bytes = this.#gathered.length === 1 ? this.#gathered[0] : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#draft ??= await this.#disk.writer.draft(job)
    if (bytes !== undefined) {
      this.#sizeBytes += bytes.length
      await Promise.all([
        this.#disk.writer.append(this.#draft, bytes, job),
        updateInSlices(this.#hash, bytes)
      ])
    }
    return this.#draft
  }

  #step<A>(work: (job: Job) => Promise<A>): Effect.Effect<A, BlobUnavailable> {
    return this.#disk.perform(async (job) => {
      this.#isAtDisk = true
      try {
        const result = await work(job)
        job.check()
        return result
      } catch (error) {
        if (this.#draft !== undefined) await this.#disk.writer.discard(this.#draft)
        throw error
      } finally {
        this.#isAtDisk = false
      }
    })
  }
}

/**
 * `Stream.runForEachChunk` costs 270 us a run, which is a sixth of a message's whole budget; pulling by hand less than
 * half of it.
 */
export const forEachChunk = <E, E2>(
  bytes: Stream.Stream<Uint8Array, E>,
  use: (pieces: Chunk.Chunk<Uint8Array>) => Effect.Effect<void, E2>
): Effect.Effect<void, E | E2> =>
  Effect.scoped(
    Effect.flatMap(Stream.toPull(bytes), (pull) => {
      const next: Effect.Effect<void, E | E2> = Effect.matchEffect(pull, {
        onSuccess: (pieces) => Effect.zipRight(use(pieces), next),
        onFailure: (end) => (Option.isNone(end) ? Effect.void : Effect.fail(end.value))
      })
      return next
    })
  )

/** A small message is gathered and written in one go, so that a slow sender holds neither file nor turn. */
export const putStream = <E>(
  disk: Disk,
  { key, bytes }: { readonly key: BlobKey; readonly bytes: Stream.Stream<Uint8Array, E> }
): Effect.Effect<BlobRef, BlobUnavailable | E> =>
  Effect.suspend(() => {
    const incoming = new Incoming(disk, key)
    return forEachChunk(bytes, incoming.take).pipe(
      Effect.zipRight(Effect.suspend(() => incoming.finish())),
      Effect.ensuring(incoming.cleanUp())
    )
  })
