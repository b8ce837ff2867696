import { assert, describe, it } from "@effect/vitest"
import {
  ConfigProvider,
  Deferred,
  Duration,
  Effect,
  Exit,
  Layer,
  Logger,
  Queue,
  Scope,
  Stream,
  TestClock
} from "effect"
import { Unavailable } from "../../../src/domain/errors.ts"
import {
  BlobKey,
  ContentId,
  CorrelationId,
  FolderId,
  MessageId,
  ModSeq,
  TaskId,
  ThreadId,
  Uid
} from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import * as indexWorker from "../../../src/pipeline/indexWorker.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"
import { BlobNotFound, BlobStore, BlobUnavailable } from "../../../src/storage/blobs/BlobStore.ts"
import { type IndexedDocument, SearchFeed } from "../../../src/storage/search/SearchFeed.ts"
import { SearchMirror } from "../../../src/storage/search/SearchMirror.ts"
import { type ClaimedTask, type Payload, Streams } from "../../../src/storage/streams/Streams.ts"

const raw = Buffer.from("Subject: lunch\r\n\r\nAt noon in the usual place.")

const summary = (n: number): MessageSummary => {
  const { envelope, preview } = readMessage(raw)
  return {
    id: MessageId(n),
    folderId: FolderId(1),
    uid: Uid(n),
    flags: [],
    categories: [],
    sizeBytes: raw.length,
    threadId: ThreadId(1),
    ...envelope,
    date: null,
    receivedAt: 0,
    preview,
    hasAttachments: false,
    headers: {},
    contentId: ContentId("content"),
    blobKey: BlobKey("blob"),
    checksum: "",
    modSeq: ModSeq(1)
  }
}

/** What the worker stands on, in memory. */
interface Twins {
  /** What happens to tasks, in its order. */
  readonly story: Array<string>
  readonly written: Array<IndexedDocument>
  /** Messages that the feed still has. */
  left: number
  onRead: Effect.Effect<void, BlobNotFound | BlobUnavailable>
  onNext: Effect.Effect<void, Unavailable>
  readonly ring: (name: string, payload?: Payload) => void
}

const makeTwins = () => {
  const waiting: Array<ClaimedTask> = []
  const bell = Effect.runSync(Queue.sliding<void>(1))
  const twins: Twins = {
    story: [],
    written: [],
    left: 0,
    onRead: Effect.void,
    onNext: Effect.void,
    ring: (name: string, payload = { mailboxId: name }) => {
      waiting.push({
        taskId: TaskId(name),
        stream: "index",
        claimId: "",
        attempt: 1,
        correlationId: CorrelationId(name),
        tenantId: null,
        payload,
        createdAt: 0
      })
      Queue.unsafeOffer(bell, undefined)
    }
  }
  const names = (tasks: ReadonlyArray<ClaimedTask>) => tasks.map(({ taskId }) => taskId).join(" ")
  const tell = (what: string) => Effect.sync(() => void twins.story.push(what))
  const streams = Layer.mock(Streams, {
    rings: () => Stream.fromQueue(bell),
    claim: (_, { max }) => Effect.sync(() => waiting.splice(0, max)),
    ack: (tasks) => tell(`ack ${names(tasks)}`),
    release: (tasks, delayOf) =>
      tell(
        `release ${names(tasks)}${tasks.map((task) => (delayOf ? ` +${Duration.toMillis(delayOf(task))}` : "")).join("")}`
      ),
    fail: ({ taskId }, { error, final }) =>
      Effect.as(tell(`${final ? "dead" : "fail"} ${taskId}: ${error}`), "retry" as const)
  })
  const feed = Layer.mock(SearchFeed, {
    next: (mailboxId, limit) =>
      Effect.flatMap(
        Effect.suspend(() => twins.onNext),
        () =>
          Effect.sync(() => {
            const count = Math.min(limit, twins.left)
            if (count === 0) return null
            const numbers = Array.from({ length: count }, (_, n) => twins.left - n)
            return {
              mailboxId,
              before: { messageId: MessageId(0), modSeq: 0, rebuilt: null },
              after: { messageId: MessageId(1), modSeq: 1, rebuilt: null },
              messages: numbers.map((n) => ({ message: summary(n), parts: readMessage(raw).parts })),
              gone: [],
              more: twins.left > count
            }
          })
      ),
    store: (_, documents) =>
      Effect.sync(() => {
        twins.written.push(...documents)
        twins.left -= documents.length
        return true
      })
  })
  const mirror = Layer.succeed(SearchMirror, {
    follow: (mailboxId) => tell(`follow ${mailboxId}`)
  })
  const blobs = Layer.mock(BlobStore, {
    getRange: (_, { start, end }) =>
      Effect.as(
        Effect.suspend(() => twins.onRead),
        raw.subarray(start, end)
      )
  })
  const layer = (settings: Readonly<Record<string, string>> = {}) =>
    indexWorker.layer.pipe(
      Layer.provide(Layer.mergeAll(streams, feed, blobs, mirror)),
      Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))),
      Layer.provide(Logger.remove(Logger.defaultLogger))
    )
  return { twins, layer }
}

