import { Args, Command } from "@effect/cli"
import { Effect, Option, Stream } from "effect"
import { common, described, tenantFilter } from "./options.ts"
import { printAll, printRow } from "./output.ts"
import { withSession } from "./session.ts"

const add = Command.make(
  "add",
  { alias: Args.text({ name: "alias" }), user: Args.text({ name: "user" }), ...common },
  ({ alias, user, ...options }) =>
    withSession(options, "anyone", ({ admin }) =>
      Effect.gen(function* () {
        const { id, email } = yield* admin.user(user)
        const { address } = yield* admin.createAlias(alias, id)
        yield* printRow(options.output, { address, user: email })
      })
    )
).pipe(
  Command.withDescription(
    described("Give a user one more address.", "postroom alias add sales@demo.test alice@demo.test")
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant: named, ...options }) =>
  withSession(options, "anyone", ({ admin }) =>
    Effect.gen(function* () {
      const tenant = Option.getOrElse(named, () => "")
      const users = yield* Stream.runCollect(admin.users(tenant))
      const addressOf = new Map([...users].map(({ id, email }) => [id, email]))
      yield* printAll(
        options.output,
        Stream.map(admin.aliases(tenant), ({ address, userId }) => ({
          address,
          user: addressOf.get(userId) ?? userId
        }))
      )
    })
  )
).pipe(Command.withDescription(described("List aliases and whose they are.", "postroom alias list")))

export const alias = Command.make("alias").pipe(
  Command.withDescription(described("Further addresses of users.")),
  Command.withSubcommands([add, list])
)
