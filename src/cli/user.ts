import { Args, Command, Options } from "@effect/cli"
import { Config, Console, Effect, Option, Redacted, Stream } from "effect"
import type { AdminClient } from "../rpc/AdminClient.ts"
import { expandRanges } from "./addresses.ts"
import { usage } from "./failure.ts"
import { firstLineOfInput } from "./input.ts"
import { common, described, tenantFilter } from "./options.ts"
import { printAll, printRow, printRows, type Row } from "./output.ts"
import { withSession } from "./session.ts"

type User = Effect.Effect.Success<ReturnType<AdminClient["user"]>>

/** Users that one call makes: enough to keep the server's hashing busy, few enough to show progress. */
const batchSize = 50

const rowOf = (user: User): Row => ({
  address: user.email,
  name: user.displayName,
  status: user.status,
  roles: user.roles,
  quotaBytes: user.quotaBytes,
  id: user.id
})

const newPassword = {
  password: Options.text("password").pipe(
    Options.withDescription("the new password; other users of this machine may see it with `ps`"),
    Options.optional
  ),
  passwordStdin: Options.boolean("password-stdin").pipe(
    Options.withDescription("read the new password from the first line of the standard input")
  )
}

/** From the option, the standard input or POSTROOM_NEW_PASSWORD. */
const readPassword = (given: { readonly password: Option.Option<string>; readonly passwordStdin: boolean }) =>
  Effect.gen(function* () {
    if (given.passwordStdin) return Option.some(yield* firstLineOfInput)
    if (Option.isSome(given.password)) return Option.some(Redacted.make(given.password.value))
    return yield* Config.option(Config.redacted("POSTROOM_NEW_PASSWORD"))
  })

const roles: User["roles"] = ["user", "support", "admin"]

const add = Command.make(
  "add",
  {
    addresses: Args.text({ name: "address" }).pipe(
      Args.withDescription("an address, or many: 'user{0..99}@demo.test' stands for a hundred"),
      Args.atLeast(1)
    ),
    ...newPassword,
    name: Options.text("name").pipe(Options.withDescription("display name"), Options.withDefault("")),
    role: Options.choice("role", roles).pipe(
      Options.withDescription("may be given more than once"),
      Options.repeated
    ),
    quota: Options.integer("quota").pipe(
      Options.withDescription("octets that each mailbox may hold; no limit without it"),
      Options.optional
    ),
    ...common
  },
  ({ addresses, password, passwordStdin, name, role, quota, ...options }) =>
    Effect.gen(function* () {
      const expanded = (yield* Effect.forEach(addresses, expandRanges)).flat()
      const secret = yield* readPassword({ password, passwordStdin })
      const users = expanded.map((address) => ({
        address,
        displayName: name,
        roles: role.length === 0 ? roles.slice(0, 1) : role,
        quotaBytes: Option.getOrNull(quota),
        password: Option.getOrNull(secret)
      }))
      yield* withSession(options, "anyone", ({ admin }) =>
        Stream.fromIterable(users).pipe(
          Stream.grouped(batchSize),
          Stream.mapEffect((batch) => admin.createUsers([...batch])),
          Stream.tap((made) =>
            users.length > batchSize ? Console.error(`${made.at(-1)?.email} …`) : Effect.void
          ),
          Stream.runCollect,
          Effect.flatMap((made) => printRows(options.output, [...made].flat().map(rowOf)))
        )
      )
      if (Option.isNone(secret)) {
        yield* Console.error("Without a password nobody can sign in to them: postroom user password ADDRESS")
      }
    })
).pipe(
  Command.withDescription(
    described(
      "Make users, each with a mailbox.",
      "postroom user add dora@demo.test --name Dora --password-stdin < password.txt",
      "postroom user add 'user{0..99}@demo.test' --password secret"
    )
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant, ...options }) =>
  withSession(options, "anyone", ({ admin }) =>
    printAll(options.output, Stream.map(admin.users(Option.getOrElse(tenant, () => "")), rowOf))
  )
).pipe(Command.withDescription(described("List users.", "postroom user list --tenant demo")))

const address = Args.text({ name: "address" })

const setStatus = (command: string, status: User["status"], sentence: string) =>
  Command.make(command, { address, ...common }, ({ address, ...options }) =>
    withSession(options, "anyone", ({ admin }) =>
      Effect.gen(function* () {
        const user = yield* admin.user(address)
        yield* admin.setUserStatus(user.id, status)
        yield* printRow(options.output, rowOf({ ...user, status }))
      })
    )
  ).pipe(Command.withDescription(described(sentence, `postroom user ${command} bob@demo.test`)))

const disable = setStatus("disable", "disabled", "Switch a user off: no sign-in, no mail; nothing is lost.")
const enable = setStatus("enable", "active", "Switch a user on again.")

const password = Command.make(
  "password",
  { address, ...newPassword, ...common },
  ({ address, password, passwordStdin, ...options }) =>
    Effect.gen(function* () {
      const secret = yield* readPassword({ password, passwordStdin })
      if (Option.isNone(secret)) {
        return yield* usage("Give the new password with --password-stdin or POSTROOM_NEW_PASSWORD.")
      }
      yield* withSession(options, "anyone", ({ admin }) =>
        Effect.gen(function* () {
          const user = yield* admin.user(address)
          yield* admin.setPassword(user.id, secret.value)
          yield* printRow(options.output, rowOf(user))
        })
      )
    })
).pipe(
  Command.withDescription(
    described(
      "Give a user a new password.",
      "postroom user password bob@demo.test --password-stdin < password.txt"
    )
  )
)

export const user = Command.make("user").pipe(
  Command.withDescription(described("People with mailboxes.")),
  Command.withSubcommands([add, list, disable, enable, password])
)
