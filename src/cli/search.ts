import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Chunk, Console, Effect, Option, Stream } from "effect"
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

const hits = ({ rpc }: Session, query: string, { limit }: { readonly limit: number }) =>
  Stream.paginateChunkEffect("", (pageToken) =>
    Effect.map(
      rpc.call((signal) =>
        rpc.mailbox.search({ query, pageSize: Math.min(limit, 100), pageToken }, { signal })
      ),
      (page) => [
        Chunk.map(Chunk.fromIterable(page.hits), (hit) => ({ hit, isComplete: page.complete })),
        page.nextPageToken === "" ? Option.none() : Option.some(page.nextPageToken)
      ]
    )
  )

export const search = Command.make("search", { words, limit, ...personal }, ({ words, limit, ...options }) =>
  withSession(options, "user", (session) =>
    Effect.gen(function* () {
      const found = yield* Stream.runCollect(Stream.take(hits(session, words.join(" "), { limit }), limit))
      yield* printRows(
        options.output,
        [...found].map(({ hit: { message, snippet } }) => ({
          id: Number(message?.id ?? 0),
          received:
            message?.receivedAt === undefined ? null : timestampDate(message.receivedAt).toISOString(),
          from: (message?.from ?? []).map(({ name, address }) => (name === "" ? address : name)).join(", "),
          subject: message?.subject ?? "",
          text: snippet.map(({ text }) => text).join("")
        }))
      )
      if ([...found].some(({ isComplete }) => !isComplete)) {
        yield* Console.error("Much mail waits to be indexed: there may be more.")
      }
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
