import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type MailboxId, MessageId } from "../../src/domain/ids.ts"
import { makeIndexMessage } from "../../src/pipeline/indexMessage.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import * as SearchUpkeepPg from "../../src/storage/search/pg/SearchUpkeepPg.ts"
import { SearchFeed } from "../../src/storage/search/SearchFeed.ts"
import { SearchUpkeep } from "../../src/storage/search/SearchUpkeep.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { ask, deliver, find, index, layerSearchWorld } from "../support/searchWorld.ts"

const world = Layer.mergeAll(SearchPg.layer, SearchUpkeepPg.layer).pipe(
  Layer.orDie,
  Layer.provideMerge(layerSearchWorld)
)

const sql = (text: string, ...values: ReadonlyArray<string | number>) =>
  Effect.flatMap(Postgres, (postgres) => Effect.orDie(postgres.query(statement({ text }), values)))

const filled = (count: number) =>
  Effect.gen(function* () {
    const id = yield* newMailbox
    for (let n = 1; n <= count; n++) yield* deliver(id, { subject: `letter ${n}`, text: `number${n}` })
    yield* index(id)
    return id
  })

/** Makes one step of the index, as a worker does that is stopped after it. */
const oneStep = (id: MailboxId, limit: number) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
    const indexMessage = yield* makeIndexMessage
    const step = yield* feed.next(id, limit)
    if (step === null) return null
    yield* feed.store(
      step,
      yield* Effect.forEach(step.messages, (one) => indexMessage(one, { isLate: false }))
    )
    return step.messages.map(({ message }) => Number(message.id))
  }).pipe(Effect.orDie)

const numbers = (id: MailboxId, text: string) => Effect.map(find(id, text), (ids) => ids.map(Number))

const upkeepOf = Effect.map(SearchUpkeep, (upkeep) => ({
  rebuild: (id: MailboxId) => Effect.orDie(upkeep.rebuild([id])),
  status: Effect.orDie(upkeep.status),
  driftOf: (id: MailboxId) =>
    Effect.map(Effect.orDie(upkeep.drift({ after: null, limit: 1_000 })), (drifts) => {
      const found = drifts.find(({ mailboxId }) => mailboxId === id)
      return found === undefined ? null : [found.missing, found.orphaned]
    })
}))

layer(world)("looking after the index", (it) => {
  it.effect("writes a mailbox anew, step by step, from where it was stopped, while searches go on", () =>
    Effect.gen(function* () {
      const id = yield* filled(5)
      const { rebuild, status } = yield* upkeepOf
      yield* sql("UPDATE search.documents SET words = ' lost \n' WHERE user_id = $1", id)
      assert.deepStrictEqual(yield* numbers(id, "number2"), [])
      yield* rebuild(id)
      assert.deepStrictEqual(yield* oneStep(id, 2), [1, 2])
      assert.deepStrictEqual(yield* numbers(id, "number2"), [2])
      assert.deepStrictEqual(yield* numbers(id, "subject:letter"), [5, 4, 3, 2, 1])
      const before = yield* status
      assert.deepStrictEqual([before.rebuilding, before.toRebuild], [1, 3])
      // Asked for again, it goes on; and what comes in meanwhile goes before.
      yield* rebuild(id)
      yield* deliver(id, { subject: "letter 6", text: "number6" })
      assert.deepStrictEqual(yield* oneStep(id, 2), [6])
      assert.deepStrictEqual(yield* oneStep(id, 2), [3, 4])
      assert.deepStrictEqual(yield* oneStep(id, 2), [5])
      assert.isNull(yield* oneStep(id, 2))
      for (const n of [1, 2, 3, 4, 5, 6]) assert.deepStrictEqual(yield* numbers(id, `number${n}`), [n])
      const after = yield* status
      assert.deepStrictEqual([after.rebuilding, after.toRebuild, after.waiting], [0, 0, 0])
    })
  )

  it.effect("finds what is missing and what is left over, and repairs both", () =>
    Effect.gen(function* () {
      const id = yield* filled(6)
      const { driftOf, rebuild } = yield* upkeepOf
      assert.deepStrictEqual(yield* driftOf(id), [0, 0])
      yield* sql("DELETE FROM search.documents WHERE user_id = $1 AND message_id IN (2, 6)", id)
      yield* sql("DELETE FROM mail_state.messages WHERE user_id = $1 AND id = 4", id)
      assert.deepStrictEqual(yield* driftOf(id), [2, 1])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [5, 3, 1])
      yield* rebuild(id)
      yield* index(id, 2)
      assert.deepStrictEqual(yield* driftOf(id), [0, 0])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [6, 5, 3, 2, 1])
    })
  )

  it.effect("forgets what is expunged while it is written anew", () =>
    Effect.gen(function* () {
      const id = yield* filled(4)
      const { driftOf, rebuild } = yield* upkeepOf
      yield* rebuild(id)
      const feed = yield* SearchFeed
      const indexMessage = yield* makeIndexMessage
      const step = yield* Effect.orDie(feed.next(id, 10))
      yield* ask(id, { _tag: "ExpungeMessages", messageIds: [MessageId(2)] })
      const documents = yield* Effect.forEach(step?.messages ?? [], (one) =>
        indexMessage(one, { isLate: false })
      )
      if (step !== null) assert.isTrue(yield* feed.store(step, documents))
      yield* index(id)
      assert.deepStrictEqual(yield* driftOf(id), [0, 0])
      assert.deepStrictEqual(yield* numbers(id, "letter"), [4, 3, 1])
    })
  )

  it.effect("lists mailboxes page by page", () =>
    Effect.gen(function* () {
      const upkeep = yield* SearchUpkeep
      for (let n = 0; n < 3; n++) yield* filled(1)
      const all = yield* upkeep.mailboxes({ after: null, limit: 1_000 })
      const [first] = all
      const rest = yield* upkeep.mailboxes({ after: first?.mailboxId ?? null, limit: 1_000 })
      assert.deepStrictEqual(rest, all.slice(1))
      assert.isAbove(rest.length, 1)
      assert.strictEqual((yield* upkeep.drift({ after: null, limit: 2 })).length, 2)
    })
  )
})
