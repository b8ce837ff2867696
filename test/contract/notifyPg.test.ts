import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Duration, Effect, Layer, Logger, Queue, Redacted, type Scope } from "effect"
import { CorrelationId, type MailboxId, ModSeq, TaskId } from "../../src/domain/ids.ts"
import * as notify from "../../src/pipeline/notify/notify.ts"
import { layerWebhook } from "../../src/pipeline/notify/webhook.ts"
import { uuidV7 } from "../../src/pipeline/uuidV7.ts"
import { NotifyTargets } from "../../src/storage/notify/NotifyTargets.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import type { StreamsSettings } from "../../src/storage/streams/StreamsConfig.ts"
import { layerWith } from "../../src/storage/streams/StreamsPg.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { statsOf } from "../support/streams.ts"
import { ask, delivered, layerUpkeepWorld, query, storedBlob, tenantId } from "../support/upkeepWorld.ts"
import { type Received, webhookServer } from "../support/webhookServer.ts"

const secret = Redacted.make(`whsec_${Buffer.alloc(32, 7).toString("base64")}`)

const worker = (streams: Partial<StreamsSettings>, settings: Readonly<Record<string, string>>) =>
  notify.layer.pipe(
    Layer.provide(layerWebhook),
    Layer.provideMerge(
      layerWith({
        retryBase: Duration.millis(1),
        retryCap: Duration.millis(1),
        sweepInterval: Duration.millis(100),
        ...streams
      })
    ),
    Layer.provide(
      Layer.setConfigProvider(
        ConfigProvider.fromMap(
          new Map(
            Object.entries({
              POSTROOM_WEBHOOK_ALLOWED_NETWORKS: "127.0.0.1",
              POSTROOM_NOTIFY_SPACING: "5 millis",
              ...settings
            })
          )
        )
      )
    ),
    Layer.orDie
  )

/** Runs with a worker on a database of its own. */
const withWorker = <A, E, R>(
  body: Effect.Effect<A, E, R | Scope.Scope>,
  {
    streams = {},
    settings = {}
  }: {
    readonly streams?: Partial<StreamsSettings>
    readonly settings?: Readonly<Record<string, string>>
  } = {}
) =>
  Effect.scoped(body).pipe(
    Effect.provide(
      Layer.mergeAll(worker(streams, settings), Logger.remove(Logger.defaultLogger)).pipe(
        Layer.provideMerge(layerUpkeepWorld)
      )
    )
  )

const subscribe = (url: string, mailboxId: MailboxId | null = null) =>
  Effect.gen(function* () {
    const targets = yield* NotifyTargets
    const id = uuidV7(yield* Clock.currentTimeMillis)
    const webhook = { id, tenantId, mailboxId, url, secret }
    return yield* targets.addWebhook(webhook)
  })

/** As the relay rings after a commit. */
const ring = (mailboxId: MailboxId, from: number) =>
  Effect.gen(function* () {
    const streams = yield* Streams
    yield* streams.publish([
      {
        taskId: TaskId(uuidV7(yield* Clock.currentTimeMillis)),
        stream: "notify",
        correlationId: CorrelationId("test"),
        tenantId,
        workKey: mailboxId,
        payload: { mailboxId, from: ModSeq(from) },
        notBefore: null
      }
    ])
  })

const next = (server: { readonly received: Queue.Dequeue<Received> }) =>
  Effect.map(Queue.take(server.received), ({ body }) => JSON.parse(body))

/** Waits until nothing is left to do. */
const drained = Effect.gen(function* () {
  const streams = yield* Streams
  return yield* Effect.repeat(
    Effect.delay(
      Effect.map(statsOf(streams, "notify"), (stats) => stats ?? { queued: 0, running: 0, dead: 0 }),
      "10 millis"
    ),
    { until: ({ queued, running }) => queued + running === 0 }
  )
})

const answering = (status: number) => (response: ServerResponse) => response.writeHead(status).end()

