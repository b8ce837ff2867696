import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, TestClock } from "effect"
import type { Listener } from "../../../../src/actors/mailbox/MailboxProtocol.ts"
import { makeLasting } from "../../../../src/actors/sharding/lastingListeners.ts"
import { Unavailable } from "../../../../src/domain/errors.ts"
import { ModSeq, ShardId } from "../../../../src/domain/ids.ts"
import { mailboxNumber } from "../../../support/actors.ts"

const mailboxId = mailboxNumber(1)
const shardId = ShardId(0)

/** Where a listener is put up: each attempt waits until it is let stand, or fails. */
const makeOwners = () => {
  const attempts: Array<{
    readonly listener: Listener
    readonly answer: Deferred.Deferred<void, Unavailable>
  }> = []
  const standing = new Set<Listener>()
  const at = (_mailboxId: unknown, _beyond: unknown, listener: Listener) =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<void, Unavailable>()
      attempts.push({ listener, answer })
      yield* Deferred.await(answer)
      standing.add(listener)
      return () => void standing.delete(listener)
    })
  const attempt = (n: number) => attempts[n] ?? assert.fail(`only ${attempts.length} attempts`)
  return { attempts, attempt, standing, at }
}

/** A listener that stands, put up by the first attempt. */
const listening = Effect.gen(function* () {
  const owners = makeOwners()
  const lasting = yield* makeLasting({ at: owners.at, shardOf: () => shardId })
  let woken = 0
  const listen = Effect.fork(
    lasting.listen(mailboxId, ModSeq(0), () => {
      woken++
    })
  )
  const fiber = yield* listen
  yield* TestClock.adjust(0)
  yield* Deferred.succeed(owners.attempt(0).answer, undefined)
  const over = yield* fiber
  return { ...owners, lasting, over, woken: () => woken }
})

describe("a listener that outlives owners", () => {
  it.scoped(
    "stands once and leaves nothing behind, where its owner lets it go and the map tells of a new one at once",
    () =>
      Effect.gen(function* () {
        const { attempt, attempts, lasting, over, standing, woken } = yield* listening
        const [first] = standing
        assert.isDefined(first)
        standing.delete(first)
        first.lost()
        yield* TestClock.adjust(0)
        lasting.relocate([shardId])
        yield* TestClock.adjust(0)
        assert.strictEqual(attempts.length, 3)
        for (const n of [2, 1]) yield* Deferred.succeed(attempt(n).answer, undefined)
        yield* TestClock.adjust(0)
        assert.strictEqual(standing.size, 1)
        for (const { wake } of standing)
          wake({ modSeq: ModSeq(1), folders: null, isOfHierarchy: false, spans: [] })
        assert.strictEqual(woken(), 1)
        over()
        assert.strictEqual(standing.size, 0)
      })
  )

  it.scoped("keeps its place, where an older attempt fails later", () =>
    Effect.gen(function* () {
      const { attempt, attempts, lasting, standing } = yield* listening
      lasting.relocate([shardId])
      yield* TestClock.adjust(0)
      lasting.relocate([shardId])
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(attempt(2).answer, undefined)
      yield* Deferred.fail(attempt(1).answer, new Unavailable({ what: "mailbox" }))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(attempts.length, 3)
      assert.strictEqual(standing.size, 1)
    })
  )

  it.scoped("forgets what an owner of before says late", () =>
    Effect.gen(function* () {
      const { attempt, attempts, lasting, standing, over } = yield* listening
      const [former] = standing
      lasting.relocate([shardId])
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(attempt(1).answer, undefined)
      yield* TestClock.adjust(0)
      former?.lost()
      yield* TestClock.adjust(0)
      assert.strictEqual(attempts.length, 2)
      over()
      assert.strictEqual(standing.size, 0)
    })
  )
})
