import { randomUUID } from "node:crypto"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import fc from "fast-check"
import { FolderId, MailboxId, MessageId } from "../../src/domain/ids.ts"
import { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"
import type { Postgres } from "../../src/storage/postgres.ts"
import { matches } from "../../src/storage/search/match.ts"
import { parseQuery } from "../../src/storage/search/query/parse.ts"
import type { Query } from "../../src/storage/search/query/Query.ts"
import { type Hit, Search } from "../../src/storage/search/Search.ts"
import { foldedWords } from "../../src/storage/search/words.ts"
import { newMailbox, newMailboxNamed } from "../support/mailboxesPg.ts"
import { ask, deliver, index, layerSearchWorld } from "../support/searchWorld.ts"

const vocabulary = ["alpha", "alphabet", "beta", "béta", "Gamma", "delta-force", "東京", "東", "x1", "o’neil"]
const aWord = fc.constantFrom(...vocabulary)
const aText = fc.array(aWord, { maxLength: 8 }).map((words) => words.join(" "))
const aField = fc.constantFrom(null, "subject", "from", "to", "cc", "file")

const aLeaf: fc.Arbitrary<Query> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        field: aField,
        text: fc.array(aWord, { minLength: 1, maxLength: 3 }),
        isPrefix: fc.boolean()
      })
      .map(({ field, text, isPrefix }): Query => {
        const words = foldedWords(text.join(" "))
        const last = words.at(-1) ?? ""
        const cut = isPrefix ? [...words.slice(0, -1), [...last].slice(0, 2).join("")] : words
        return { _tag: "Words", field, words: cut, isPrefix, isExact: true }
      })
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Query>(
      { _tag: "Flagged", flag: "\\Seen" },
      { _tag: "InCategory", category: "blue" },
      { _tag: "InFolder", folderIds: [FolderId(6)] },
      { _tag: "Received", from: 5_000, until: null },
      { _tag: "Received", from: 2_000, until: 12_000 },
      { _tag: "Larger", bytes: 260 },
      { _tag: "Smaller", bytes: 260 },
      { _tag: "WithAttachment" }
    )
  }
)

const { query: aQuery } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    aLeaf,
    fc.array(tie("query"), { minLength: 2, maxLength: 3 }).map((all) => ({ _tag: "And" as const, all })),
    fc.array(tie("query"), { minLength: 2, maxLength: 3 }).map((any) => ({ _tag: "Or" as const, any })),
    tie("query").map((query) => ({ _tag: "Not" as const, query }))
  )
}))

/** What has broken out of other searches: quotes, operators of SQL and of indexes, unseen and look-alike characters. */
const evil = [
  "' OR '1'='1",
  "'; DROP SCHEMA search CASCADE; --",
  "secret' | 'secret",
  "x' & !'y",
  "!x",
  "* OR secret",
  "secret:*",
  "<-> secret",
  "\\secret\\",
  "$1 $2 $$",
  "secret\u0000secret",
  "ｓｅｃｒｅｔ",
  "s\u200becret",
  "\u202esecret\u202c",
  "secret\ud800",
  "＇ ｏｒ ＇１＇＝＇１",
  "user_id:*",
  "mailbox:other",
  "from:(secret OR *)",
  "-(alpha)",
  "NOT alpha",
  "(((((alpha OR secret)))))",
  "secret* OR s* OR #* OR <*",
  "in:inbox",
  "is:unread"
]