/** Longer than from one look to the next. */
const settle = TestClock.adjust("1 second")

describe("the index worker", () => {
  it.scoped("writes what a message says, and is done with the ring", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 3
      twins.ring("mailbox")
      yield* Layer.build(layer({ POSTROOM_INDEX_BATCH: "2" }))
      yield* settle
      assert.deepStrictEqual(twins.story, ["follow mailbox", "ack mailbox"])
      assert.strictEqual(twins.written.length, 3)
      assert.include(twins.written[0]?.words, " at noon in the usual place \n")
      assert.include(twins.written[0]?.heads, " #lunch \n")
    })
  )

  it.scoped("puts a mailbox off, as long again as it has waited, while blobs or database are away", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 1
      yield* Layer.build(layer())
      twins.onRead = new BlobUnavailable({ reason: "timeout" })
      twins.ring("a")
      yield* settle
      yield* TestClock.adjust("10 seconds")
      twins.onRead = Effect.void
      twins.onNext = new Unavailable({ what: "storage" })
      twins.ring("b")
      yield* settle
      assert.deepStrictEqual(twins.story, ["release a +1000", "release b +11000"])
      assert.deepStrictEqual(twins.written, [])
      twins.onNext = Effect.void
      twins.ring("c")
      yield* settle
      assert.strictEqual(twins.story.at(-1), "ack c")
      assert.strictEqual(twins.written.length, 1)
    })
  )

  it.scoped("makes do with the header where a text could not be read for an hour", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 1
      twins.onRead = new BlobUnavailable({ reason: "io" })
      yield* Layer.build(layer())
      yield* TestClock.adjust("61 minutes")
      twins.ring("late")
      yield* settle
      assert.strictEqual(twins.story.at(-1), "ack late")
      assert.include(twins.written[0]?.heads, " #lunch \n")
    })
  )

  it.scoped("makes do with the header where the text is gone for good or cannot be read", () =>
    Effect.gen(function* () {
      for (const onRead of [new BlobNotFound(), Effect.dieMessage("a bug")]) {
        const { twins, layer } = makeTwins()
        twins.left = 1
        twins.onRead = onRead
        twins.ring("mailbox")
        yield* Layer.build(layer())
        yield* settle
        assert.strictEqual(twins.story.at(-1), "ack mailbox")
        assert.include(twins.written[0]?.heads, " #lunch \n")
        assert.include(twins.written[0]?.words, " at noon ")
      }
    })
  )

  it.scoped("lets others go before when its turn is over", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 5
      twins.onRead = Effect.sleep("2 seconds")
      twins.ring("long")
      yield* Layer.build(
        layer({ POSTROOM_INDEX_BATCH: "1", POSTROOM_INDEX_TURN: "3 seconds", POSTROOM_INDEX_REST: "0" })
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(twins.story.at(-1), "release long")
      assert.strictEqual(twins.written.length, 2)
    })
  )

  it.scoped("rests after each batch as long as it took", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 3
      twins.onRead = Effect.sleep("2 seconds")
      twins.ring("busy")
      yield* Layer.build(layer({ POSTROOM_INDEX_BATCH: "1" }))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(twins.written.length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(twins.written.length, 2)
    })
  )

  it.scoped("counts a defect as an attempt, and gives up what is no task at once", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.onNext = Effect.dieMessage("a bug")
      twins.ring("bug")
      twins.ring("nonsense", { nonsense: true })
      yield* Layer.build(layer())
      yield* settle
      assert.sameMembers(twins.story, ["fail bug: defect", "dead nonsense: the payload is no index task"])
      twins.onNext = Effect.void
      twins.ring("next")
      yield* settle
      assert.strictEqual(twins.story.at(-1), "ack next")
    })
  )

  it.effect("gives its tasks back at a stop", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      const begun = yield* Deferred.make<void>()
      twins.onNext = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      twins.ring("a")
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(layer(), scope)
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(twins.story, ["release a"])
    })
  )

  it.scoped("takes nothing where it is to index no mailboxes", () =>
    Effect.gen(function* () {
      const { twins, layer } = makeTwins()
      twins.left = 1
      twins.ring("a")
      yield* Layer.build(layer({ POSTROOM_INDEX_MAILBOXES: "0" }))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(twins.story, [])
    })
  )
})
