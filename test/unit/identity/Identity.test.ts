import { assert, describe, it } from "@effect/vitest"
import { Effect, type Exit, Layer, Redacted, TestClock } from "effect"
import { Identity } from "../../../src/identity/Identity.ts"
import { layerIdentity } from "../../../src/identity/IdentityLive.ts"
import { layerPasswords } from "../../../src/identity/Passwords.ts"
import { newToken } from "../../../src/identity/tokens.ts"
import { Directory } from "../../../src/storage/directory/Directory.ts"
import { layerDirectoryMemory } from "../../../src/storage/directory/DirectoryMemory.ts"
import { RateLimits } from "../../../src/storage/limits/RateLimits.ts"

const operatorToken = newToken()
const password = Redacted.make("right")
const wrong = Redacted.make("wrong")
const home = { ip: "192.0.2.1" }
const elsewhere = { ip: "198.51.100.7" }

const build = Effect.gen(function* () {
  // How often argon2 was asked; hashes are the passwords themselves, so that tests are quick.
  const calls = { verified: 0 }
  const passwords = layerPasswords(
    {},
    {
      hash: (text) => Promise.resolve(text),
      verify: (hash, text) => {
        calls.verified += 1
        return Promise.resolve(hash === text)
      }
    }
  )
  const context = yield* Layer.build(
    layerIdentity(operatorToken).pipe(
      Layer.provideMerge(Layer.mergeAll(layerDirectoryMemory(), passwords, RateLimits.layerLocal()))
    )
  )
  const { identity, directory } = yield* Effect.all({ identity: Identity, directory: Directory }).pipe(
    Effect.provide(context)
  )
  const tenant = yield* directory.createTenant("acme")
  yield* directory.createDomain(tenant.id, "acme.test")
  const [alice, bob, carol] = yield* directory.createUsers(
    ["alice", "bob", "carol"].map((name) => ({
      email: `${name}@acme.test`,
      displayName: "",
      roles: name === "alice" ? ["admin", "user"] : ["user"],
      quotaBytes: null,
      passwordHash: name === "carol" ? null : "right"
    }))
  )
  if (alice === undefined || bob === undefined || carol === undefined) return yield* Effect.die("no users")
  return { identity, directory, alice, bob, carol, calls }
})

const tagOf = <A, E extends { readonly _tag: string }>(exit: Exit.Exit<A, E>): string =>
  exit._tag === "Success" ? "Success" : exit.cause._tag === "Fail" ? exit.cause.error._tag : exit.cause._tag

