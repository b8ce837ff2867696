import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Console, Effect, Option } from "effect"
import { common, described, tenantFilter } from "./options.ts"
import { printPages, printRow, type Row } from "./output.ts"
import { withSession } from "./session.ts"

interface Webhook {
  readonly id: string
  readonly mailboxId: string
  readonly url: string
  readonly goneAt?: Timestamp | undefined
}

const rowOf = ({ id, mailboxId, url, goneAt }: Webhook): Row => ({
  id,
  mailbox: mailboxId === "" ? "all" : mailboxId,
  url,
  gone: goneAt === undefined ? null : timestampDate(goneAt).toISOString()
})

const add = Command.make(
  "add",
  {
    url: Args.text({ name: "url" }),
    tenant: Options.text("tenant").pipe(
      Options.withDescription("whose mailboxes; may be left out by who belongs to one"),
      Options.withDefault("")
    ),
    user: Options.text("user").pipe(
      Options.withDescription("only of the mailbox of this address"),
      Options.optional
    ),
    ...common
  },
  ({ url, tenant, user, ...options }) =>
    withSession(options, "anyone", ({ rpc, admin }) =>
      Effect.gen(function* () {
        const mailboxId = Option.isSome(user) ? (yield* admin.user(user.value)).id : ""
        const { webhook, secret } = yield* rpc.call((signal) =>
          rpc.upkeep.addWebhook({ url, tenant, mailboxId }, { signal })
        )
        yield* printRow(options.output, { ...(webhook === undefined ? {} : rowOf(webhook)), secret })
        yield* Console.error("Keep the secret now; it is not shown again.")
      })
    )
).pipe(
  Command.withDescription(
    described(
      "Have an HTTP endpoint told of changes: a POST of ids as JSON, signed as Standard Webhooks has it.",
      "postroom webhook add https://hooks.example/postroom --tenant demo",
      "postroom webhook add https://hooks.example/alice --tenant demo --user alice@demo.test"
    )
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    printPages(
      options.output,
      (pageToken) =>
        rpc.call((signal) =>
          rpc.upkeep.listWebhooks({ tenant: Option.getOrElse(tenant, () => ""), pageToken }, { signal })
        ),
      { entries: ({ webhooks }) => webhooks, row: rowOf }
    )
  )
).pipe(
  Command.withDescription(
    described(
      "List webhooks, without their secrets. One that is gone has answered 410 and is told nothing any more.",
      "postroom webhook list"
    )
  )
)

const remove = Command.make("remove", { id: Args.text({ name: "id" }), ...common }, ({ id, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    Effect.zipRight(
      rpc.call((signal) => rpc.upkeep.removeWebhook({ id }, { signal })),
      printRow(options.output, { id, removed: true })
    )
  )
).pipe(Command.withDescription(described("End a webhook.", "postroom webhook remove ID")))

export const webhook = Command.make("webhook").pipe(
  Command.withDescription(described("HTTP endpoints that are told when mailboxes change.")),
  Command.withSubcommands([add, list, remove])
)
