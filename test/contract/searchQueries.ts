import { readFileSync } from "node:fs"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import { Router } from "../../src/actors/mailbox/MailboxProtocol.ts"
import type { Flag } from "../../src/domain/Flags.ts"
import { FolderId, type MailboxId, MessageId } from "../../src/domain/ids.ts"
import type { Postgres } from "../../src/storage/postgres.ts"
import { parseQuery } from "../../src/storage/search/query/parse.ts"
import { Search } from "../../src/storage/search/Search.ts"
import { corpusMail, hasCorpusMail } from "../support/corpusMail.ts"
import { newMailbox } from "../support/mailboxesPg.ts"
import { type PlainMail, plainMail, plainSearch } from "../support/plainSearch.ts"
import { ask, deliver, index, layerSearchWorld } from "../support/searchWorld.ts"

const queries = readFileSync(new URL("../support/searchQueries.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))

const hour = 60 * 60 * 1000
/** Over most of a year. */
const receivedAt = (number: number) => Date.UTC(2026, 0, 1) + number * 3 * hour

const every = (n: number) => (number: number) => number % n === 0
const is = { read: every(3), flagged: every(7), answered: every(13), blue: every(11), archived: every(5) }

const marksOf = (number: number): ReadonlySet<string> =>
  new Set([
    is.read(number) ? "is:read" : "is:unread",
    is.archived(number) ? "in:archive" : "in:inbox",
    ...(is.flagged(number) ? ["is:flagged"] : []),
    ...(is.answered(number) ? ["is:answered"] : []),
    ...(is.blue(number) ? ["category:blue"] : [])
  ])

/** The corpus in a mailbox, with flags, categories and folders; and what is known of it without the index. */
const filled = Effect.gen(function* () {
  const id = yield* newMailbox
  const all: Array<PlainMail> = []
  for (const [n, { bytes }] of corpusMail().entries()) {
    const number = yield* deliver(id, bytes, { receivedAt: receivedAt(n + 1) })
    all.push(plainMail(bytes, { number, receivedAt: receivedAt(n + 1), marks: marksOf(number) }))
  }
  yield* index(id, 200)
  const those = (isSo: (number: number) => boolean) =>
    all.flatMap(({ number }) => (isSo(number) ? [MessageId(number)] : []))
  const mark = (
    isSo: (number: number) => boolean,
    flags: ReadonlyArray<Flag>,
    categories: ReadonlyArray<string>
  ) =>
    ask(id, {
      _tag: "ChangeFlags",
      messageIds: those(isSo),
      addFlags: flags,
      removeFlags: [],
      addCategories: categories,
      removeCategories: []
    })
  yield* mark(is.read, ["\\Seen"], [])
  yield* mark(is.flagged, ["\\Flagged"], [])
  yield* mark(is.answered, ["\\Answered"], [])
  yield* mark(is.blue, [], ["Blue"])
  yield* ask(id, { _tag: "MoveMessages", messageIds: those(is.archived), toFolderId: FolderId(6) })
  return { id, all }
})

const numbersOf = (id: MailboxId, text: string) =>
  Effect.gen(function* () {
    const search = yield* Search
    const { folders } = yield* (yield* Router).state(id)
    const query = Either.getOrThrow(parseQuery(text, { now: 0, folders: [...folders.values()] }))
    const { hits } = yield* search.search(id, { query, folderIds: null, after: null, limit: 5_000 })
    return hits.map(({ messageId }) => Number(messageId)).sort((a, b) => a - b)
  }).pipe(Effect.orDie)

/** The first of what only one of two has. */
const lacking = (some: ReadonlyArray<number>, others: ReadonlyArray<number>) => {
  const known = new Set(others)
  return some.filter((one) => !known.has(one)).slice(0, 5)
}

/** What a driver does not find, and what it finds besides where the words are to be as they are. */
const compared = (id: MailboxId, all: ReadonlyArray<PlainMail>, query: string) =>
  Effect.map(numbersOf(id, query), (seen) => {
    const { numbers, isExact } = plainSearch(all, query)
    return {
      query,
      count: numbers.length,
      missed: lacking(numbers, seen),
      more: isExact ? lacking(seen, numbers) : []
    }
  })

/** Two hundred searches of real mail, of which a driver must find all that holds what was asked for. */
export const searchQueriesSuite = <E>(name: string, driver: Layer.Layer<Search, E, Postgres>) => {
  const world = Layer.orDie(driver).pipe(Layer.provideMerge(layerSearchWorld))

  describe.skipIf(!hasCorpusMail)(`200 searches of real mail on ${name}`, () => {
    layer(world, { excludeTestServices: true, timeout: 60_000 })("", (it) => {
      it.effect(
        "find everything, and nothing else where the words are to be as they are",
        () =>
          Effect.gen(function* () {
            assert.strictEqual(new Set(queries).size, 200)
            const { id, all } = yield* filled
            const answers = yield* Effect.forEach(queries, (query) => compared(id, all, query))
            assert.deepStrictEqual(
              answers.filter(({ missed, more }) => missed.length + more.length > 0),
              []
            )
            // Else it would prove little.
            assert.isBelow(answers.filter(({ count }) => count === 0).length, 10)
          }),
        2_400_000
      )
    })
  })
}
