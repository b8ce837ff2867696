import { Args, Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import { usage } from "./failure.ts"
import { common, described, tenantFilter } from "./options.ts"
import { printPages, printRow, printRows } from "./output.ts"
import { type Session, withSession } from "./session.ts"

const folder = Args.text({ name: "folder" }).pipe(
  Args.withDescription(
    "inbox, sent, drafts, deleted, junk, archive, outbox, user, or all for those without a policy"
  )
)

const set = Command.make(
  "set",
  {
    folder,
    days: Args.integer({ name: "days" }).pipe(
      Args.withDescription("since a message was received; 0 = keep for ever")
    ),
    tenant: Options.text("tenant").pipe(
      Options.withDescription("whose mail; may be left out by who belongs to one"),
      Options.withDefault("")
    ),
    ...common
  },
  ({ folder, days, tenant, ...options }) =>
    days < 0
      ? usage("Days are a number from 0 on.")
      : withSession(options, "anyone", ({ rpc }) =>
          Effect.zipRight(
            rpc.call((signal) => rpc.upkeep.setRetention({ tenant, folder, keepDays: days }, { signal })),
            printRow(options.output, { folder, keepDays: days === 0 ? null : days })
          )
        )
).pipe(
  Command.withDescription(
    described(
      "Say how long mail is kept. In Deleted Items and Junk days count since a message came there.",
      "postroom retention set deleted 30 --tenant demo",
      "postroom retention set all 3650 --tenant demo",
      "postroom retention set all 0 --tenant demo"
    )
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    printPages(
      options.output,
      (pageToken) =>
        rpc.call((signal) =>
          rpc.upkeep.listRetention({ tenant: Option.getOrElse(tenant, () => ""), pageToken }, { signal })
        ),
      {
        entries: ({ policies }) => policies,
        row: ({ tenant: of, folder, keepDays }) => ({ tenant: of, folder, keepDays })
      }
    )
  )
).pipe(Command.withDescription(described("List how long mail is kept.", "postroom retention list")))

/** What a run would remove now, all mailboxes together. */
const preview = ({ rpc }: Session, tenant: string) =>
  Effect.gen(function* () {
    const found = new Map<string, { messages: number; sizeBytes: number }>()
    const mailboxes = { looked: 0, held: 0 }
    let pageToken = ""
    do {
      const page = yield* rpc.call((signal) => rpc.upkeep.previewRetention({ tenant, pageToken }, { signal }))
      mailboxes.looked += page.mailboxes
      mailboxes.held += page.held
      for (const { folder, messages, sizeBytes } of page.expired) {
        const sum = found.get(folder) ?? { messages: 0, sizeBytes: 0 }
        sum.messages += Number(messages)
        sum.sizeBytes += Number(sizeBytes)
        found.set(folder, sum)
      }
      pageToken = page.nextPageToken
    } while (pageToken !== "")
    return { found, mailboxes }
  })

const run = Command.make(
  "run",
  {
    dryRun: Options.boolean("dry-run").pipe(
      Options.withDescription("count what would be removed, and remove nothing")
    ),
    tenant: tenantFilter,
    ...common
  },
  ({ dryRun, tenant: given, ...options }) =>
    withSession(options, "anyone", (session) =>
      Effect.gen(function* () {
        const tenant = Option.getOrElse(given, () => "")
        if (!dryRun) {
          const { mailboxes } = yield* session.rpc.call((signal) =>
            session.rpc.upkeep.runRetention({ tenant }, { signal })
          )
          return yield* printRow(options.output, { mailboxes: Number(mailboxes) })
        }
        const { found, mailboxes } = yield* preview(session, tenant)
        if (options.output === "json") {
          return yield* printRows(
            "json",
            [...found].map(([folder, sum]) => ({ folder, ...sum }))
          )
        }
        yield* printRows(
          "table",
          [...found].map(([folder, sum]) => ({ folder, ...sum }))
        )
        yield* printRow("table", { mailboxes: mailboxes.looked, onHold: mailboxes.held })
      })
    )
).pipe(
  Command.withDescription(
    described(
      "Have retention look at mailboxes now instead of at its next time, or count what it would remove.",
      "postroom retention run --dry-run --tenant demo",
      "postroom retention run --tenant demo"
    )
  )
)

export const retention = Command.make("retention").pipe(
  Command.withDescription(described("How long mail is kept.")),
  Command.withSubcommands([set, list, run])
)
