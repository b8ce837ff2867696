import { Clock, Effect, Layer, Stream } from "effect"
import { Unavailable } from "../domain/errors.ts"
import { type BlobKey, ContentId, TaskId, type TenantId } from "../domain/ids.ts"
import { Boundaries } from "../observability/boundaries.ts"
import { type BlobRef, BlobStore, type BlobUnavailable } from "../storage/blobs/BlobStore.ts"
import { blobKey } from "../storage/blobs/blobKey.ts"
import { Directory } from "../storage/directory/Directory.ts"
import { Streams } from "../storage/streams/Streams.ts"
import { publishMail } from "../storage/streams/taskTrace.ts"
import { type InboundEnvelope, Intake, type Recipient, StorageFull } from "./Intake.ts"
import { byTenant, ingestTask } from "./mailTasks.ts"
import { makeResolve } from "./resolve.ts"
import { traceFields } from "./trace.ts"
import { uuidV7 } from "./uuidV7.ts"

export const layer: Layer.Layer<Intake, never, BlobStore | Streams | Directory> = Layer.effect(
  Intake,
  Effect.gen(function* () {
    const accept = makeAccept(yield* BlobStore, yield* Streams, yield* Boundaries)
    return Intake.of({ resolve: makeResolve(yield* Directory), accept })
  })
)

const makeAccept =
  (
    blobs: typeof BlobStore.Service,
    streams: typeof Streams.Service,
    boundaries: typeof Boundaries.Service
  ): (typeof Intake.Service)["accept"] =>
  (envelope, bytes) =>
    Effect.gen(function* () {
      const receivedAt = yield* Clock.currentTimeMillis
      const copies = planCopies(envelope, receivedAt)
      const message = withTrace(traceFields(envelope, receivedAt), bytes)
      const refs = yield* storeCopies(blobs, { keys: copies.map((copy) => copy.key), message })
      yield* boundaries.pass("blob-stored")
      const { sender, protocol, correlationId } = envelope
      const tasks = refs.flatMap((ref, index) => {
        const copy = copies[index]
        if (copy === undefined) return []
        const taskId = TaskId(uuidV7(receivedAt))
        return [
          ingestTask(
            { ...copy, taskId, ref, receivedAt, sender, protocol, correlationId, notBefore: null },
            copy.recipients
          )
        ]
      })
      // From here on the blobs stay, even when this fails: the commit may have happened.
      yield* publishMail(streams, tasks)
      yield* boundaries.pass("rung")
      return { contents: copies, sizeBytes: refs[0]?.sizeBytes ?? 0 }
    })

/** The one copy of the message that all recipients of a tenant share. */
interface Copy {
  readonly tenantId: TenantId
  readonly contentId: ContentId
  readonly key: BlobKey
  readonly recipients: ReadonlyArray<Recipient>
}

const planCopies = (envelope: InboundEnvelope, receivedAt: number): ReadonlyArray<Copy> =>
  byTenant(envelope.recipients).map(([tenantId, recipients]) => {
    const contentId = ContentId(uuidV7(receivedAt))
    return { tenantId, contentId, key: blobKey({ tenantId, contentId, acceptedAt: receivedAt }), recipients }
  })

type Bytes<E> = Uint8Array | Stream.Stream<Uint8Array, E>

/** What the sender's stream failed with, kept apart from the failures of the store that reads it. */
class SourceFailed<E> {
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

const withTrace = <E>(trace: Uint8Array, bytes: Bytes<E>): Bytes<SourceFailed<E>> =>
  bytes instanceof Uint8Array
    ? Buffer.concat([trace, bytes])
    : Stream.concat(
        Stream.make(trace),
        Stream.mapError(bytes, (error) => new SourceFailed(error))
      )

/** Stores the message under every key: a stream is read once and copied from the first blob. All or none. */
const storeCopies = <E>(
  blobs: typeof BlobStore.Service,
  { keys, message }: { readonly keys: ReadonlyArray<BlobKey>; readonly message: Bytes<SourceFailed<E>> }
): Effect.Effect<ReadonlyArray<BlobRef>, E | Unavailable | StorageFull> =>
  Effect.suspend(() => {
    const stored: Array<BlobRef> = []
    const store = (key: BlobKey): Effect.Effect<BlobRef, BlobUnavailable | SourceFailed<E | Unavailable>> => {
      if (message instanceof Uint8Array) return blobs.putBytes(key, message)
      const [first] = stored
      return blobs.put<SourceFailed<E | Unavailable>>(
        key,
        first === undefined ? message : copyOf(blobs, first)
      )
    }
    return Effect.forEach(keys, (key) => Effect.tap(store(key), (ref) => stored.push(ref))).pipe(
      Effect.mapError((error) => (error instanceof SourceFailed ? error.error : refusal(error))),
      Effect.onError(() =>
        Effect.forEach(stored, (ref) => Effect.ignore(blobs.remove(ref.key)), { discard: true })
      )
    )
  })

const copyOf = (
  blobs: typeof BlobStore.Service,
  ref: BlobRef
): Stream.Stream<Uint8Array, SourceFailed<Unavailable>> =>
  Stream.mapError(blobs.stream(ref), (error) => new SourceFailed(away(error)))

const refusal = (error: BlobUnavailable): Unavailable | StorageFull =>
  error.reason === "full" ? new StorageFull() : away(error)

const away = (cause: unknown) => new Unavailable({ what: "blobs", cause })
