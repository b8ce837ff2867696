import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Tracer } from "effect"
import { type Mailboxes, Moved } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import { makeOwnerWatches } from "../../../../src/actors/remote/OwnerWatches.ts"
import { FolderId, ModSeq } from "../../../../src/domain/ids.ts"
import { mailboxNumber } from "../../../support/actors.ts"
import { makeOwnerTwin, stateAt, wakeAt } from "../../../support/ownerTwin.ts"

const mailbox = mailboxNumber(1)

/** A watch that stands, of which nothing waits to be told. */
const standing = (over: Partial<Mailboxes["Type"]> = {}) =>
  Effect.gen(function* () {
    const twin = makeOwnerTwin(over)
    const watches = makeOwnerWatches(twin.mailboxes)
    yield* watches.subscribe([{ watch: 1, mailboxId: mailbox }])
    const stands = yield* watches.take
    assert.deepStrictEqual(stands, [{ _tag: "Stands", watch: 1, modSeq: ModSeq(7) }])
    return { twin, watches }
  })

describe("watches of another runner", () => {
  it.effect("what it has not taken is one piece of news, however often the mailbox grew", () =>
    Effect.gen(function* () {
      const { twin, watches } = yield* standing()
      twin.wake(mailbox, wakeAt(8, { folders: new Set([FolderId(1)]) }))
      twin.wake(mailbox, wakeAt(9, { folders: new Set([FolderId(2), FolderId(1)]), isOfHierarchy: true }))
      twin.wake(mailbox, wakeAt(10, { folders: new Set([FolderId(1)]) }))
      const news = yield* watches.take
      assert.deepStrictEqual(news, [
        {
          _tag: "Grown",
          watch: 1,
          modSeq: ModSeq(10),
          folders: [FolderId(1), FolderId(2)],
          isOfHierarchy: true,
          spans: []
        }
      ])
    })
  )

  it.effect("what waits does not grow: many folders are all of them, and of many traces some are named", () =>
    Effect.gen(function* () {
      const { twin, watches } = yield* standing()
      const span = Tracer.externalSpan({ traceId: "1".repeat(32), spanId: "2".repeat(16) })
      for (let n = 1; n <= 100; n++)
        twin.wake(mailbox, wakeAt(7 + n, { folders: new Set([FolderId(n)]), spans: [span] }))
      const [news] = yield* watches.take
      if (news?._tag !== "Grown") assert.fail("no wake")
      assert.deepStrictEqual([news.modSeq, news.folders, news.spans.length], [ModSeq(107), null, 16])
    })
  )

  it.effect("the last word takes the place of what waits, and the watch is gone", () =>
    Effect.gen(function* () {
      const { twin, watches } = yield* standing()
      twin.wake(mailbox, wakeAt(8))
      twin.lose(mailbox)
      twin.wake(mailbox, wakeAt(9))
      const news = yield* watches.take
      assert.deepStrictEqual(news, [{ _tag: "Ended", watch: 1, error: { _tag: "Moved" } }])
    })
  )

  it.effect("what grew before the watch stood is told with that", () =>
    Effect.gen(function* () {
      const twin = makeOwnerTwin({
        listen: (_mailboxId, _beyond, { wake }) =>
          Effect.sync(() => {
            wake(wakeAt(8))
            return () => undefined
          })
      })
      const watches = makeOwnerWatches(twin.mailboxes)
      yield* watches.subscribe([{ watch: 1, mailboxId: mailbox }])
      assert.deepStrictEqual(yield* watches.take, [{ _tag: "Stands", watch: 1, modSeq: ModSeq(8) }])
    })
  )

  it.effect("one that cannot stand holds up no other", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const twin = makeOwnerTwin({
        state: (mailboxId) => {
          if (mailboxId === mailbox) return Effect.as(Deferred.await(gate), stateAt(mailboxId, 7))
          return mailboxId === mailboxNumber(2) ? new Moved() : Effect.die("a bug")
        }
      })
      const watches = makeOwnerWatches(twin.mailboxes)
      const subscribing = yield* Effect.fork(
        watches.subscribe([1, 2, 3].map((n) => ({ watch: n, mailboxId: mailboxNumber(n) })))
      )
      yield* Effect.yieldNow()
      assert.deepStrictEqual(yield* watches.take, [
        { _tag: "Ended", watch: 2, error: { _tag: "Moved" } },
        { _tag: "Ended", watch: 3, error: { _tag: "Unavailable", what: "call" } }
      ])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(subscribing)
      assert.deepStrictEqual(yield* watches.take, [{ _tag: "Stands", watch: 1, modSeq: ModSeq(7) }])
    })
  )

  it.effect("end with the connection, and those that do not stand yet when they would", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { twin, watches } = yield* standing({
        state: (mailboxId) =>
          mailboxId === mailbox
            ? Effect.succeed(stateAt(mailboxId, 7))
            : Effect.as(Deferred.await(gate), stateAt(mailboxId, 7))
      })
      const subscribing = yield* Effect.fork(watches.subscribe([{ watch: 2, mailboxId: mailboxNumber(2) }]))
      yield* Effect.yieldNow()
      watches.close()
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(subscribing)
      yield* watches.subscribe([{ watch: 3, mailboxId: mailboxNumber(3) }])
      assert.strictEqual(twin.listeners(), 0)
    })
  )
})
