import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Args, Command, Options } from "@effect/cli"
import { Effect, Option } from "effect"
import { common, described, tenantFilter } from "./options.ts"
import { printPages, printRow } from "./output.ts"
import { withSession } from "./session.ts"

const address = Args.text({ name: "address" })

const set = Command.make(
  "set",
  {
    address,
    reason: Options.text("reason").pipe(Options.withDescription("shown in lists"), Options.withDefault("")),
    ...common
  },
  ({ address, reason, ...options }) =>
    withSession(options, "anyone", ({ rpc, admin }) =>
      Effect.gen(function* () {
        const { id, email } = yield* admin.user(address)
        yield* rpc.call((signal) => rpc.upkeep.setHold({ mailboxId: id, reason }, { signal }))
        yield* printRow(options.output, { address: email, onHold: true })
      })
    )
).pipe(
  Command.withDescription(
    described(
      "Keep all of a mailbox: retention removes nothing from it, and what its user removes is kept aside.",
      "postroom hold set bob@demo.test --reason 'case 7'"
    )
  )
)

const clear = Command.make("clear", { address, ...common }, ({ address, ...options }) =>
  withSession(options, "anyone", ({ rpc, admin }) =>
    Effect.gen(function* () {
      const { id, email } = yield* admin.user(address)
      yield* rpc.call((signal) => rpc.upkeep.clearHold({ mailboxId: id }, { signal }))
      yield* printRow(options.output, { address: email, onHold: false })
    })
  )
).pipe(
  Command.withDescription(
    described(
      "End a hold. What was kept because of it is let go, and retention applies again.",
      "postroom hold clear bob@demo.test"
    )
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant, ...options }) =>
  withSession(options, "anyone", ({ rpc }) =>
    printPages(
      options.output,
      (pageToken) =>
        rpc.call((signal) =>
          rpc.upkeep.listHolds({ tenant: Option.getOrElse(tenant, () => ""), pageToken }, { signal })
        ),
      {
        entries: ({ holds }) => holds,
        row: ({ address, reason, setAt, keptMessages }) => ({
          address,
          reason,
          since: setAt === undefined ? null : timestampDate(setAt).toISOString(),
          keptMessages: Number(keptMessages)
        })
      }
    )
  )
).pipe(
  Command.withDescription(
    described(
      "List mailboxes on hold, and how much was kept that their users have removed.",
      "postroom hold list"
    )
  )
)

export const hold = Command.make("hold").pipe(
  Command.withDescription(described("Mailboxes of which nothing may be lost.")),
  Command.withSubcommands([set, clear, list])
)
