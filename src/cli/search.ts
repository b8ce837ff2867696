import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Console, Effect, Option, Ref, Stream } from "effect"
import { CliFailure, exitCodes } from "./failure.ts"
import { described, personal } from "./options.ts"
import { printRows } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const words = Args.text({ name: "word" }).pipe(
  Args.withDescription("what is looked for; put single quotation marks around phrases and minus signs"),
  Args.atLeast(1)
)

const limit = Options.integer("limit").pipe(
  Options.withDescription("how many, newest first"),
  Options.withDefault(20)
)

interface Page {
  readonly complete: boolean
  readonly degraded: boolean
}

/** What the answer to a search lacks, for whoever asked; the last page knows best. */
const notes = ({ complete, degraded }: Page): ReadonlyArray<string> => [
  ...(complete ? [] : ["Much mail waits to be indexed: there may be more."]),
  ...(degraded ? ["The search engine is away; the database answered in its place, and may take longer."] : [])
]

const tooLong = new CliFailure({
  message:
    "The search took too long, or the server has much to do. Try again, or look for less: more words, a folder (in:), a time (after:, before:).",
  exitCode: exitCodes.unavailable
})

const hits = (
  { rpc }: Session,
  query: string,
  { limit, seen }: { readonly limit: number; readonly seen: Ref.Ref<Page> }
) =>
  Stream.paginateChunkEffect("", (pageToken) =>
    rpc
      .call((signal) => rpc.mailbox.search({ query, pageSize: Math.min(limit, 100), pageToken }, { signal }))
      .pipe(
        Effect.catchTag("Busy", () => tooLong),
        Effect.tap((page) => Ref.set(seen, page)),
        Effect.map((page) => [
          Chunk.fromIterable(page.hits),
          page.nextPageToken === "" ? Option.none() : Option.some(page.nextPageToken)
        ])
      )
  )

export const search = Command.make("search", { words, limit, ...personal }, ({ words, limit, ...options }) =>
  withSession(options, "user", (session) =>
    Effect.gen(function* () {
      const seen = yield* Ref.make<Page>({ complete: true, degraded: false })
      const found = yield* Stream.runCollect(
        Stream.take(hits(session, words.join(" "), { limit, seen }), limit)
      )
      yield* printRows(
        options.output,
        [...found].map(({ message, snippet }) => ({
          id: Number(message?.id ?? 0),
          received:
            message?.receivedAt === undefined ? null : timestampDate(message.receivedAt).toISOString(),
          from: (message?.from ?? []).map(({ name, address }) => (name === "" ? address : name)).join(", "),
          subject: message?.subject ?? "",
          text: snippet.map(({ text }) => text).join("")
        }))
      )
      yield* Effect.forEach(notes(yield* Ref.get(seen)), (note) => Console.error(note))
    })
  )
).pipe(
  Command.withDescription(
    described(
      "Search a mailbox, newest first.",
      "postroom search --as alice@demo.test invoice",
      `postroom search --as alice@demo.test 'from:bob "kind regards" -draft' --limit 100`,
      "postroom search --as alice@demo.test in:archive has:attachment before:2026-03 --output json"
    )
  )
)