describe("signing in by password", () => {
  it.scoped("gives the user's principal", () =>
    Effect.gen(function* () {
      const { identity, alice } = yield* build
      assert.deepStrictEqual(yield* identity.byPassword("Alice@ACME.test", password, home), {
        _tag: "User",
        mailboxId: alice.id,
        tenantId: alice.tenantId,
        address: "alice@acme.test",
        roles: ["admin", "user"]
      })
    })
  )

  it.scoped("costs one argon2 and says the same, whatever is wrong", () =>
    Effect.gen(function* () {
      const { identity, directory, bob, calls } = yield* build
      yield* directory.setStatus(bob.id, "disabled")
      const cases: ReadonlyArray<readonly [string, Redacted.Redacted]> = [
        ["alice@acme.test", wrong],
        ["nobody@acme.test", password],
        ["nobody@elsewhere.test", password],
        ["carol@acme.test", password],
        ["carol@acme.test", Redacted.make("")],
        ["bob@acme.test", password],
        ["not an address", password],
        ["", Redacted.make("")],
        ["alice@acme.test", Redacted.make("x".repeat(100_000))]
      ]
      for (const [address, given] of cases) {
        const before = calls.verified
        const exit = yield* Effect.exit(identity.byPassword(address, given, home))
        assert.deepStrictEqual([tagOf(exit), calls.verified - before], ["Unauthenticated", 1], address)
      }
    })
  )

  it.scoped("does not hash again what was right a moment ago, from the same network only", () =>
    Effect.gen(function* () {
      const { identity, calls } = yield* build
      const signIn = (caller: typeof home) => identity.byPassword("alice@acme.test", password, caller)
      yield* signIn(home)
      yield* signIn(home)
      yield* identity.byPassword("ALICE@acme.test", password, home)
      assert.strictEqual(calls.verified, 1)
      yield* signIn(elsewhere)
      assert.strictEqual(calls.verified, 2)
      yield* TestClock.adjust("61 seconds")
      yield* signIn(home)
      assert.strictEqual(calls.verified, 3)
    })
  )

  it.scoped("hashes once for connections that are opened at the same time", () =>
    Effect.gen(function* () {
      const { identity, calls } = yield* build
      const all = yield* Effect.forEach(
        Array.from({ length: 50 }),
        () => identity.byPassword("alice@acme.test", password, home),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(all.length, 50)
      assert.strictEqual(calls.verified, 1)
    })
  )

  it.scoped("works at once with a new password, and no longer with the old one", () =>
    Effect.gen(function* () {
      const { identity, alice } = yield* build
      yield* identity.byPassword("alice@acme.test", password, home)
      yield* identity.setPassword(alice.id, Redacted.make("new"))
      const old = yield* Effect.exit(identity.byPassword("alice@acme.test", password, home))
      assert.strictEqual(tagOf(old), "Unauthenticated")
      yield* identity.byPassword("alice@acme.test", Redacted.make("new"), home)
    })
  )

  it.scoped("is not possible for a disabled user once the change was told", () =>
    Effect.gen(function* () {
      const { identity, directory, alice } = yield* build
      yield* identity.byPassword("alice@acme.test", password, home)
      yield* directory.setStatus(alice.id, "disabled")
      yield* identity.forget
      const exit = yield* Effect.exit(identity.byPassword("alice@acme.test", password, home))
      assert.strictEqual(tagOf(exit), "Unauthenticated")
    })
  )
})

const guess = (
  { identity }: Effect.Effect.Success<typeof build>,
  address: string,
  { n, ip }: { readonly n: number; readonly ip: string }
) => Effect.exit(identity.byPassword(address, Redacted.make(`guess ${n}`), { ip }))

describe("guessing", () => {
  it.scoped("at one account meets a growing delay, from wherever it comes, and costs no argon2 then", () =>
    Effect.gen(function* () {
      const built = yield* build
      const tags: Array<string> = []
      for (let n = 0; n < 8; n++) {
        tags.push(tagOf(yield* guess(built, "alice@acme.test", { n, ip: `203.0.113.${n}` })))
      }
      assert.deepStrictEqual(tags, [
        ...Array<string>(6).fill("Unauthenticated"),
        ...Array<string>(2).fill("LimitExceeded")
      ])
      assert.strictEqual(built.calls.verified, 6)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(
        tagOf(yield* guess(built, "alice@acme.test", { n: 9, ip: "203.0.113.9" })),
        "Unauthenticated"
      )
      yield* TestClock.adjust("1900 millis")
      assert.strictEqual(
        tagOf(yield* guess(built, "alice@acme.test", { n: 10, ip: "203.0.113.9" })),
        "LimitExceeded"
      )
    })
  )

  it.scoped("at an account that does not exist looks the same", () =>
    Effect.gen(function* () {
      const built = yield* build
      for (let n = 0; n < 6; n++) yield* guess(built, "nobody@acme.test", { n, ip: `203.0.113.${n}` })
      const exit = yield* guess(built, "nobody@acme.test", { n: 7, ip: "203.0.113.7" })
      assert.strictEqual(tagOf(exit), "LimitExceeded")
    })
  )

  it.scoped("many at once gets no further than one after the other", () =>
    Effect.gen(function* () {
      const built = yield* build
      const exits = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, n) => n),
        (n) => guess(built, "alice@acme.test", { n, ip: `203.0.113.${n}` }),
        { concurrency: "unbounded" }
      )
      const verified = exits.filter((exit) => tagOf(exit) === "Unauthenticated").length
      assert.strictEqual(verified, 6)
      assert.strictEqual(built.calls.verified, verified)
    })
  )

  it.scoped("many at once from one network gets no further than that network may", () =>
    Effect.gen(function* () {
      const built = yield* build
      const exits = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, n) => n),
        (n) => guess(built, `user${n}@acme.test`, { n, ip: "203.0.113.1" }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(exits.filter((exit) => tagOf(exit) === "Unauthenticated").length, 21)
    })
  )

  it.scoped("at many accounts is stopped by the network that it comes from", () =>
    Effect.gen(function* () {
      const built = yield* build
      for (let n = 0; n < 21; n++) yield* guess(built, `user${n}@acme.test`, { n, ip: "203.0.113.1" })
      const same = yield* guess(built, "user99@acme.test", { n: 99, ip: "203.0.113.1" })
      assert.strictEqual(tagOf(same), "LimitExceeded")
      const other = yield* guess(built, "user99@acme.test", { n: 99, ip: "203.0.113.2" })
      assert.strictEqual(tagOf(other), "Unauthenticated")
    })
  )

  it.scoped("does not lock out a client that signed in from elsewhere", () =>
    Effect.gen(function* () {
      const built = yield* build
      yield* built.identity.byPassword("alice@acme.test", password, home)
      for (let n = 0; n < 10; n++) yield* guess(built, "alice@acme.test", { n, ip: `203.0.113.${n}` })
      const exit = yield* Effect.exit(built.identity.byPassword("alice@acme.test", password, home))
      assert.strictEqual(tagOf(exit), "Success")
      const fresh = yield* Effect.exit(built.identity.byPassword("alice@acme.test", password, elsewhere))
      assert.strictEqual(tagOf(fresh), "LimitExceeded")
    })
  )

  it.scoped("is forgotten for the account after a success", () =>
    Effect.gen(function* () {
      const built = yield* build
      for (let n = 0; n < 5; n++) yield* guess(built, "alice@acme.test", { n, ip: `203.0.113.${n}` })
      yield* built.identity.byPassword("alice@acme.test", password, home)
      for (let n = 5; n < 11; n++) {
        const exit = yield* guess(built, "alice@acme.test", { n, ip: `203.0.113.${n}` })
        assert.strictEqual(tagOf(exit), "Unauthenticated")
      }
    })
  )

  it.scoped("at who signed in from the same network ends with as many guesses as an account has", () =>
    Effect.gen(function* () {
      const { identity } = yield* build
      const signIn = (given: Redacted.Redacted, caller = home) =>
        Effect.map(Effect.exit(identity.byPassword("alice@acme.test", given, caller)), tagOf)
      assert.strictEqual(yield* signIn(password), "Success")
      for (let n = 0; n < 7; n++) yield* signIn(wrong, elsewhere)
      for (let n = 0; n < 5; n++)
        assert.strictEqual(yield* signIn(Redacted.make(`guess ${n}`)), "LimitExceeded")
      assert.strictEqual(yield* signIn(password), "Success", "a phone goes on working")
      assert.strictEqual(yield* signIn(Redacted.make("guess 5")), "LimitExceeded")
      assert.strictEqual(yield* signIn(password), "LimitExceeded", "what was guessed at is forgotten")
      assert.strictEqual(yield* signIn(wrong, { ip: "203.0.113.9" }), "LimitExceeded")
    })
  )

  it.scoped("is not made good for a network by signing in to an account of one's own", () =>
    Effect.gen(function* () {
      const built = yield* build
      for (let round = 0; round < 5; round++) {
        for (let n = 0; n < 4; n++) yield* guess(built, `u${round}${n}@acme.test`, { n, ip: "203.0.113.1" })
        yield* built.identity.byPassword("alice@acme.test", password, { ip: "203.0.113.1" })
      }
      yield* guess(built, "bob@acme.test", { n: 1, ip: "203.0.113.1" })
      const exit = yield* guess(built, "bob@acme.test", { n: 2, ip: "203.0.113.1" })
      assert.strictEqual(tagOf(exit), "LimitExceeded")
    })
  )
})

