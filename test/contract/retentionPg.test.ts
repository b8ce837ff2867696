import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Duration, Effect, Layer, Logger, type Scope } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import { type CoreError, Unavailable } from "../../src/domain/errors.ts"
import { CorrelationId, FolderId, type MailboxId, MessageId } from "../../src/domain/ids.ts"
import type { PolicyFolder } from "../../src/domain/retention.ts"
import { type Expunge, Expunger } from "../../src/pipeline/retention/Expunger.ts"
import { retentionTask } from "../../src/pipeline/retention/RetentionTask.ts"
import * as retentionWorker from "../../src/pipeline/retention/retention.ts"
import { Retention } from "../../src/storage/retention/Retention.ts"
import { Streams } from "../../src/storage/streams/Streams.ts"
import { layerWith } from "../../src/storage/streams/StreamsPg.ts"
import { asking, mailboxNumber } from "../support/actors.ts"
import { newMailbox, newMailboxNamed } from "../support/mailboxesPg.ts"
import { statsOf } from "../support/streams.ts"
import { ask, delivered, layerUpkeepWorld, query, storedBlob, tenantId } from "../support/upkeepWorld.ts"

const dayMillis = Duration.toMillis("1 day")
const [inbox, deleted, archive] = [FolderId(1), FolderId(4), FolderId(6)]

/** What the worker asked for, and what happens just before it is done. */
interface Asked {
  readonly wishes: Array<Expunge>
  before: (wish: Expunge) => Effect.Effect<unknown, CoreError>
}

/** The actors of the test, without the door before them. */
const expunger = (asked: Asked) =>
  Layer.effect(
    Expunger,
    Effect.map(Router, (router) =>
      Expunger.of({
        expunge: (wish) =>
          Effect.gen(function* () {
            asked.wishes.push(wish)
            yield* asked.before(wish)
            const { mailboxId, folderId, messageIds } = wish
            const command = { _tag: "ExpungeMessages", folderId, messageIds } as const
            const { changes } = yield* router.ask(asking(command, { mailboxId, origin: "retention" }))
            return changes.length
          })
      })
    )
  )

const makeAsked = (): Asked => ({ wishes: [], before: () => Effect.void })

const withWorker = <A, E, R>(
  body: (asked: Asked) => Effect.Effect<A, E, R | Scope.Scope>,
  settings: Readonly<Record<string, string>> = {}
) => {
  const asked = makeAsked()
  const worker = retentionWorker.layer.pipe(
    Layer.provide(expunger(asked)),
    Layer.provideMerge(
      layerWith({ retryBase: Duration.millis(1), sweepInterval: Duration.millis(100), maxAttempts: 2 })
    ),
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))),
    Layer.orDie
  )
  return Effect.scoped(body(asked)).pipe(
    Effect.provide(
      Layer.merge(worker, Logger.remove(Logger.defaultLogger)).pipe(Layer.provideMerge(layerUpkeepWorld))
    )
  )
}

const policy = (folder: PolicyFolder, keepDays: number | null) =>
  Effect.flatMap(Retention, (retention) => retention.setPolicy(tenantId, { folder, keepDays }))

/** A message that came so many days ago. */
const aged = (mailbox: MailboxId, days: number, target?: "inbox" | "deleted" | "junk") =>
  Effect.gen(function* () {
    const receivedAt = (yield* Clock.currentTimeMillis) - days * dayMillis
    return yield* delivered(mailbox, yield* storedBlob(), { receivedAt, ...(target ? { target } : {}) })
  })

/** As if everything that happened had happened so many days earlier. */
const journalAged = (mailbox: MailboxId, days: number) =>
  query(`UPDATE mail_state.journal SET at = at - interval '${days} days' WHERE user_id = $1`, [mailbox])

const moved = (mailbox: MailboxId, messageId: MessageId, toFolderId: FolderId) =>
  ask(mailbox, { _tag: "MoveMessages", messageIds: [messageId], toFolderId })

const left = (mailbox: MailboxId) =>
  Effect.map(
    query<{ id: number }>("SELECT id FROM mail_state.messages WHERE user_id = $1 ORDER BY id", [mailbox]),
    (rows) => rows.map(({ id }) => MessageId(id))
  )

