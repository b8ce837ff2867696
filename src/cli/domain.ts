import { Args, Command, Options } from "@effect/cli"
import { Effect, Option, Stream } from "effect"
import type { AdminClient } from "../rpc/AdminClient.ts"
import { usage } from "./failure.ts"
import { common, described, tenantFilter } from "./options.ts"
import { printAll, printRow } from "./output.ts"
import { withSession } from "./session.ts"

/** The tenant that was named, else the only one there is. */
const tenantFor = (admin: AdminClient, named: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isSome(named)) return named.value
    const [first, second] = yield* Stream.runCollect(Stream.take(admin.tenants, 2))
    if (first !== undefined && second === undefined) return first.name
    return yield* usage("Say with --tenant whose domain it is.")
  })

const add = Command.make(
  "add",
  {
    name: Args.text({ name: "domain" }),
    tenant: Options.text("tenant").pipe(
      Options.withDescription("who owns it; may be left out where there is one tenant only"),
      Options.optional
    ),
    ...common
  },
  ({ name, tenant, ...options }) =>
    withSession(options, "anyone", ({ admin }) =>
      Effect.gen(function* () {
        const domain = yield* admin.createDomain(yield* tenantFor(admin, tenant), name)
        yield* printRow(options.output, { ...domain })
      })
    )
).pipe(
  Command.withDescription(
    described("Take mail for a domain from now on.", "postroom domain add acme.example --tenant acme")
  )
)

const list = Command.make("list", { tenant: tenantFilter, ...common }, ({ tenant, ...options }) =>
  withSession(options, "anyone", ({ admin }) =>
    printAll(
      options.output,
      Stream.map(admin.domains(Option.getOrElse(tenant, () => "")), (domain) => ({ ...domain }))
    )
  )
).pipe(Command.withDescription(described("List the domains that mail is taken for.", "postroom domain list")))

const catchAll = Command.make(
  "catch-all",
  {
    domain: Args.text({ name: "domain" }),
    address: Args.text({ name: "address" }).pipe(Args.optional),
    ...common
  },
  ({ domain, address, ...options }) =>
    withSession(options, "anyone", ({ admin }) =>
      Effect.gen(function* () {
        const user = Option.isSome(address) ? yield* admin.user(address.value) : null
        yield* admin.setCatchAll(domain, user?.id ?? null)
        yield* printRow(options.output, { domain, catchAll: user?.email ?? null })
      })
    )
).pipe(
  Command.withDescription(
    described(
      "Say who gets mail for unknown names of a domain; without an address such mail is refused again.",
      "postroom domain catch-all demo.test alice@demo.test",
      "postroom domain catch-all demo.test"
    )
  )
)

export const domain = Command.make("domain").pipe(
  Command.withDescription(described("Domains that mail is taken for.")),
  Command.withSubcommands([add, list, catchAll])
)
