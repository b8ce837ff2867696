import { Args, Command } from "@effect/cli"
import { Effect, Stream } from "effect"
import { common, described } from "./options.ts"
import { printAll, printRow } from "./output.ts"
import { withSession } from "./session.ts"

const add = Command.make("add", { name: Args.text({ name: "name" }), ...common }, ({ name, ...options }) =>
  withSession(options, "anyone", ({ admin }) =>
    Effect.flatMap(admin.createTenant(name), (tenant) => printRow(options.output, { ...tenant }))
  )
).pipe(Command.withDescription(described("Make a tenant.", "postroom tenant add acme")))

const list = Command.make("list", common, (options) =>
  withSession(options, "anyone", ({ admin }) =>
    printAll(
      options.output,
      Stream.map(admin.tenants, ({ id, name }) => ({ name, id }))
    )
  )
).pipe(Command.withDescription(described("List all tenants.", "postroom tenant list --output json")))

export const tenant = Command.make("tenant").pipe(
  Command.withDescription(described("Customers: each owns domains and users.")),
  Command.withSubcommands([add, list])
)
