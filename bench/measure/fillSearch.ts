import { performance } from "node:perf_hooks"
import { Console, Effect } from "effect"
import type { MailboxId } from "../../src/domain/ids.ts"
import { Postgres, statement } from "../../src/storage/postgres.ts"
import { DocumentWriter } from "../../src/storage/search/document.ts"
import { SearchFeed } from "../../src/storage/search/SearchFeed.ts"
import { fillMailbox } from "./fillMailbox.ts"
import { text, vocabulary } from "./searchMail.ts"

const told = (what: string, count: number, start: number) => {
  const seconds = (performance.now() - start) / 1000
  return Console.error(
    `${what} ${count} messages in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)}/s`
  )
}

/** Has a mailbox indexed as the worker does, step by step. */
const indexed = (mailboxId: MailboxId, count: number) =>
  Effect.gen(function* () {
    const feed = yield* SearchFeed
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
    yield* told("indexed", count, start)
  })

const forms = statement<{ readonly word: string; readonly form: string }>({
  text: `SELECT word, form FROM unnest($1::text[]) AS word, unnest(ts_lexize('pg_catalog.english_stem', word)) AS form
    WHERE form <> word`
})

const rows = statement({
  text: `INSERT INTO search.documents (user_id, message_id, at, heads, words, pairs)
    SELECT $1::uuid, row.* FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bytea[]) AS row
    ON CONFLICT DO NOTHING`
})

const lastWritten = statement<{ readonly last: number }>({
  text: `SELECT coalesce(max(message_id), 0)::float AS last FROM search.documents WHERE user_id = $1`
})

const progress = statement({
  text: `INSERT INTO search.indexes (user_id, message_id, modseq, dictionaries)
    SELECT user_id, $2::bigint, modseq, '{english_stem}' FROM mail_state.heads WHERE user_id = $1`
})

/** As `fillMailbox` has them. */
const headOf = (n: number) => ({
  subject: `Report ${n} of the week`,
  from: [{ name: "Somebody", address: "somebody@example.net" }],
  sender: [],
  replyTo: [],
  to: [{ name: "", address: "user@bench.example" }],
  cc: [],
  bcc: [],
  fileNames: []
})
const receivedAt = (n: number) => Date.UTC(2026, 0, 1) + n * 10_000

const chunk = 500

/** Writes the index of a mailbox as the worker would have left it, without asking what is to be done; goes on where it was. */
const written = (mailboxId: MailboxId, count: number) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const start = performance.now()
    const known = new Map((yield* postgres.query(forms, [vocabulary])).map(({ word, form }) => [word, form]))
    const documentOf = (n: number) => {
      const writer = new DocumentWriter(headOf(n))
      const words = text()
      writer.add(words)
      const { heads, words: own, pairs } = writer.finish()
      const other = new Set(words.split(" ").flatMap((word) => known.get(word) ?? []))
      return { heads, words: own + [...other].map((form) => ` ~${form}`).join(""), pairs }
    }
    const write = (from: number) => {
      const numbers = Array.from({ length: Math.min(chunk, count - from + 1) }, (_, n) => from + n)
      const documents = numbers.map(documentOf)
      return postgres.query(rows, [
        mailboxId,
        numbers,
        numbers.map(receivedAt),
        documents.map(({ heads }) => heads),
        documents.map(({ words }) => words),
        documents.map(({ pairs }) => pairs)
      ])
    }
    const [before] = yield* postgres.query(lastWritten, [mailboxId])
    const first = Math.max(0, Math.floor((before?.last ?? 0) / chunk) - 2)
    const starts = Array.from({ length: Math.ceil(count / chunk) - first }, (_, n) => 1 + (first + n) * chunk)
    // While one is written the next is made up.
    yield* Effect.forEach(
      starts,
      (from) =>
        Effect.retry(
          Effect.suspend(() => write(from)),
          { times: 3 }
        ),
      {
        concurrency: 2,
        discard: true
      }
    )
    yield* postgres.query(progress, [mailboxId, count])
    yield* told("wrote", count, start)
  })

const isFilled = statement({
  text: "SELECT user_id FROM mail_state.heads WHERE user_id = $1 AND next_message = $2::bigint + 1"
})

/** Fills an unused mailbox and its index: through the feed, or, what is faster, by rows. */
export const fillSearch = (mailboxId: MailboxId, count: number, { byRows }: { readonly byRows: boolean }) =>
  Effect.gen(function* () {
    const postgres = yield* Postgres
    const [filled] = yield* postgres.query(isFilled, [mailboxId, count])
    if (filled === undefined) yield* fillMailbox(mailboxId, count)
    if (byRows) yield* written(mailboxId, count)
    else yield* indexed(mailboxId, count)
  })
