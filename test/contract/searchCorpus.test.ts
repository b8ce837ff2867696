import { assert, describe, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Either, Layer } from "effect"
import type { MailboxId } from "../../src/domain/ids.ts"
import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { parseQuery } from "../../src/storage/search/query/parse.ts"
import { Search } from "../../src/storage/search/Search.ts"
import type { IndexedDocument } from "../../src/storage/search/SearchFeed.ts"
import { corpusMail, hasCorpusMail } from "../support/corpusMail.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { deliver, index, layerSearchWorld } from "../support/searchWorld.ts"

const query = (text: string) => Either.getOrThrow(parseQuery(text, { now: 0, folders: [] }))

/** By word the messages that hold it. */
const holdersOf = (documents: ReadonlyArray<IndexedDocument>): ReadonlyMap<string, ReadonlySet<number>> => {
  const holders = new Map<string, Set<number>>()
  for (const { messageId, words } of documents) {
    for (const word of words.split(" ").filter((one) => one !== "" && one !== "\n")) {
      const known = holders.get(word)
      if (known === undefined) holders.set(word, new Set([messageId]))
      else known.add(messageId)
    }
  }
  return holders
}

const layerWith = (settings: Readonly<Record<string, string>>) =>
  SearchPg.layer.pipe(
    Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))),
    Layer.orDie,
    Layer.provideMerge(layerSearchWorld)
  )

/** Some of them, from all over. */
const spread = <A>(all: ReadonlyArray<A>, count: number): ReadonlyArray<A> => {
  const step = Math.max(1, Math.floor(all.length / count))
  return all.filter((_, n) => n % step === 0)
}

/** Which of the messages a search does not find. */
const missing = (mailboxId: MailboxId, text: string, ids: ReadonlySet<number>) =>
  Effect.gen(function* () {
    const search = yield* Search
    const request = { query: query(text), folderIds: null, after: null, limit: 5_000 }
    const { hits } = yield* Effect.orDie(search.search(mailboxId, request))
    const found = new Set(hits.map(({ messageId }) => Number(messageId)))
    return [...ids].filter((one) => !found.has(one)).map((one) => `${text} in ${one}`)
  })

describe.skipIf(!hasCorpusMail)("search in real mail", () => {
  layer(layerWith({}), { timeout: 60_000 })("on Postgres", (it) => {
    it.effect(
      "finds every message that holds a word, by the word and by its beginning",
      () =>
        Effect.gen(function* () {
          const id = yield* newMailbox
          for (const { bytes } of corpusMail()) yield* deliver(id, bytes)
          const holders = [...holdersOf(yield* index(id, 100))]
          const common = [...holders].sort(([, a], [, b]) => b.size - a.size).slice(0, 50)
          const missed = yield* Effect.forEach([...common, ...spread(holders, 1_500)], ([word, ids]) =>
            Effect.forEach([`"${word}"`, word, `${word.slice(0, Math.max(1, word.length - 1))}*`], (text) =>
              missing(id, text, ids)
            )
          )
          assert.deepStrictEqual(missed.flat(2).slice(0, 20), [])
          assert.isAbove(holders.length, 50_000)
        }),
      120_000
    )
  })

  layer(layerWith({ POSTROOM_SEARCH_TIME_LIMIT: "1 millis" }), { timeout: 60_000 })("within a time", (it) => {
    it.effect("says that it takes too long", () =>
      Effect.gen(function* () {
        const id = yield* newMailbox
        const search = yield* Search
        for (const { bytes } of corpusMail().slice(0, 500)) yield* deliver(id, bytes)
        yield* index(id)
        const request = { query: query('"e* the" OR "a* of"'), folderIds: null, after: null, limit: 1_000 }
        const error = yield* Effect.flip(search.search(id, request))
        assert.strictEqual(error._tag, "Busy")
      })
    )
  })
})