describe("a token", () => {
  it.scoped("signs its user in until it is revoked, at once", () =>
    Effect.gen(function* () {
      const { identity, bob } = yield* build
      const { token, secret } = yield* identity.createToken({ userId: bob.id, label: "cli", expiresAt: null })
      assert.match(Redacted.value(secret), /^pr_[A-Za-z0-9_-]{43}$/)
      assert.deepStrictEqual(yield* identity.byToken(secret, home), {
        _tag: "User",
        mailboxId: bob.id,
        tenantId: bob.tenantId,
        address: "bob@acme.test",
        roles: ["user"]
      })
      assert.deepStrictEqual(yield* identity.tokens(bob.id, { after: null, limit: 10 }), [token])
      assert.isTrue(yield* identity.revokeToken(bob.id, token.id))
      assert.strictEqual(tagOf(yield* Effect.exit(identity.byToken(secret, home))), "Unauthenticated")
      assert.deepStrictEqual(yield* identity.tokens(bob.id, { after: null, limit: 10 }), [])
    })
  )

  it.scoped("of somebody else cannot be revoked", () =>
    Effect.gen(function* () {
      const { identity, alice, bob } = yield* build
      const { token, secret } = yield* identity.createToken({ userId: bob.id, label: "", expiresAt: null })
      assert.isFalse(yield* identity.revokeToken(alice.id, token.id))
      yield* identity.byToken(secret, home)
    })
  )

  it.scoped("ends when it expires, also where it was used just before", () =>
    Effect.gen(function* () {
      const { identity, bob } = yield* build
      const { secret } = yield* identity.createToken({ userId: bob.id, label: "", expiresAt: 1_000 })
      yield* TestClock.adjust("999 millis")
      yield* identity.byToken(secret, home)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(tagOf(yield* Effect.exit(identity.byToken(secret, home))), "Unauthenticated")
    })
  )

  it.scoped("is refused with a label of two lines, an end in the past, or as one too many", () =>
    Effect.gen(function* () {
      const { identity, bob } = yield* build
      const create = (label: string, expiresAt: number | null) =>
        Effect.map(Effect.exit(identity.createToken({ userId: bob.id, label, expiresAt })), tagOf)
      assert.strictEqual(yield* create("a\nb", null), "InvalidRequest")
      assert.strictEqual(yield* create("", 0), "InvalidRequest")
      for (let n = 0; n < 100; n++) assert.strictEqual(yield* create("", null), "Success")
      assert.strictEqual(yield* create("", null), "LimitExceeded")
    })
  )

  it.scoped("of the operator gives the operator, and one that differs gives nobody", () =>
    Effect.gen(function* () {
      const { identity } = yield* build
      assert.deepStrictEqual(yield* identity.byToken(operatorToken, home), { _tag: "Operator" })
      for (const text of [`${Redacted.value(operatorToken)}x`, Redacted.value(newToken()), "pr_", ""]) {
        const exit = yield* Effect.exit(identity.byToken(Redacted.make(text), home))
        assert.strictEqual(tagOf(exit), "Unauthenticated")
      }
    })
  )

  it.scoped("cannot be hunted for without end from one network", () =>
    Effect.gen(function* () {
      const { identity } = yield* build
      for (let n = 0; n < 101; n++) yield* Effect.exit(identity.byToken(newToken(), elsewhere))
      assert.strictEqual(tagOf(yield* Effect.exit(identity.byToken(newToken(), elsewhere))), "LimitExceeded")
      assert.strictEqual(tagOf(yield* Effect.exit(identity.byToken(operatorToken, elsewhere))), "Success")
    })
  )
})

