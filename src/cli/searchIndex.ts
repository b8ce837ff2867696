import { Args, Command, Options } from "@effect/cli"
import { Chunk, Console, Effect, Option, Schedule, Stream } from "effect"
import { usage } from "./failure.ts"
import { common, described } from "./options.ts"
import { printAll, printRow } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const statusOf = ({ rpc }: Session) =>
  Effect.map(
    rpc.call((signal) => rpc.index.getIndexStatus({}, { signal })),
    ({ mailboxes, messages, indexed, waiting, rebuilding, toRebuild }) => ({
      mailboxes: Number(mailboxes),
      messages: Number(messages),
      indexed: Number(indexed),
      waiting: Number(waiting),
      rebuilding: Number(rebuilding),
      toRebuild: Number(toRebuild)
    })
  )

const status = Command.make("status", common, (options) =>
  withSession(options, "anyone", (session) =>
    Effect.flatMap(statusOf(session), (row) => printRow(options.output, row))
  )
).pipe(
  Command.withDescription(
    described("How far the search index has come.", "postroom index status --output json")
  )
)

/** Says how much is left, each second, until nothing is. */
const untilRebuilt = (session: Session) =>
  statusOf(session).pipe(
    Effect.tap(({ rebuilding, toRebuild }) =>
      Console.error(
        rebuilding === 0
          ? "Done."
          : `${toRebuild} messages in ${rebuilding} mailboxes are still to be indexed.`
      )
    ),
    Effect.repeat({ until: ({ rebuilding }) => rebuilding === 0, schedule: Schedule.spaced("1 second") })
  )

const rebuild = Command.make(
  "rebuild",
  {
    address: Args.text({ name: "address" }).pipe(
      Args.withDescription("whose mailbox; a stop in between does no harm, it goes on where it was"),
      Args.optional
    ),
    all: Options.boolean("all").pipe(Options.withDescription("every mailbox")),
    wait: Options.boolean("wait").pipe(Options.withDescription("tell of the progress until it is done")),
    ...common
  },
  ({ address, all, wait, ...options }) =>
    Effect.gen(function* () {
      if (all === Option.isSome(address)) return yield* usage("Name an address, or say --all.")
      yield* withSession(options, "anyone", (session) =>
        Effect.gen(function* () {
          const { rpc } = session
          const request = { address: Option.getOrElse(address, () => ""), all }
          const { mailboxes } = yield* rpc.call((signal) => rpc.index.rebuildIndex(request, { signal }))
          if (wait) yield* untilRebuilt(session)
          yield* printRow(options.output, { mailboxes: Number(mailboxes) })
        })
      )
    })
).pipe(
  Command.withDescription(
    described(
      "Write the search index anew. Searches go on meanwhile.",
      "postroom index rebuild alice@demo.test",
      "postroom index rebuild --all --wait"
    )
  )
)

const check = Command.make(
  "check",
  {
    repair: Options.boolean("repair").pipe(Options.withDescription("have what is wrong written anew")),
    ...common
  },
  ({ repair, ...options }) =>
    withSession(options, "anyone", ({ rpc }) =>
      printAll(
        options.output,
        Stream.paginateChunkEffect("", (pageToken) =>
          Effect.map(
            rpc.call((signal) => rpc.index.checkIndex({ repair, pageToken }, { signal })),
            ({ drifts, nextPageToken }) => [
              Chunk.fromIterable(drifts),
              nextPageToken === "" ? Option.none() : Option.some(nextPageToken)
            ]
          )
        ).pipe(
          Stream.map(({ mailboxId, missing, orphaned }) => ({
            mailbox: mailboxId,
            missing: Number(missing),
            orphaned: Number(orphaned)
          }))
        )
      )
    )
).pipe(
  Command.withDescription(
    described(
      "Mailboxes whose search index does not match their mail; none is as it should be.",
      "postroom index check",
      "postroom index check --repair"
    )
  )
)

export const searchIndex = Command.make("index").pipe(
  Command.withDescription(described("The search index.")),
  Command.withSubcommands([status, rebuild, check])
)