/** Answers must be those of the plain rules in `match.ts`, and never another mailbox's. */
export const searchTruthSuite = <E>(name: string, driver: Layer.Layer<Search, E, Postgres>) => {
  const world = Layer.orDie(driver).pipe(Layer.provideMerge(layerSearchWorld))

  const hits = (mailboxId: MailboxId, query: Query) =>
    Effect.gen(function* () {
      const search = yield* Search
      const request = { query, folderIds: null, after: null, limit: 1000 }
      const found = yield* Effect.orDie(search.search(mailboxId, request))
      return found.hits.map(({ messageId }) => messageId)
    })

  /** All of it, five at a time. */
  const paged = (mailboxId: MailboxId, query: Query) =>
    Effect.gen(function* () {
      const search = yield* Search
      const all: Array<Hit> = []
      for (let isLast = false; !isLast; ) {
        const request = { query, folderIds: null, after: all.at(-1) ?? null, limit: 5 }
        const { hits } = yield* Effect.orDie(search.search(mailboxId, request))
        all.push(...hits)
        isLast = hits.length < 5
      }
      return all.map(({ messageId }) => messageId)
    })

  const letters = fc.sample(fc.record({ subject: aText, from: aText, to: aText, text: aText }), {
    seed: 7,
    numRuns: 30
  })

  /** Letters of random words, some of them flagged, moved and removed after they were indexed. */
  const mixed = Effect.gen(function* () {
    const id = yield* newMailbox
    for (const [n, { subject, from, to, text }] of letters.entries()) {
      const letter = { subject, from: `"${from}" <a${n}@x.test>`, to: `"${to}" <b@x.test>`, text }
      yield* deliver(id, letter, { receivedAt: n * 500 })
    }
    const documents = new Map((yield* index(id)).map((document) => [document.messageId, document]))
    const numbers = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, n) => MessageId(from + n))
    yield* ask(id, {
      _tag: "ChangeFlags",
      messageIds: numbers(1, 12),
      addFlags: ["\\Seen"],
      removeFlags: [],
      addCategories: ["Blue"],
      removeCategories: []
    })
    yield* ask(id, { _tag: "MoveMessages", messageIds: numbers(8, 20), toFolderId: FolderId(6) })
    yield* ask(id, { _tag: "ExpungeMessages", messageIds: numbers(10, 11) })
    const reader = yield* MailboxReader
    const messages = yield* Effect.orDie(reader.messages(id, numbers(1, letters.length)))
    const expected = (query: Query) =>
      messages
        .filter((message) => {
          const document = documents.get(message.id)
          return document !== undefined && matches(query, message, document)
        })
        .map((message) => message.id)
        .sort((a, b) => b - a)
    return { id, expected }
  })

  describe(`Search on ${name}, against plain rules`, () => {
    layer(world, { excludeTestServices: true })("in one mailbox", (it) => {
      it.effect("answers any query as they do", () =>
        Effect.gen(function* () {
          const { id, expected } = yield* mixed
          const queries = fc.sample(aQuery, { seed: 11, numRuns: 400 })
          const sizes = new Set<number>()
          for (const query of queries) {
            const wanted = expected(query)
            sizes.add(wanted.length)
            assert.deepStrictEqual(yield* hits(id, query), wanted, JSON.stringify(query))
          }
          for (const query of queries.slice(0, 100)) {
            assert.deepStrictEqual(
              yield* paged(id, query),
              expected(query),
              `in pages: ${JSON.stringify(query)}`
            )
          }
          // Else the queries would prove nothing.
          assert.isAbove(sizes.size, 10)
        })
      )
    })

    const secret: Query = { _tag: "Words", field: null, words: ["secret"], isPrefix: false, isExact: true }
    const random = fc.sample(fc.string({ unit: "binary", maxLength: 30 }), { seed: 3, numRuns: 150 })

    /** Asks everything of a mailbox that holds message 1 and no secret. */
    const cannotBeLeft = (mine: MailboxId) =>
      Effect.gen(function* () {
        for (const text of [...evil, ...random]) {
          const parsed = parseQuery(text, { now: 0, folders: [] })
          const seen = Either.isLeft(parsed) ? [] : yield* hits(mine, parsed.right)
          const others = seen.filter((id) => id !== 1)
          assert.deepStrictEqual(others, [], text)
        }
        assert.deepStrictEqual(yield* hits(mine, secret), [])
      })

    layer(world, { excludeTestServices: true })("beside another mailbox", (it) => {
      it.effect("shows none of its mail, whatever is asked", () =>
        Effect.gen(function* () {
          // Told apart by nothing but the mailbox: both ids end alike.
          const [first, second] = [randomUUID(), randomUUID()]
          const mine = yield* newMailboxNamed(MailboxId(first))
          const other = yield* newMailboxNamed(MailboxId(second.slice(0, -6) + first.slice(-6)))
          yield* deliver(mine, { subject: "alpha", text: "mine" })
          for (let n = 0; n < 5; n++) yield* deliver(other, { subject: `secret ${n}`, text: "alpha secret" })
          yield* cannotBeLeft(mine)
          yield* Effect.forEach([mine, other], (id) => index(id))
          yield* cannotBeLeft(mine)
          assert.strictEqual((yield* hits(other, secret)).length, 5)
        })
      )
    })
  })
}