/** Has the mailboxes looked through, and waits until they are. */
const run = (...mailboxes: ReadonlyArray<MailboxId>) =>
  Effect.gen(function* () {
    const streams = yield* Streams
    const now = yield* Clock.currentTimeMillis
    yield* streams.publish(
      mailboxes.map((mailboxId) =>
        retentionTask({ mailboxId, tenantId }, { now, correlationId: CorrelationId("test") })
      )
    )
    return yield* Effect.repeat(
      Effect.delay(
        Effect.map(statsOf(streams, "retention"), (stats) => stats ?? { queued: 0, running: 0, dead: 0 }),
        "10 millis"
      ),
      { until: ({ queued, running }) => queued + running === 0 }
    )
  })

describe("retention", () => {
  it.live("removes what is older than the folder's policy, by the mailbox's journal, and nothing else", () =>
    withWorker(() =>
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        yield* policy("inbox", 30)
        yield* policy("all", 365)
        const [old, young, kept, ancient] = [
          yield* aged(mailbox, 31),
          yield* aged(mailbox, 29),
          yield* aged(mailbox, 200),
          yield* aged(mailbox, 400)
        ]
        yield* moved(mailbox, kept, archive)
        yield* moved(mailbox, ancient, archive)
        yield* run(mailbox)
        assert.deepEqual(yield* left(mailbox), [young, kept])
        const entries = yield* query<{ origin: string; message: string }>(
          `SELECT origin, change ->> 'messageId' AS message FROM mail_state.journal
            WHERE user_id = $1 AND change ->> '_tag' = 'Expunged' ORDER BY modseq`,
          [mailbox]
        )
        assert.deepEqual(
          entries.map(({ origin, message }) => [origin, Number(message)]),
          [old, ancient].map((id) => ["retention", Number(id)])
        )
        const { state } = yield* Router
        const folders = (yield* state(mailbox)).folders
        assert.deepEqual([folders.get(inbox)?.total, folders.get(archive)?.total], [1, 1])
      })
    )
  )

  it.live("leaves what was thrown away lately where it is, however old it is, also in folders there", () =>
    withWorker(() =>
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        yield* policy("deleted", 30)
        const [long, lately, inFolder] = [
          yield* aged(mailbox, 1000),
          yield* aged(mailbox, 1000),
          yield* aged(mailbox, 1000)
        ]
        yield* ask(mailbox, { _tag: "CreateFolder", name: "Old", parentId: deleted })
        yield* moved(mailbox, long, deleted)
        yield* moved(mailbox, inFolder, FolderId(8))
        yield* journalAged(mailbox, 40)
        yield* moved(mailbox, lately, deleted)
        yield* run(mailbox)
        assert.deepEqual(yield* left(mailbox), [lately])
        yield* journalAged(mailbox, 31)
        yield* run(mailbox)
        assert.deepEqual(yield* left(mailbox), [])
      })
    )
  )

  it.live(
    "removes nothing from a mailbox on hold, whenever the hold was set, and keeps what its user removes",
    () =>
      withWorker((asked) =>
        Effect.gen(function* () {
          const retention = yield* Retention
          const [held, free] = [yield* newMailbox, yield* newMailbox]
          yield* policy("all", 30)
          const messages = [yield* aged(held, 100), yield* aged(held, 100)]
          yield* aged(free, 100)
          yield* retention.setHold(held, "a case")
          yield* run(held, free)
          assert.deepEqual([yield* left(held), yield* left(free)], [messages, []])
          yield* retention.clearHold(held)
          // Set while retention is at work: what is under way goes, but its content is kept.
          asked.before = () => Effect.orDie(retention.setHold(held, ""))
          yield* run(held)
          assert.deepEqual(yield* left(held), [])
          const kept = yield* query("SELECT 1 FROM mail_state.held_messages WHERE user_id = $1", [held])
          assert.strictEqual(kept.length, 2)
        })
      )
  )

  it.live("leaves a message that was rescued in the very moment", () =>
    withWorker((asked) =>
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        yield* policy("deleted", 30)
        const [rescued, other] = [yield* aged(mailbox, 100, "deleted"), yield* aged(mailbox, 100, "deleted")]
        yield* journalAged(mailbox, 100)
        const router = yield* Router
        asked.before = () => Effect.provideService(moved(mailbox, rescued, inbox), Router, router)
        yield* run(mailbox)
        assert.deepEqual(yield* left(mailbox), [rescued])
        assert.deepEqual(asked.wishes[0]?.messageIds, [rescued, other])
      })
    )
  )

  it.live("removes many in chunks, and does nothing when it is done again", () =>
    withWorker(
      (asked) =>
        Effect.gen(function* () {
          const mailbox = yield* newMailbox
          yield* policy("all", 30)
          for (let n = 0; n < 25; n++) yield* aged(mailbox, 31)
          yield* run(mailbox)
          assert.deepEqual(yield* left(mailbox), [])
          assert.deepEqual(
            asked.wishes.map(({ messageIds }) => messageIds.length),
            [10, 10, 5]
          )
          yield* run(mailbox)
          assert.strictEqual(asked.wishes.length, 3)
        }),
      { POSTROOM_RETENTION_CHUNK: "10" }
    )
  )

  it.live("comes again to a mailbox whose turn was over, until nothing is left", () =>
    withWorker(
      () =>
        Effect.gen(function* () {
          const mailbox = yield* newMailbox
          yield* policy("all", 30)
          const messages = [yield* aged(mailbox, 31), yield* aged(mailbox, 31)]
          yield* moved(mailbox, messages[1] ?? MessageId(0), archive)
          yield* run(mailbox)
          assert.deepEqual(yield* left(mailbox), [])
        }),
      { POSTROOM_RETENTION_TURN: "0 millis" }
    )
  )

  it.live("waits for a mailbox whose owner is away, and gives one up that is quarantined", () =>
    withWorker((asked) =>
      Effect.gen(function* () {
        const [away, quarantined] = [yield* newMailbox, yield* newMailbox]
        yield* policy("all", 30)
        yield* aged(away, 31)
        yield* aged(quarantined, 31)
        let tries = 0
        asked.before = ({ mailboxId }) => {
          if (mailboxId === quarantined) return new Unavailable({ what: "quarantined" })
          tries += 1
          return tries < 3 ? new Unavailable({ what: "mailbox" }) : Effect.void
        }
        const { dead } = yield* run(away, quarantined)
        assert.deepEqual([tries, dead], [3, 1])
        assert.deepEqual([(yield* left(away)).length, (yield* left(quarantined)).length], [0, 1])
      })
    )
  )

  it.live("has nothing to do without a policy, for a mailbox that is gone, or for one never opened", () =>
    withWorker((asked) =>
      Effect.gen(function* () {
        const mailbox = yield* newMailbox
        yield* aged(mailbox, 10_000)
        assert.strictEqual((yield* run(mailbox)).dead, 0)
        yield* policy("all", 1)
        yield* policy("all", null)
        assert.strictEqual((yield* run(mailbox, yield* newMailbox)).dead, 0)
        assert.deepEqual(asked.wishes, [])
      })
    )
  )
})

