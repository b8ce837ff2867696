import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FolderId, type MailboxId, MessageId } from "../../src/domain/ids.ts"
import { makeIndexMessage } from "../../src/pipeline/indexMessage.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { documentLimits } from "../../src/storage/search/document.ts"
import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { SearchFeed, type Step } from "../../src/storage/search/SearchFeed.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { ask, deliver, find, index, layerSearchWorld } from "../support/searchWorld.ts"

const nextStep = (id: MailboxId, limit = 10) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
    const step = yield* Effect.orDie(feed.next(id, limit))
    return step === null ? yield* Effect.dieMessage("nothing to do") : step
  })

const store = (step: Step) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
    const indexMessage = yield* makeIndexMessage
    const documents = yield* Effect.forEach(step.messages, (one) => indexMessage(one, { isLate: false }))
    return yield* feed.store(step, documents)
  }).pipe(Effect.orDie)

/** Numbers of the messages that the index holds. */
const indexed = (id: MailboxId) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const rows = yield* postgres.query(
      statement<{ readonly message_id: number }>({
        text: "SELECT message_id FROM search.documents WHERE user_id = $1 ORDER BY message_id"
      }),
      [id]
    )
    return rows.map(({ message_id }) => message_id)
  }).pipe(Effect.orDie)

const sql = (text: string, values: ReadonlyArray<string>) =>
  Effect.flatMap(Postgres, (postgres) => Effect.orDie(postgres.query(statement({ text }), values)))

/** Numbers of the messages that a search finds. */
const found = (id: MailboxId, text: string) => Effect.map(find(id, text), (ids) => ids.map(Number))

const expunge = (id: MailboxId, ...numbers: ReadonlyArray<number>) =>
  ask(id, { _tag: "ExpungeMessages", messageIds: numbers.map((n) => MessageId(n)) })

layer(Layer.orDie(SearchPg.layer).pipe(Layer.provideMerge(layerSearchWorld)))(
  "the feed of the index",
  (it) => {
    it.effect("parts no word of a long text, though no space is in it", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        const words = Array.from({ length: 20_000 }, (_, n) => `w${n.toString(36)}`)
        yield* deliver(id, { text: words.join(",") })
        yield* deliver(id, { text: `a${"𠮷".repeat(40_000)}` })
        const [listed, han] = yield* index(id)
        const known = new Set(listed?.words.split(" "))
        assert.deepStrictEqual(
          words.filter((word) => !known.has(word)),
          []
        )
        assert.strictEqual(han?.words.split(" 𠮷").length, 40_001)
      })
    )

    it.effect("gives messages in steps, in order, each once, and then nothing", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        const feed = yield* SearchFeed
        assert.isNull(yield* feed.next(id, 2))
        for (let n = 1; n <= 5; n++) yield* deliver(id, { subject: `letter ${n}` })
        const seen: Array<ReadonlyArray<number>> = []
        for (let step = yield* feed.next(id, 2); step !== null; step = yield* feed.next(id, 2)) {
          seen.push(step.messages.map(({ message }) => message.id))
          assert.strictEqual(step.more, step.messages.length === 2)
          assert.isTrue(yield* store(step))
        }
        assert.deepStrictEqual(seen, [[1, 2], [3, 4], [5]])
        assert.deepStrictEqual(yield* indexed(id), [1, 2, 3, 4, 5])
        yield* deliver(id, { subject: "letter 6" })
        assert.deepStrictEqual(
          (yield* nextStep(id)).messages.map(({ message }) => Number(message.id)),
          [6]
        )
      })
    )

    it.effect("counts a step once, when two workers make it at the same time", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        yield* deliver(id, { subject: "first" })
        const [one, other] = [yield* nextStep(id), yield* nextStep(id)]
        assert.isTrue(yield* store(one))
        yield* deliver(id, { subject: "second" })
        assert.isFalse(yield* store(other))
        assert.deepStrictEqual(yield* indexed(id), [1])
        yield* index(id)
        assert.deepStrictEqual(yield* indexed(id), [1, 2])
      })
    )

    it.effect("removes what was expunged, also while it was being read", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        for (let n = 1; n <= 4; n++) yield* deliver(id, { subject: `letter ${n}` })
        const step = yield* nextStep(id)
        yield* expunge(id, 2)
        assert.isTrue(yield* store(step))
        assert.deepStrictEqual(yield* found(id, "letter"), [4, 3, 1])
        yield* expunge(id, 4)
        yield* index(id)
        assert.deepStrictEqual(yield* indexed(id), [1, 3])
      })
    )

    it.effect("does not bring back what another worker has removed meanwhile", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        yield* deliver(id, { subject: "slow" })
        const slow = yield* nextStep(id)
        yield* expunge(id, 1)
        yield* index(id)
        assert.isFalse(yield* store(slow))
        assert.deepStrictEqual(yield* indexed(id), [])
      })
    )

    it.effect("finds what has no message any more where the journal does not reach back", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        for (let n = 1; n <= 3; n++) yield* deliver(id, { subject: `letter ${n}` })
        yield* index(id)
        yield* expunge(id, 1, 3)
        yield* sql("UPDATE mail_state.heads SET low_water = modseq WHERE user_id = $1", [id])
        yield* sql("DELETE FROM mail_state.journal WHERE user_id = $1", [id])
        yield* index(id)
        assert.deepStrictEqual(yield* indexed(id), [2])
        assert.deepStrictEqual(yield* index(id), [])
      })
    )

    it.effect("follows copies, and moves need nothing", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        yield* deliver(id, { subject: "one", text: "body" })
        yield* index(id)
        yield* ask(id, { _tag: "CopyMessages", messageIds: [MessageId(1)], toFolderId: FolderId(6) })
        yield* ask(id, { _tag: "MoveMessages", messageIds: [MessageId(1)], toFolderId: FolderId(6) })
        assert.deepStrictEqual(
          (yield* index(id)).map(({ messageId }) => Number(messageId)),
          [2]
        )
        assert.deepStrictEqual(yield* found(id, "body in:archive"), [2, 1])
      })
    )

    it.effect("holds as many different words as it says, and finds the first and the last of them", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        // Each takes 17 octets in the index.
        const count = Math.floor(documentLimits.bytes / 17) - 100
        const word = (n: number) => `w${String(n).padStart(10, "0")}`
        const text = Array.from({ length: count }, (_, n) => word(n)).join(" ")
        yield* deliver(id, { subject: "list", text })
        yield* deliver(id, { subject: "list", text: `${text} ${text.replaceAll("w", "v")}` })
        const [whole, cut] = yield* index(id)
        assert.deepStrictEqual([whole?.isCut, cut?.isCut], [false, true])
        for (const n of [0, 1, Math.floor(count / 2), count - 1]) {
          assert.deepStrictEqual(yield* found(id, word(n)), [2, 1], word(n))
        }
        assert.deepStrictEqual(yield* found(id, `${word(3)} ${word(4)}`), [2, 1])
        assert.deepStrictEqual(yield* found(id, `"${word(count - 2)} ${word(count - 1)}"`), [2, 1])
        assert.deepStrictEqual(yield* found(id, word(count)), [])
      })
    )
  }
)
