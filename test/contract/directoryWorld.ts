import { randomUUID } from "node:crypto"
import type { Vitest } from "@effect/vitest"
import { Effect, type Exit } from "effect"
import { MailboxId } from "../../src/domain/ids.ts"
import type { Credentials } from "../../src/storage/directory/Credentials.ts"
import { Directory, type NewUser } from "../../src/storage/directory/Directory.ts"

/** What a suite needs of `it` inside `layer(driver)`. */
export type DirectoryIt = Pick<Vitest.MethodsNonLive<Directory | Credentials>, "effect">

const tagOf = <A, E extends { readonly _tag: string }>(exit: Exit.Exit<A, E>): string =>
  exit._tag === "Success" ? "Success" : exit.cause._tag === "Fail" ? exit.cause.error._tag : exit.cause._tag

export const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), tagOf)

/** "NotFound user" and the like. */
export const refusal = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => ("what" in error ? `${error._tag} ${error.what}` : error._tag))

export const newUser = (email: string, more: Partial<NewUser> = {}): NewUser => ({
  email,
  displayName: "",
  roles: ["user"],
  quotaBytes: null,
  passwordHash: null,
  ...more
})

export const all = { after: null, limit: 1_000 }
export const stranger = MailboxId(randomUUID())

/** Two tenants whose names nobody else in this database has: `one` with two domains, `two` with one. */
export const world = Effect.gen(function* () {
  const directory = yield* Directory
  const label = `t${randomUUID().slice(0, 8)}`
  const [one, two] = yield* Effect.all([
    directory.createTenant(`${label} one`),
    directory.createTenant(`${label} two`)
  ])
  const domains = { one: `one.${label}.test`, other: `other.${label}.test`, two: `two.${label}.test` }
  yield* directory.createDomain(one.id, domains.one)
  yield* directory.createDomain(one.id, domains.other)
  yield* directory.createDomain(two.id, domains.two)
  const create = (email: string, more: Partial<NewUser> = {}) =>
    Effect.flatMap(directory.createUsers([newUser(email, more)]), ([user]) =>
      user === undefined ? Effect.die("no user was made") : Effect.succeed(user)
    )
  return { directory, one, two, domains, create, label }
})
