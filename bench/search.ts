// What a search costs in mailboxes of different size, and how fast they are indexed.
//   npx tsx bench/search.ts [--sizes 1000,100000] [--rounds 3] [--per-round 20] [--dir FOLDER]
// Texts are words of a vocabulary of 60,000 by Zipf's law, 60 to 440 a message; the index is filled through the feed, as
// the worker does. Every round asks every kind of search of each mailbox in turn, each time for other words.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Console, Effect, Either, Layer } from "effect"
import type { MailboxId } from "../src/domain/ids.ts"
import { Postgres, statement } from "../src/storage/postgres.ts"
import { DocumentWriter } from "../src/storage/search/document.ts"
import * as SearchFeedPg from "../src/storage/search/pg/SearchFeedPg.ts"
import * as SearchPg from "../src/storage/search/pg/SearchPg.ts"
import { parseQuery } from "../src/storage/search/query/parse.ts"
import { Search } from "../src/storage/search/Search.ts"
import { SearchFeed } from "../src/storage/search/SearchFeed.ts"
import { fillMailbox } from "./measure/fillMailbox.ts"
import { layerActors, makeUsers } from "./measure/mailboxes.ts"
import { median, percentile } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,100000" },
    rounds: { type: "string", default: "3" },
    "per-round": { type: "string", default: "20" },
    dir: { type: "string", default: tmpdir() }
  }
})
const sizes = values.sizes.split(",").map(Number)
const rounds = Number(values.rounds)
const perRound = Number(values["per-round"])
const folder = mkdtempSync(join(resolve(values.dir), "postroom-search-"))

let state = 1
const random = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return state / 0x80000000
}

const syllables = "ka to mi re lan dor ves pin qua sto ber nil ga fu zer ton ala ex".split(" ")
const vocabularySize = 60_000
/** The n-th most common word. */
const word = (n: number): string => {
  const syllable = syllables[n % syllables.length] ?? ""
  return n < syllables.length ? syllable : syllable + word(Math.floor(n / syllables.length) - 1)
}
const vocabulary = Array.from({ length: vocabularySize }, (_, n) => word(n))
const byRank = (rank: number): string => vocabulary[Math.floor(rank)] ?? ""
const zipf = (): string => byRank(Math.exp(random() * Math.log(vocabularySize)) - 1)
const text = (): string => Array.from({ length: 60 + Math.floor(random() * 380) }, zipf).join(" ")

/** A word that is about the n-th most common, another one each time. */
const about = (n: number): string => byRank(n * (0.8 + random() * 0.4))

const kinds: Readonly<Record<string, () => string>> = {
  "a rare word": () => `"${about(40_000)}"`,
  "a word": () => about(2_000),
  "a common word": () => about(60),
  "the most common words": () => about(2),
  "two words": () => `${about(100)} ${about(1_000)}`,
  "a beginning, 4 letters": () => `${about(20_000).slice(0, 4)}*`,
  "a beginning, 2 letters": () => `${about(20_000).slice(0, 2)}*`,
  "a phrase of common words": () => `"${about(10)} ${about(10)}"`,
  "a phrase that does not occur": () => `"${about(30)} ${about(30)} ${about(30)}"`,
  "a word, unread": () => `${about(2_000)} is:unread`,
  "a common word, flagged (none is)": () => `${about(60)} is:flagged`,
  "from a sender": () => "from:somebody subject:report",
  "unread, no word": () => "is:unread",
  "flagged, no word (none is)": () => "is:flagged"
}

const fill = (mailboxId: MailboxId, size: number) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
    yield* fillMailbox(mailboxId, size)
    const start = performance.now()
    for (
      let step = yield* feed.next(mailboxId, 100);
      step !== null;
      step = yield* feed.next(mailboxId, 100)
    ) {
      const documents = step.messages.map(({ message }) => {
        const writer = new DocumentWriter({ ...message, fileNames: [] })
        writer.add(text())
        const { id: messageId, receivedAt } = message
        return { ...writer.finish(), messageId, receivedAt, language: "en" }
      })
      yield* feed.store(step, documents)
    }
    const seconds = (performance.now() - start) / 1000
    yield* Console.error(
      `${size} messages indexed in ${seconds.toFixed(1)} s, ${(size / seconds).toFixed(0)}/s`
    )
  })

/** Milliseconds of searches of one kind, one after the other, and how many of them found something. */
const time = (mailboxId: MailboxId, ask: () => string) =>
  Effect.gen(function* () {
    const search = yield* Search
    const taken: Array<number> = []
    let found = 0
    for (let n = 0; n < perRound; n++) {
      const query = Either.getOrThrow(parseQuery(ask(), { now: 0, folders: [] }))
      const start = performance.now()
      const { hits } = yield* search.search(mailboxId, { query, folderIds: null, after: null, limit: 51 })
      taken.push(performance.now() - start)
      if (hits.length > 0) found += 1
    }
    return { taken, found }
  })

interface Times {
  readonly taken: ReadonlyArray<number>
  readonly found: number
}

const space = Effect.gen(function* () {
  const postgres = yield* Postgres
  const [row] = yield* postgres.query(
    statement<{ readonly bytes: number }>({
      text: `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class
        WHERE relnamespace = 'search'::regnamespace AND relkind = 'r'`
    })
  )
  return row?.bytes ?? 0
})

/** Every kind of search of each mailbox in turn; in milliseconds by name. */
const oneRound = (users: ReadonlyArray<MailboxId>) =>
  Effect.gen(function* () {
    const times = new Map<string, Times>()
    for (const [kind, ask] of Object.entries(kinds))
      for (const [n, mailboxId] of users.entries())
        times.set(`${kind}, ${sizes[n]} messages`, yield* time(mailboxId, ask))
    return times
  })

const report = (bytes: number, all: ReadonlyArray<ReadonlyMap<string, Times>>) => {
  const messages = sizes.reduce((sum, size) => sum + size, 0)
  const timesOf = (name: string) => all.flatMap((round) => round.get(name) ?? [])
  const shown = (taken: ReadonlyArray<number>) =>
    `p50 ${median(taken).toFixed(1)} p95 ${percentile(taken, 0.95).toFixed(1)} ms`
  console.log(`index: ${(bytes / messages / 1024).toFixed(1)} KiB per message`)
  for (const name of all[0]?.keys() ?? []) {
    const times = timesOf(name)
    const taken = times.flatMap((one) => one.taken)
    const found = times.reduce((sum, one) => sum + one.found, 0)
    console.log(`${name}: ${shown(taken)} (${found} of ${taken.length} found something)`)
  }
  for (const size of sizes) {
    const names = Object.keys(kinds).map((kind) => `${kind}, ${size} messages`)
    console.log(`all, ${size} messages: ${shown(names.flatMap(timesOf).flatMap(({ taken }) => taken))}`)
  }
}

const main = Effect.gen(function* () {
  const postgres = yield* Postgres
  const users = yield* makeUsers(sizes.length)
  yield* Effect.forEach(users, (mailboxId, n) => fill(mailboxId, sizes[n] ?? 0))
  yield* postgres.query(statement({ text: "ANALYZE" }))
  // The first round only warms up.
  const times = yield* Effect.forEach(Array.from({ length: rounds + 1 }), () => oneRound(users))
  report(yield* space, times.slice(1))
})

await main.pipe(
  Effect.provide(
    Layer.mergeAll(SearchPg.layer, SearchFeedPg.layer).pipe(Layer.provideMerge(layerActors(folder)))
  ),
  Effect.scoped,
  Effect.runPromise
)
rmSync(folder, { recursive: true, force: true })