describe("an Authorization header", () => {
  const basic = (text: string, encoding: BufferEncoding = "utf8") =>
    `Basic ${Buffer.from(text, encoding).toString("base64")}`

  it.scoped("signs in by Basic and by Bearer", () =>
    Effect.gen(function* () {
      const { identity, alice, bob } = yield* build
      const { secret } = yield* identity.createToken({ userId: bob.id, label: "", expiresAt: null })
      const from = (authorization: string) => identity.fromHeaders({ authorization }, home)
      const one = yield* from(basic("alice@acme.test:right"))
      const two = yield* from(`bearer ${Redacted.value(secret)}`)
      assert.deepStrictEqual(
        [one, two].map((principal) => principal._tag === "User" && principal.mailboxId),
        [alice.id, bob.id]
      )
    })
  )

  it.scoped("may carry a token of the address's own in place of the password, until it is revoked", () =>
    Effect.gen(function* () {
      const { identity, carol, calls } = yield* build
      const { token, secret } = yield* identity.createToken({
        userId: carol.id,
        label: "phone",
        expiresAt: null
      })
      const as = (address: string, one = secret) =>
        Effect.map(
          Effect.exit(
            identity.fromHeaders({ authorization: basic(`${address}:${Redacted.value(one)}`) }, home)
          ),
          tagOf
        )
      assert.strictEqual(yield* as("Carol@ACME.test"), "Success")
      assert.strictEqual(yield* as("bob@acme.test"), "Unauthenticated")
      assert.strictEqual(yield* as("carol@acme.test", newToken()), "Unauthenticated")
      assert.strictEqual(yield* as("carol@acme.test", operatorToken), "Unauthenticated")
      yield* identity.revokeToken(carol.id, token.id)
      assert.strictEqual(yield* as("carol@acme.test"), "Unauthenticated")
      assert.strictEqual(calls.verified, 0)
    })
  )

  it.scoped("may carry a colon in the password, and Latin-1 where a client knows no UTF-8", () =>
    Effect.gen(function* () {
      const { identity, alice } = yield* build
      yield* identity.setPassword(alice.id, Redacted.make("a:é"))
      yield* identity.fromHeaders({ authorization: basic("alice@acme.test:a:é") }, home)
      yield* identity.fromHeaders({ authorization: basic("alice@acme.test:a:é", "latin1") }, elsewhere)
    })
  )

  it.scoped("that is missing or nonsense is nobody", () =>
    Effect.gen(function* () {
      const { identity, calls } = yield* build
      const nonsense = [
        undefined,
        "",
        "Basic",
        "Basic !!!",
        basic("no colon"),
        "Digest x",
        "Bearer a b",
        `Bearer ${"x".repeat(10_000)}`
      ]
      for (const authorization of nonsense) {
        const exit = yield* Effect.exit(identity.fromHeaders({ authorization }, home))
        assert.strictEqual(tagOf(exit), "Unauthenticated", authorization)
      }
      assert.strictEqual(calls.verified, 0)
    })
  )
})
