import { ConfigProvider, Duration, Effect, Layer, Queue, Stream } from "effect"
import type { CoreError, Unavailable } from "../../src/domain/errors.ts"
import { CorrelationId, TaskId } from "../../src/domain/ids.ts"
import { Health } from "../../src/observability/health.ts"
import type { IngestTask } from "../../src/pipeline/IngestTask.ts"
import * as ingest from "../../src/pipeline/ingest.ts"
import { MimeReader } from "../../src/protocols/mime/MimeReader.ts"
import { Core } from "../../src/rpc/Core.ts"
import { BlobStore } from "../../src/storage/blobs/BlobStore.ts"
import { ContentStore } from "../../src/storage/contents/ContentStore.ts"
import { type ClaimedTask, type Payload, Streams } from "../../src/storage/streams/Streams.ts"

/** What the ingest worker stands on, in memory. Messages have names, and what happens to them is told in its order. */
export interface IngestTwins {
  /** `claim a`, `put a b`, `ack a b`, `release a +1000`, `fail a: why`, `dead a: why`. */
  readonly story: Array<string>
  /** Run while a message is read, before contents are put, and for what Core answers; a test may wait or fail there. */
  readonly on: {
    read: (name: string) => Effect.Effect<void>
    put: (names: ReadonlyArray<string>) => Effect.Effect<void, Unavailable>
    deliver: (name: string) => Effect.Effect<CoreError | null, CoreError>
  }
  isReady: boolean
  /** Octets of the messages that are being read, and at most so far. */
  readonly reading: { now: number; most: number }
  readonly accept: (name: string, sizeBytes?: number) => void
  readonly acceptNonsense: (name: string) => void
  readonly layer: (settings?: Readonly<Record<string, string>>) => ReturnType<typeof layer>
}

interface Waiting {
  /** Epoch milliseconds. */
  readonly notBefore: number
  readonly task: ClaimedTask
}

export const makeIngestTwins = (): IngestTwins => {
  const waiting: Array<Waiting> = []
  const enqueue = (name: string, payload: Payload) =>
    void waiting.push({
      notBefore: 0,
      task: {
        taskId: TaskId(name),
        stream: "mail_ingest",
        claimId: "",
        attempt: 0,
        correlationId: CorrelationId(name),
        tenantId: null,
        payload,
        createdAt: 0
      }
    })
  const twins: IngestTwins = {
    story: [],
    on: { read: () => Effect.void, put: () => Effect.void, deliver: () => Effect.succeed(null) },
    isReady: true,
    reading: { now: 0, most: 0 },
    accept: (name, sizeBytes = 1000) => enqueue(name, payloadOf(name, sizeBytes)),
    acceptNonsense: (name) => enqueue(name, { nonsense: true }),
    layer: (settings = {}) => layer(twins, { waiting, settings })
  }
  return twins
}

const payloadOf = (name: string, sizeBytes: number) =>
  ({
    contentId: name,
    tenantId: "tenant",
    blobKey: `${name}/${sizeBytes}`,
    checksum: "",
    sizeBytes,
    receivedAt: 0,
    sender: "a@b.test",
    protocol: "smtp",
    recipients: [{ mailboxId: "mailbox", addresses: [], detail: null }]
  }) satisfies typeof IngestTask.Encoded

const layer = (
  twins: IngestTwins,
  {
    waiting,
    settings
  }: { readonly waiting: Array<Waiting>; readonly settings: Readonly<Record<string, string>> }
) =>
  ingest.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        streams(twins, waiting),
        blobs(twins),
        contents(twins),
        core(twins),
        MimeReader.layerInline(),
        Layer.mock(Health, {
          readiness: Effect.sync(() => ({ ready: twins.isReady, checks: {} }))
        }),
        Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
      )
    )
  )

const streams = (twins: IngestTwins, waiting: Array<Waiting>) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const clock = yield* Effect.clock
      const bell = yield* Queue.sliding<void>(1)
      yield* Queue.offer(bell, undefined)
      const tell = (what: string) => void twins.story.push(what)
      const names = (tasks: ReadonlyArray<ClaimedTask>) => tasks.map(({ taskId }) => taskId).join(" ")
      const giveBack = (task: ClaimedTask, delay: number) => {
        tell(`release ${task.taskId} +${delay}`)
        waiting.push({
          notBefore: clock.unsafeCurrentTimeMillis() + delay,
          task: { ...task, attempt: task.attempt - 1 }
        })
        return Effect.forkIn(Effect.delay(Queue.offer(bell, undefined), delay), scope)
      }
      return Layer.mock(Streams, {
        rings: () => Stream.fromQueue(bell),
        claim: (_, { max }) =>
          Effect.sync(() => {
            const now = clock.unsafeCurrentTimeMillis()
            const due = waiting.filter(({ notBefore }) => notBefore <= now).slice(0, max)
            for (const one of due) waiting.splice(waiting.indexOf(one), 1)
            const claimed = due.map(({ task }) => ({ ...task, attempt: task.attempt + 1 }))
            if (claimed.length > 0) tell(`claim ${names(claimed)}`)
            return claimed
          }),
        ack: (tasks) => Effect.sync(() => tell(`ack ${names(tasks)}`)),
        fail: ({ taskId }, { error, final }) =>
          Effect.sync(() => {
            tell(`${final ? "dead" : "fail"} ${taskId}: ${error}`)
            return final ? "dead" : "retry"
          }),
        release: (tasks, delayOf = () => Duration.zero) =>
          Effect.forEach(tasks, (task) => giveBack(task, Duration.toMillis(delayOf(task))), { discard: true })
      })
    })
  )

const blobs = (twins: IngestTwins) =>
  Layer.mock(BlobStore, {
    get: ({ key }) => {
      const [name = "", size = ""] = key.split("/")
      const held = (more: number) =>
        Effect.sync(() => {
          twins.reading.now += more
          twins.reading.most = Math.max(twins.reading.most, twins.reading.now)
        })
      return Effect.acquireUseRelease(
        held(Number(size)),
        () =>
          Effect.as(
            Effect.suspend(() => twins.on.read(name)),
            Buffer.from(`Subject: ${name}\r\n\r\n`)
          ),
        () => held(-Number(size))
      )
    }
  })

const contents = (twins: IngestTwins) =>
  Layer.mock(ContentStore, {
    put: (some) =>
      Effect.suspend(() => {
        const names = some.map(({ contentId }) => contentId)
        return Effect.tap(twins.on.put(names), () => twins.story.push(`put ${names.join(" ")}`))
      })
  })

const core = (twins: IngestTwins) =>
  Layer.mock(Core, {
    deliver: (_, { taskId, recipients }) =>
      Effect.map(
        Effect.suspend(() => twins.on.deliver(taskId)),
        (error) => recipients.map(({ mailboxId }) => ({ mailboxId, error, modSeq: null, isDuplicate: false }))
      )
  })
