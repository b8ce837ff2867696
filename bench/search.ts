// What a search costs in mailboxes of different size, and how fast they are indexed; in milliseconds.
//   npx tsx bench/search.ts [--sizes 1000,100000] [--rounds 3] [--per-round 20] [--dir FOLDER]
//     [--keep FOLDER [--fill]] [--meilisearch URL --key KEY]
// Texts are words of a vocabulary of 60,000 by Zipf's law, 60 to 440 a message. The index is filled through the feed, as the
// worker does; of more than 200,000 messages by rows. Every round asks every kind of search of each mailbox in turn.
// --keep: the data stay, and a next run measures without filling; --fill: nothing is measured. --meilisearch: a copy is
// made there, and every search is asked of it, too.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"
import { Console, Context, Duration, Effect, Either, Layer, Option, Redacted } from "effect"
import { MailboxId } from "../src/domain/ids.ts"
import { Postgres, statement } from "../src/storage/postgres.ts"
import { makeCopy } from "../src/storage/search/meili/copy.ts"
import { makeMeili } from "../src/storage/search/meili/Meili.ts"
import type { MeiliSettings } from "../src/storage/search/meili/MeiliConfig.ts"
import * as SearchMeili from "../src/storage/search/meili/SearchMeili.ts"
import * as SearchFeedPg from "../src/storage/search/pg/SearchFeedPg.ts"
import * as SearchPg from "../src/storage/search/pg/SearchPg.ts"
import { parseQuery } from "../src/storage/search/query/parse.ts"
import { Search } from "../src/storage/search/Search.ts"
import { fillSearch } from "./measure/fillSearch.ts"
import { layerActors, makeUsers } from "./measure/mailboxes.ts"
import { kinds } from "./measure/searchMail.ts"
import { median, percentile } from "./measure/statistics.ts"

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,100000" },
    rounds: { type: "string", default: "3" },
    "per-round": { type: "string", default: "20" },
    dir: { type: "string", default: tmpdir() },
    keep: { type: "string" },
    fill: { type: "boolean", default: false },
    meilisearch: { type: "string" },
    key: { type: "string" }
  }
})
const sizes = values.sizes.split(",").map(Number)
const rounds = Number(values.rounds)
const perRound = Number(values["per-round"])
const folder = resolve(values.keep ?? mkdtempSync(join(resolve(values.dir), "postroom-search-")))
const meilisearch: MeiliSettings | null =
  values.meilisearch === undefined
    ? null
    : {
        url: values.meilisearch,
        key: Effect.succeed(Option.map(Option.fromNullable(values.key), (key) => Redacted.make(key))),
        deadline: Duration.seconds(5)
      }

/** Messages from which on a mailbox is filled by rows. */
const many = 200_000

const filledBefore = statement<{ readonly user_id: string }>({
  text: "SELECT user_id FROM search.indexes WHERE message_id = $1 LIMIT 1"
})

const begunBefore = statement<{ readonly user_id: string }>({
  text: "SELECT user_id FROM mail_state.heads WHERE next_message = $1::bigint + 1"
})

/** A mailbox of this size, filled now, or to its end, if it is not yet. */
const mailboxOf = (size: number) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const [known] = yield* postgres.query(filledBefore, [size])
    if (known !== undefined) return MailboxId(known.user_id)
    const [begun] = yield* postgres.query(begunBefore, [size])
    const [mailboxId] = begun === undefined ? yield* makeUsers(1) : [MailboxId(begun.user_id)]
    if (mailboxId === undefined) return yield* Effect.dieMessage("no user was made")
    yield* fillSearch(mailboxId, size, { byRows: size > many })
    return mailboxId
  })

/** Copies a mailbox to Meilisearch, as far as it was not. */
const copied = (settings: MeiliSettings, mailboxId: MailboxId, size: number) =>
  Effect.gen(function* () {
    const copy = makeCopy(makeMeili(settings), yield* Postgres)
    const start = performance.now()
    yield* Effect.repeat(copy([mailboxId]), { until: (idle) => idle.length > 0 })
    const seconds = (performance.now() - start) / 1000
    yield* Console.error(
      `copied ${size} messages in ${seconds.toFixed(1)} s, ${(size / seconds).toFixed(0)}/s`
    )
  })

type Driver = Context.Tag.Service<typeof Search>

