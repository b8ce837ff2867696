import { Cause, Clock, Duration, Effect, Either, Option, Schema } from "effect"
import type { MessageContent } from "../domain/Content.ts"
import { type CoreError, isTemporary, type Unavailable } from "../domain/errors.ts"
import type { NewMessage } from "../domain/Message.ts"
import { boundary } from "../observability/boundaries.ts"
import { metrics } from "../observability/metrics.ts"
import { spanned, spannedInEach, under } from "../observability/spans.ts"
import { defaultMimeReaderOptions, MimeReader } from "../protocols/mime/MimeReader.ts"
import { Core } from "../rpc/Core.ts"
import { BlobStore } from "../storage/blobs/BlobStore.ts"
import { ContentStore } from "../storage/contents/ContentStore.ts"
import type { ClaimedTask } from "../storage/streams/Streams.ts"
import { IngestTask } from "./IngestTask.ts"
import { makeSettlement } from "./settlement.ts"

/** A task whose payload is understood. */
interface Order {
  readonly task: ClaimedTask
  readonly ingest: IngestTask
}

/** One whose message was read, too. */
interface Readable extends Order {
  readonly content: MessageContent
}

/** Messages that go their way together. */
interface Group {
  readonly orders: ReadonlyArray<Order>
  /** Epoch milliseconds; later there is not enough left of the claim. */
  readonly beginBy: number
}

const decodeTask = Schema.decodeUnknownEither(IngestTask)

/** Up to here a message is read on the event loop; a larger one may have to wait for a thread. */
const smallBytes = defaultMimeReaderOptions.inlineBytes
const isSmall = ({ ingest }: Order): boolean => ingest.sizeBytes <= smallBytes

/** The small ones together, so that they share statements; then each large one by itself. */
const groupsOf = (orders: ReadonlyArray<Order>): ReadonlyArray<ReadonlyArray<Order>> => {
  const small = orders.filter(isSmall)
  const large = orders.flatMap((order) => (isSmall(order) ? [] : [[order]]))
  return small.length === 0 ? large : [small, ...large]
}

/**
 * Reads messages that were claimed together and asks Core to deliver them. Each task is acknowledged, failed, put off or
 * given back before its claim ends. True where all were put off.
 */
