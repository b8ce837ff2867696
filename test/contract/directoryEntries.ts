import { randomUUID } from "node:crypto"
import { assert, describe } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { TenantId } from "../../src/domain/ids.ts"
import { Credentials } from "../../src/storage/directory/Credentials.ts"
import { all, type DirectoryIt, newUser, refusal, stranger, tag, world } from "./directoryWorld.ts"

/** Tenants, domains, users, aliases and credentials: the same in every driver. */
export const entriesContract = (it: DirectoryIt) => {
  describe("tenants and domains", () => {
    it.effect("have names of their own, in canonical form", () =>
      Effect.gen(function* () {
        const { directory, one, two, domains, label } = yield* world
        assert.strictEqual(yield* refusal(directory.createTenant(`${label} one`)), "AlreadyExists tenant")
        assert.strictEqual(
          yield* refusal(directory.createDomain(two.id, domains.one.toUpperCase())),
          "AlreadyExists domain"
        )
        assert.deepStrictEqual(yield* directory.tenantByName(`${label} one`), one)
        assert.strictEqual(yield* refusal(directory.tenantByName(`${label} three`)), "NotFound tenant")
        const idn = yield* directory.createDomain(one.id, `Bücher.${label}.test`)
        assert.strictEqual(idn.name, `xn--bcher-kva.${label}.test`)
        assert.deepStrictEqual(yield* directory.domainByName(`BÜCHER.${label}.test`), idn)
        assert.strictEqual(yield* refusal(directory.domainByName("unknown.test")), "NotFound domain")
      })
    )

    it.effect("are refused where the name is no name or the tenant is unknown", () =>
      Effect.gen(function* () {
        const { directory, one, label } = yield* world
        for (const text of ["", "  ", "a\nb", "a\u0000b", "x".repeat(256)]) {
          assert.strictEqual(yield* tag(directory.createTenant(text)), "InvalidRequest", text)
        }
        for (const text of ["", "a b", "[127.0.0.1]", "-a.test", "a\uff0etest"]) {
          assert.strictEqual(yield* tag(directory.createDomain(one.id, text)), "InvalidRequest", text)
        }
        const unknown = directory.createDomain(TenantId(randomUUID()), `x.${label}.test`)
        assert.strictEqual(yield* refusal(unknown), "NotFound tenant")
      })
    )

    it.effect("are listed page by page, those of one tenant alone where that is asked", () =>
      Effect.gen(function* () {
        const { directory, one, two, domains } = yield* world
        const first = yield* directory.domains(one.id, { after: null, limit: 1 })
        const rest = yield* directory.domains(one.id, { after: first[0]?.name ?? "", limit: 10 })
        assert.deepStrictEqual(
          [...first, ...rest].map((domain) => domain.name),
          [domains.one, domains.other]
        )
        assert.deepStrictEqual(
          (yield* directory.domains(two.id, all)).map((domain) => domain.name),
          [domains.two]
        )
        const everything = (yield* directory.domains(null, all)).map((domain) => domain.name)
        assert.includeMembers(everything, Object.values(domains))
        const tenants = yield* directory.tenants(all)
        assert.includeDeepMembers(tenants.slice(), [one, two])
      })
    )
  })

  describe("users", () => {
    it.effect("get the tenant of their domain and are found by id, address and alias", () =>
      Effect.gen(function* () {
        const { directory, one, domains, create } = yield* world
        const alice = yield* create(`Alice@${domains.one.toUpperCase()}`, {
          displayName: "Alice",
          roles: ["admin", "user"],
          quotaBytes: 5_000_000_000
        })
        assert.deepStrictEqual(alice, {
          id: alice.id,
          tenantId: one.id,
          email: `alice@${domains.one}`,
          displayName: "Alice",
          status: "active",
          roles: ["admin", "user"],
          quotaBytes: 5_000_000_000
        })
        yield* directory.createAlias(`boss@${domains.other}`, alice.id)
        assert.deepStrictEqual(yield* directory.userById(alice.id), alice)
        assert.deepStrictEqual(yield* directory.userByAddress(`ALICE@${domains.one}`), alice)
        assert.deepStrictEqual(yield* directory.userByAddress(`Boss@${domains.other}`), alice)
        assert.strictEqual(yield* refusal(directory.userById(stranger)), "NotFound user")
        assert.strictEqual(yield* refusal(directory.userByAddress(`bob@${domains.one}`)), "NotFound user")
        assert.strictEqual(yield* tag(directory.userByAddress("nonsense")), "InvalidRequest")
      })
    )

    it.effect("are made many at once, all or none", () =>
      Effect.gen(function* () {
        const { directory, one, domains } = yield* world
        const emails = Array.from(
          { length: 100 },
          (_, n) => `user${String(n).padStart(2, "0")}@${domains.one}`
        )
        const users = yield* directory.createUsers(emails.map((email) => newUser(email)))
        assert.deepStrictEqual(
          users.map(({ email }) => email),
          emails
        )
        assert.deepStrictEqual(yield* directory.users(one.id, all), users)
        const page = yield* directory.users(one.id, { after: emails[9] ?? "", limit: 3 })
        assert.deepStrictEqual(page, users.slice(10, 13))

        const refused = (more: ReadonlyArray<string>) =>
          refusal(directory.createUsers([`new@${domains.one}`, ...more].map((email) => newUser(email))))
        assert.strictEqual(yield* refused([`USER07@${domains.one}`]), "AlreadyExists user")
        assert.strictEqual(yield* refused([`new@${domains.one}`]), "AlreadyExists user")
        assert.strictEqual(yield* refused(["x@unknown.test"]), "NotFound domain")
        assert.strictEqual(yield* refused(["nonsense"]), "InvalidRequest")
        assert.strictEqual((yield* directory.users(one.id, all)).length, 100)
      })
    )

    it.effect("may not take an alias's address, nor an alias theirs", () =>
      Effect.gen(function* () {
        const { directory, domains, create } = yield* world
        const alice = yield* create(`alice@${domains.one}`)
        const alias = `sales@${domains.one}`
        assert.deepStrictEqual(yield* directory.createAlias(`Sales@${domains.one}`, alice.id), {
          address: alias,
          userId: alice.id
        })
        assert.strictEqual(yield* refusal(create(alias)), "AlreadyExists alias")
        assert.strictEqual(yield* refusal(directory.createAlias(alias, alice.id)), "AlreadyExists alias")
        const own = directory.createAlias(`alice@${domains.one}`, alice.id)
        assert.strictEqual(yield* refusal(own), "AlreadyExists user")
      })
    )

    it.effect("are refused with a quota or a display name that cannot be", () =>
      Effect.gen(function* () {
        const { domains, create } = yield* world
        for (const more of [
          { quotaBytes: 0 },
          { quotaBytes: -1 },
          { quotaBytes: 1.5 },
          { displayName: "a\r\nBcc: b@c.test" },
          { displayName: "\u202egpj.exe" }
        ]) {
          assert.strictEqual(yield* tag(create(`x@${domains.one}`, more)), "InvalidRequest")
        }
      })
    )
  })

  describe("tenants apart", () => {
    it.effect("an alias or catch-all never leads into another tenant", () =>
      Effect.gen(function* () {
        const { directory, two, domains, create } = yield* world
        const alice = yield* create(`alice@${domains.one}`)
        const across = directory.createAlias(`sales@${domains.two}`, alice.id)
        assert.strictEqual(yield* refusal(across), "NotFound user")
        assert.strictEqual(yield* refusal(directory.setCatchAll(domains.two, alice.id)), "NotFound user")
        assert.strictEqual(yield* refusal(directory.setCatchAll("unknown.test", alice.id)), "NotFound domain")
        assert.strictEqual(
          yield* refusal(directory.createAlias("a@unknown.test", alice.id)),
          "NotFound domain"
        )
        yield* directory.createAlias(`sales@${domains.one}`, alice.id)
        assert.deepStrictEqual(yield* directory.aliases(two.id, all), [])
        assert.deepStrictEqual(yield* directory.users(two.id, all), [])
      })
    )
  })

  describe("credentials", () => {
    it.effect("hold one password per user, by primary address", () =>
      Effect.gen(function* () {
        const { directory, domains, create } = yield* world
        const credentials = yield* Credentials
        const alice = yield* create(`alice@${domains.one}`, { passwordHash: "one" })
        yield* directory.createAlias(`sales@${domains.one}`, alice.id)
        const hash = Effect.map(credentials.byAddress(alice.email), (found) => found?.passwordHash)
        assert.deepStrictEqual(yield* credentials.byAddress(alice.email), {
          user: alice,
          passwordHash: "one"
        })
        yield* credentials.setPassword(alice.id, "two")
        assert.strictEqual(yield* hash, "two")
        yield* credentials.setPassword(alice.id, null)
        assert.isNull(yield* hash)
        assert.isNull(yield* credentials.byAddress(`sales@${domains.one}`))
        assert.strictEqual(yield* refusal(credentials.setPassword(stranger, "x")), "NotFound user")
      })
    )

    it.effect("hold tokens that end by time or by hand, each user's own", () =>
      Effect.gen(function* () {
        const { domains, create, label } = yield* world
        const credentials = yield* Credentials
        const [alice, bob] = yield* Effect.all([create(`alice@${domains.one}`), create(`bob@${domains.one}`)])
        yield* TestClock.setTime(1_800_000_000_000)
        const token = yield* credentials.createToken({
          userId: alice.id,
          label: "phone",
          hash: `hash ${label}`,
          expiresAt: 1_800_000_060_000
        })
        assert.deepStrictEqual(
          [token.userId, token.label, token.expiresAt],
          [alice.id, "phone", 1_800_000_060_000]
        )
        assert.deepStrictEqual(yield* credentials.byTokenHash(`hash ${label}`), { user: alice, token })
        assert.isNull(yield* credentials.byTokenHash("another"))
        assert.deepStrictEqual(yield* credentials.tokens(alice.id, all), [token])
        assert.deepStrictEqual(yield* credentials.tokens(bob.id, all), [])
        assert.isFalse(yield* credentials.revokeToken(bob.id, token.id))
        yield* TestClock.adjust("1 minute")
        assert.isNull(yield* credentials.byTokenHash(`hash ${label}`))
        assert.isTrue(yield* credentials.revokeToken(alice.id, token.id))
        assert.isFalse(yield* credentials.revokeToken(alice.id, token.id))
        const orphan = { userId: stranger, label: "", hash: `other ${label}`, expiresAt: null }
        assert.strictEqual(yield* refusal(credentials.createToken(orphan)), "NotFound user")
      })
    )
  })
}