/** Milliseconds of searches of one kind, one after the other, and how many of them found something. */
const time = ({ search }: Driver, mailboxId: MailboxId, ask: () => string) =>
  Effect.gen(function* () {
    const taken: Array<number> = []
    let found = 0
    let refused = 0
    for (let n = 0; n < perRound; n++) {
      const query = Either.getOrThrow(parseQuery(ask(), { now: 0, folders: [] }))
      const start = performance.now()
      const answer = yield* Effect.either(
        search(mailboxId, { query, folderIds: null, after: null, limit: 51 })
      )
      taken.push(performance.now() - start)
      if (Either.isLeft(answer)) refused += 1
      else if (answer.right.hits.length > 0) found += 1
    }
    return { taken, found, refused }
  })

interface Times {
  readonly taken: ReadonlyArray<number>
  readonly found: number
  /** Those that took longer than a search may. */
  readonly refused: number
}

const space = Effect.gen(function* () {
  const postgres = yield* Postgres
  const [row] = yield* postgres.query(
    statement<{ readonly kib: number }>({
      text: `SELECT (sum(pg_total_relation_size(oid)) / 1024 / (SELECT count(*) FROM search.documents))::float AS kib
        FROM pg_class WHERE relnamespace = 'search'::regnamespace AND relkind = 'r'`
    })
  )
  return row?.kib ?? 0
})

interface Asked {
  readonly name: string
  readonly driver: Driver
  readonly mailboxId: MailboxId
}

/** Every kind of search of each mailbox and driver in turn; by kind and column. */
const oneRound = (columns: ReadonlyArray<Asked>) =>
  Effect.gen(function* () {
    const times = new Map<string, Times>()
    for (const [kind, ask] of Object.entries(kinds))
      for (const { name, driver, mailboxId } of columns)
        times.set(`${kind}, ${name}`, yield* time(driver, mailboxId, ask))
    return times
  })

const report = (columns: ReadonlyArray<Asked>, all: ReadonlyArray<ReadonlyMap<string, Times>>) => {
  const shown = (times: ReadonlyArray<Times>) => {
    const taken = times.flatMap((one) => one.taken)
    const found = times.reduce((sum, one) => sum + one.found, 0)
    const refused = times.reduce((sum, one) => sum + one.refused, 0)
    const others = refused === 0 ? "" : `, ${refused} refused`
    return `${median(taken).toFixed(1)} / ${percentile(taken, 0.95).toFixed(1)} (${found} of ${taken.length}${others})`
  }
  const of = (kind: string, name: string) => all.flatMap((round) => round.get(`${kind}, ${name}`) ?? [])
  const line = (...cells: ReadonlyArray<string>) => console.log(`| ${cells.join(" | ")} |`)
  line("p50 / p95 (found something)", ...columns.map(({ name }) => name))
  line(...["", ...columns].map(() => "---"))
  for (const kind of Object.keys(kinds)) line(kind, ...columns.map(({ name }) => shown(of(kind, name))))
  line("all", ...columns.map(({ name }) => shown(Object.keys(kinds).flatMap((kind) => of(kind, name)))))
}

/** Each size, in Postgres and, where there is one, in Meilisearch. */
const columnsOf = (mailboxes: ReadonlyArray<MailboxId>) =>
  Effect.gen(function* () {
    const postgres = yield* Search
    const meili =
      meilisearch === null
        ? null
        : Context.get(yield* Layer.build(SearchMeili.layerOver(meilisearch, SearchPg.layer)), Search)
    return mailboxes.flatMap(
      (mailboxId, n): ReadonlyArray<Asked> => [
        { name: `${sizes[n]}`, driver: postgres, mailboxId },
        ...(meili === null ? [] : [{ name: `${sizes[n]}, Meilisearch`, driver: meili, mailboxId }])
      ]
    )
  })

const main = Effect.gen(function* () {
  const postgres = yield* Postgres
  const mailboxes = yield* Effect.forEach(sizes, mailboxOf)
  if (meilisearch !== null)
    yield* Effect.forEach(mailboxes, (mailboxId, n) => copied(meilisearch, mailboxId, sizes[n] ?? 0))
  yield* postgres.query(statement({ text: "ANALYZE" }))
  if (values.fill) return
  const columns = yield* columnsOf(mailboxes)
  // The first round only warms up.
  const times = yield* Effect.forEach(Array.from({ length: rounds + 1 }), () => oneRound(columns))
  report(columns, times.slice(1))
  yield* Console.log(`index: ${(yield* space).toFixed(1)} KiB per message`)
})

await main.pipe(
  Effect.provide(
    Layer.mergeAll(SearchPg.layer, SearchFeedPg.layer).pipe(Layer.provideMerge(layerActors(folder)))
  ),
  Effect.scoped,
  Effect.runPromise
)
if (values.keep === undefined) rmSync(folder, { recursive: true, force: true })