export const makeIngestBatch = ({
  hold,
  memoryBytes
}: {
  readonly hold: Duration.Duration
  /** Octets of large messages that are read at a time; one that is larger than that is read alone. */
  readonly memoryBytes: number
}) =>
  Effect.gen(function* () {
    const blobs = yield* BlobStore
    const reader = yield* MimeReader
    const contents = yield* ContentStore
    const core = yield* Core
    const settlement = yield* makeSettlement
    const memory = yield* Effect.makeSemaphore(memoryBytes)
    // To begin, to read and to deliver; the last quarter of a claim is for writing down what came of it. Where claims
    // are too short for that they end early, and work is done twice; with less time none would ever be done.
    const limit = Duration.max(Duration.times(hold, 1 / 4), "1 second")
    const inTime = Effect.timeoutOption(limit)

    /** None where the task was given up, or is left open. */
    const read = ({ task, ingest }: Order): Effect.Effect<Option.Option<Readable>> =>
      blobs.get({ key: ingest.blobKey, checksum: ingest.checksum }).pipe(
        Effect.flatMap((raw) =>
          spanned(reader.read(raw, { correlation_id: task.correlationId }), () => ({ name: "mime read" }))
        ),
        Effect.map((content) => Option.some({ task, ingest, content })),
        Effect.catchTags({
          BlobUnavailable: () => Effect.succeedNone,
          BlobNotFound: () => settlement.giveUp(task, "the blob is missing", false),
          BlobCorrupt: () => settlement.giveUp(task, "the blob does not match its checksum", false)
        })
      )

    const readInTurn = (order: Order) =>
      isSmall(order)
        ? read(order)
        : memory.withPermits(Math.min(order.ingest.sizeBytes, memoryBytes))(read(order))

    const notDelivered = (
      task: ClaimedTask,
      errors: ReadonlyArray<CoreError>
    ): Effect.Effect<Option.Option<never>> =>
      errors.every(willPass) ? Effect.succeedNone : settlement.giveUp(task, ...causes(errors))

    /** The task where every recipient has it. */
    const deliver = ({ task, ingest, content }: Readable): Effect.Effect<Option.Option<ClaimedTask>> =>
      core
        .deliver(
          {
            principal: { _tag: "Service", name: "worker-ingest" },
            correlationId: task.correlationId,
            origin: ingest.protocol,
            remote: null
          },
          {
            taskId: task.taskId,
            message: newMessage(ingest, content),
            recipients: ingest.recipients.map(({ mailboxId }) => ({ mailboxId, target: ingest.target }))
          }
        )
        .pipe(
          Effect.flatMap((outcomes) => {
            const errors = outcomes.flatMap(({ error }) => (error === null ? [] : [error]))
            return errors.length === 0 ? Effect.succeedSome(task) : notDelivered(task, errors)
          }),
          Effect.catchAll((error) => notDelivered(task, [error]))
        )

    const keep = (messages: ReadonlyArray<Readable>) =>
      spannedInEach(
        contents.put(
          messages.map(({ ingest, content }) => ({
            contentId: ingest.contentId,
            blobKey: ingest.blobKey,
            parts: content.parts
          }))
        ),
        settlement.spansOf(messages.map(({ task }) => task)),
        () => ({ name: "contents put", kind: "client", attributes: { messages: messages.length } })
      )

    /** What is done for one message alone belongs to its trace. */
    const inTraceOf = <A>(task: ClaimedTask, effect: Effect.Effect<A>): Effect.Effect<A> =>
      under(effect, settlement.spanOf(task))

    const work = Effect.fnUntraced(function* (orders: ReadonlyArray<Order>) {
      const readable: Array<Readable> = []
      yield* inTime(
        Effect.forEach(orders, (order) => collect(inTraceOf(order.task, readInTurn(order)), readable), {
          concurrency: 8,
          discard: true
        })
      )
      if (readable.length === 0) return
      const delivered: Array<ClaimedTask> = []
      const deliverAll = Effect.forEach(
        readable,
        (one) => collect(inTraceOf(one.task, deliver(one)), delivered),
        {
          concurrency: "unbounded",
          discard: true
        }
      )
      yield* inTime(Effect.zipRight(keep(readable), deliverAll))
      yield* settlement.acknowledge(delivered)
    })

    /** After a bug each goes alone, so that none fails for another. */
    const recover = (cause: Cause.Cause<Unavailable>, { orders, beginBy }: Group): Effect.Effect<void> => {
      if (!Cause.isDie(cause)) return Effect.logWarning("the database is away; messages are put off")
      const again = (order: Order) =>
        orders.length > 1
          ? ingestGroup({ orders: [order], beginBy })
          : settlement.giveUp(order.task, "defect", false)
      return Effect.zipRight(
        logDefect(cause, orders),
        Effect.forEach(
          orders.filter(({ task }) => settlement.isOpen(task)),
          again,
          { discard: true }
        )
      )
    }

    const ingestGroup = (group: Group): Effect.Effect<void> =>
      Effect.gen(function* () {
        if ((yield* Clock.currentTimeMillis) >= group.beginBy) return
        yield* Effect.catchAllCause(work(group.orders), (cause) => recover(cause, group))
        yield* settlement.putOffOpen(group.orders.map(({ task }) => task))
      })

    const ingestAll = Effect.fnUntraced(function* (tasks: ReadonlyArray<ClaimedTask>, claimedAt: number) {
      yield* boundary("claimed")
      const understood: Array<Order> = []
      for (const task of tasks) {
        const decoded = decodeTask(task.payload)
        if (Either.isRight(decoded)) understood.push({ task, ingest: decoded.right })
        else yield* settlement.giveUp(task, "the payload is no ingest task", true)
      }
      const beginBy = claimedAt + Duration.toMillis(limit)
      for (const orders of groupsOf(understood)) yield* ingestGroup({ orders, beginBy })
      return tasks.every(settlement.isPutOff)
    })

    return (tasks: ReadonlyArray<ClaimedTask>, claimedAt: number): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        settlement.begin(tasks, claimedAt)
        return Effect.ensuring(
          Effect.interruptible(ingestAll(tasks, claimedAt)),
          settlement.giveBackOpen(tasks)
        )
      })
  })

/** The one at fault has gone alone, or will. */
const logDefect = (cause: Cause.Cause<unknown>, orders: ReadonlyArray<Order>): Effect.Effect<void> => {
  const [first, ...others] = orders
  const line = Effect.logError("ingest failed by a defect", cause)
  return first === undefined || others.length > 0
    ? line
    : Effect.annotateLogs(line, "correlation_id", first.task.correlationId)
}

/** What is there in the end goes into `found`. */
const collect = <A>(one: Effect.Effect<Option.Option<A>>, found: Array<A>): Effect.Effect<void> =>
  Effect.map(one, (result) => {
    if (Option.isSome(result)) found.push(result.value)
  })

/** What does not lie with the message or its mailbox. */
const willPass = (error: CoreError): boolean =>
  isTemporary(error) && !(error._tag === "Unavailable" && error.what === "quarantined")

/** What is written down of failed deliveries, and whether trying again is pointless: names of errors, never content. */
const causes = (errors: ReadonlyArray<CoreError>): [error: string, final: boolean] => [
  [...new Set(errors.map(({ _tag }) => _tag))].join(", "),
  !errors.some(isTemporary)
]

const newMessage = (ingest: IngestTask, content: MessageContent): NewMessage => {
  for (const defect of content.defects) metrics.mimeDefects.inc({ defect })
  return {
    contentId: ingest.contentId,
    blobKey: ingest.blobKey,
    checksum: ingest.checksum,
    sizeBytes: ingest.sizeBytes,
    envelope: content.envelope,
    topic: content.topic,
    preview: content.preview,
    headers: content.headers,
    hasAttachments: content.hasAttachments,
    receivedAt: ingest.receivedAt
  }
}
