import { randomInt } from "node:crypto"
import { Effect, Option, Redacted } from "effect"
import { Directory, type NewUser } from "../storage/directory/Directory.ts"
import { Identity } from "./Identity.ts"
import { Passwords } from "./Passwords.ts"
import { readSecret, secretPaths, writeSecret } from "./secretFile.ts"

export const demoDomain = "demo.test"

const demoUsers = [
  { name: "alice", displayName: "Alice", roles: ["admin", "user"] },
  { name: "bob", displayName: "Bob", roles: ["user"] },
  { name: "carol", displayName: "Carol", roles: ["user"] }
] satisfies ReadonlyArray<{
  readonly name: string
  readonly displayName: string
  readonly roles: NewUser["roles"]
}>

/** Letters and digits that nobody mixes up: 16 of them are 80 bits. */
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

const randomPassword = () =>
  Redacted.make(
    Array.from({ length: 4 }, () =>
      Array.from({ length: 4 }, () => alphabet.charAt(randomInt(alphabet.length))).join("")
    ).join("-")
  )

/** The password of the demo users: as asked for, else as kept, else a new one. Kept for the next start and the CLI. */
const demoPassword = (wanted: Redacted.Redacted | null, path: string) =>
  Effect.gen(function* () {
    const kept = yield* readSecret(path)
    const password = wanted ?? Option.getOrElse(kept, randomPassword)
    const isKept = Option.isSome(kept) && Redacted.value(kept.value) === Redacted.value(password)
    return { password, isKept }
  })

const ensureDomain = Effect.gen(function* () {
  const directory = yield* Directory
  const tenant = yield* directory
    .createTenant("demo")
    .pipe(Effect.catchTag("AlreadyExists", () => directory.tenantByName("demo")))
  yield* directory
    .createDomain(tenant.id, demoDomain)
    .pipe(Effect.catchTag("AlreadyExists", () => Effect.void))
})

const addressOf = ({ name }: { readonly name: string }) => `${name}@${demoDomain}`

/**
 * Tenant `demo` with `demo.test`, alice (admin), bob and carol; whatever is there already stays. `password` null = the
 * one of last time, or a random one. `isNew` says that it should be shown. A crash on the way is mended by the next call.
 */
export const seedDemo = (options: {
  readonly dataFolder: string
  readonly password: Redacted.Redacted | null
}) =>
  Effect.gen(function* () {
    const directory = yield* Directory
    const identity = yield* Identity
    const passwords = yield* Passwords
    const { demoPassword: path } = yield* secretPaths(options.dataFolder)
    const { password, isKept } = yield* demoPassword(options.password, path)
    yield* ensureDomain

    const found = yield* Effect.forEach(demoUsers, (user) =>
      directory.userByAddress(addressOf(user)).pipe(
        Effect.map((known) => ({ user, id: known.id })),
        Effect.catchTag("NotFound", () => Effect.succeed({ user, id: null }))
      )
    )
    const missing = found.filter(({ id }) => id === null)
    const users = yield* Effect.forEach(missing, ({ user }) =>
      Effect.map(passwords.hash(password), (passwordHash) => ({
        email: addressOf(user),
        displayName: user.displayName,
        roles: user.roles,
        quotaBytes: null,
        passwordHash
      }))
    )
    if (users.length > 0) yield* directory.createUsers(users)
    if (!isKept) {
      yield* Effect.forEach(found, ({ id }) =>
        id === null ? Effect.void : identity.setPassword(id, password)
      )
      // Last: until the users have it, the file must not say so.
      yield* writeSecret(path, password)
    }
    return { password, isNew: !isKept }
  })