describe("retention's tables", () => {
  it.live("page through policies, holds and mailboxes, and keep one policy for each folder", () =>
    Effect.gen(function* () {
      const retention = yield* Retention
      const [first, second, third] = [mailboxNumber(1), mailboxNumber(2), mailboxNumber(3)]
      yield* Effect.forEach([third, first, second], newMailboxNamed)
      assert.deepEqual(yield* retention.mailboxes(null, { after: null, limit: 10 }), [])
      yield* policy("inbox", 10)
      yield* policy("inbox", 20)
      yield* policy("all", 30)
      const policies = yield* retention.policies(tenantId, { after: "test/all", limit: 10 })
      assert.deepEqual(policies, [{ tenantId, tenant: "test", folder: "inbox", keepDays: 20 }])
      const page = { after: first, limit: 1 }
      assert.deepEqual(yield* retention.mailboxes(tenantId, page), [{ mailboxId: second, tenantId }])
      yield* Effect.forEach([first, second, third], (mailbox) => retention.setHold(mailbox, "one"))
      yield* retention.setHold(third, "two")
      const holds = yield* retention.holds(tenantId, { after: `${second}@example.test`, limit: 10 })
      assert.deepEqual(
        holds.map(({ mailboxId, reason, keptMessages }) => [mailboxId, reason, keptMessages]),
        [[third, "two", 0]]
      )
      assert.isTrue(yield* retention.clearHold(first))
      assert.isFalse(yield* retention.clearHold(first))
      const stranger = yield* Effect.flip(retention.setHold(mailboxNumber(404), ""))
      assert.strictEqual(stranger._tag, "NotFound")
    }).pipe(Effect.provide(layerUpkeepWorld))
  )
})