describe("the notify worker", () => {
  it.live("tells whoever wants to know of the mailbox or its tenant, and nobody else", () =>
    withWorker(
      Effect.gen(function* () {
        const [one, other] = [yield* newMailbox, yield* newMailbox]
        const [all, ofOne, ofOther] = [yield* webhookServer(), yield* webhookServer(), yield* webhookServer()]
        yield* subscribe(all.url)
        yield* subscribe(ofOne.url, one)
        yield* subscribe(ofOther.url, other)
        const messageId = yield* delivered(one, yield* storedBlob())
        yield* ring(one, 8)
        const expected = {
          type: "mailbox.changed",
          tenantId,
          mailboxId: one,
          from: 8,
          to: 8,
          more: false,
          changes: [{ modSeq: 8, type: "MessageAdded", messageId, folderId: 1 }]
        }
        assert.deepEqual(yield* next(all), expected)
        assert.deepEqual(yield* next(ofOne), expected)
        yield* drained
        assert.deepEqual([yield* Queue.size(all.received), yield* Queue.size(ofOther.received)], [0, 0])
      })
    )
  )

  it.live("tells ids and nothing of what mail says", () =>
    withWorker(
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        const server = yield* webhookServer()
        yield* subscribe(server.url)
        const messageId = yield* delivered(mailbox, yield* storedBlob(), { subject: "a secret subject" })
        yield* ask(mailbox, {
          _tag: "ChangeFlags",
          messageIds: [messageId],
          addFlags: ["\\Seen"],
          removeFlags: [],
          addCategories: ["a secret category"],
          removeCategories: []
        })
        yield* ask(mailbox, { _tag: "CreateFolder", name: "a secret folder", parentId: null })
        yield* ring(mailbox, 1)
        const { body } = yield* Queue.take(server.received)
        const { changes, to } = JSON.parse(body)
        assert.strictEqual(to, 10)
        assert.deepEqual(Object.keys(changes[8]), ["modSeq", "type", "messageId", "folderId"])
        for (const word of ["secret", "@", "example", "Inbox"]) assert.notInclude(body, word)
      })
    )
  )

  it.live("says that there is more than it tells, and that the journal does not go back so far", () =>
    withWorker(
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        const server = yield* webhookServer()
        yield* subscribe(server.url)
        const blob = yield* storedBlob()
        for (let n = 0; n < 105; n++) yield* delivered(mailbox, blob)
        yield* ring(mailbox, 8)
        const first = yield* next(server)
        assert.deepEqual([first.changes.length, first.to, first.more], [100, 107, true])
        yield* query("DELETE FROM mail_state.journal WHERE modseq < 50")
        yield* ring(mailbox, 8)
        const second = yield* next(server)
        assert.deepEqual([second.changes[0].modSeq, second.to, second.more], [50, 112, true])
      })
    )
  )

  it.live("tries a receiver again that refuses, without holding up or telling twice any other", () =>
    withWorker(
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        let refusals = 2
        const bad = yield* webhookServer((response) => answering(refusals-- > 0 ? 500 : 204)(response))
        const good = yield* webhookServer()
        yield* subscribe(bad.url)
        yield* subscribe(good.url)
        yield* delivered(mailbox, yield* storedBlob())
        yield* ring(mailbox, 8)
        const ids = yield* Effect.forEach([1, 2, 3], () =>
          Effect.map(Queue.take(bad.received), ({ headers }) => headers["webhook-id"])
        )
        // What is told again is named as before, so that it can be left.
        assert.strictEqual(new Set(ids).size, 1)
        assert.strictEqual((yield* drained).dead, 0)
        assert.strictEqual(yield* Queue.size(good.received), 1)
      })
    )
  )

  it.live("gives up in the end, for each receiver alone, and tells of it again when it is asked to", () =>
    withWorker(
      Effect.gen(function* () {
        const streams = yield* Streams
        const mailbox = yield* newMailbox
        let status = 503
        const server = yield* webhookServer((response) => answering(status)(response))
        yield* subscribe(server.url)
        yield* delivered(mailbox, yield* storedBlob())
        yield* ring(mailbox, 8)
        assert.strictEqual((yield* drained).dead, 1)
        const [letter] = yield* streams.deadLetters("notify", { after: null, limit: 10 })
        assert.deepEqual([letter?.error, letter?.payload["mailboxId"]], ["HTTP 503", mailbox])
        status = 204
        yield* streams.replay("notify", "all")
        assert.strictEqual((yield* drained).dead, 0)
      }),
      { streams: { maxAttempts: 2 } }
    )
  )

  it.live("does not wait for a receiver that never answers before it tells others", () =>
    withWorker(
      Effect.gen(function* () {
        const silent = yield* webhookServer(() => undefined)
        const good = yield* webhookServer()
        const mailboxes = yield* Effect.forEach(Array.from({ length: 30 }), () => newMailbox)
        yield* subscribe(silent.url)
        yield* subscribe(good.url)
        const blob = yield* storedBlob()
        for (const mailbox of mailboxes) {
          yield* delivered(mailbox, blob)
          yield* ring(mailbox, 8)
        }
        const told = yield* Queue.takeBetween(good.received, 30, 30)
        assert.strictEqual(told.length, 30)
        // No more than it may be asked at a time: it has answered none yet.
        assert.isAtMost(yield* Queue.size(silent.received), 3)
      }),
      { settings: { POSTROOM_WEBHOOK_TIMEOUT: "20 seconds", POSTROOM_NOTIFY_PER_TARGET: "3" } }
    )
  )

  it.live("sends nothing to an address that is not public, and says why", () =>
    withWorker(
      Effect.gen(function* () {
        const streams = yield* Streams
        const mailbox = yield* newMailbox
        const inside = yield* webhookServer(undefined, "127.0.0.2")
        const outside = yield* webhookServer((response) =>
          response.writeHead(302, { location: inside.url }).end()
        )
        yield* subscribe(inside.url)
        yield* subscribe(outside.url)
        yield* delivered(mailbox, yield* storedBlob())
        yield* ring(mailbox, 8)
        assert.strictEqual((yield* drained).dead, 2)
        const letters = yield* streams.deadLetters("notify", { after: null, limit: 10 })
        assert.sameMembers(
          letters.map(({ error, attempt }) => `${error} ${attempt}`),
          ["its address is not of the public internet 1", "redirect (302), not followed 2"]
        )
        assert.strictEqual(yield* Queue.size(inside.received), 0)
      }),
      { streams: { maxAttempts: 2 } }
    )
  )

  it.live("tells nothing more to a receiver that is gone or was removed, nor of a mailbox that is", () =>
    withWorker(
      Effect.gen(function* () {
        const targets = yield* NotifyTargets
        const mailbox = yield* newMailbox
        const gone = yield* webhookServer(answering(410))
        const removed = yield* webhookServer()
        yield* subscribe(gone.url)
        const { id } = yield* subscribe(removed.url)
        yield* delivered(mailbox, yield* storedBlob())
        yield* ring(mailbox, 8)
        yield* Queue.take(removed.received)
        assert.strictEqual((yield* drained).dead, 0)
        const [first] = yield* targets.webhooks(tenantId, { after: null, limit: 10 })
        assert.isNotNull(first?.goneAt)
        assert.isTrue(yield* targets.removeWebhook(id, tenantId))
        assert.isFalse(yield* targets.removeWebhook(id, tenantId))
        yield* ring(mailbox, 8)
        yield* ring(yield* newMailbox, 1)
        assert.strictEqual((yield* drained).dead, 0)
        assert.deepEqual([yield* Queue.size(gone.received), yield* Queue.size(removed.received)], [1, 0])
      })
    )
  )
})
