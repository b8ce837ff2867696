import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { Identity } from "../../../src/identity/Identity.ts"
import { layerIdentity, layerIdentityFrom } from "../../../src/identity/IdentityLive.ts"
import { layerPasswords } from "../../../src/identity/Passwords.ts"
import { ensureSecret, readSecret, secretPaths, writeSecret } from "../../../src/identity/secretFile.ts"
import { seedDemo } from "../../../src/identity/seed.ts"
import { newToken } from "../../../src/identity/tokens.ts"
import { Directory } from "../../../src/storage/directory/Directory.ts"
import { layerDirectoryMemory } from "../../../src/storage/directory/DirectoryMemory.ts"
import { RateLimits } from "../../../src/storage/limits/RateLimits.ts"

const quickPasswords = layerPasswords(
  {},
  { hash: (text) => Promise.resolve(text), verify: (hash, text) => Promise.resolve(hash === text) }
)

const layers = layerIdentity(null).pipe(
  Layer.provideMerge(Layer.mergeAll(layerDirectoryMemory(), quickPasswords, RateLimits.layerLocal())),
  Layer.provideMerge(NodeContext.layer)
)

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const page = { after: null, limit: 100 }
const nowhere = { ip: null }

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777))

describe("the demo tenant", () => {
  it.scoped(
    "has alice the admin, bob and carol, who sign in with the password that is kept for its owner alone",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        const { password, isNew } = yield* seedDemo({ dataFolder: folder, password: null })
        assert.isTrue(isNew)
        assert.match(Redacted.value(password), /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)

        const users = yield* Effect.flatMap(Directory, (directory) => directory.users(null, page))
        assert.deepStrictEqual(
          users.map(({ email, roles }) => [email, ...roles]),
          [
            ["alice@demo.test", "admin", "user"],
            ["bob@demo.test", "user"],
            ["carol@demo.test", "user"]
          ]
        )
        const identity = yield* Identity
        for (const { email } of users) yield* identity.byPassword(email, password, nowhere)

        const { demoPassword } = yield* secretPaths(folder)
        assert.deepStrictEqual(
          yield* readSecret(demoPassword),
          yield* Effect.asSome(Effect.succeed(password))
        )
        assert.strictEqual(yield* modeOf(demoPassword), 0o600)
        assert.strictEqual(yield* modeOf((yield* Path.Path).dirname(demoPassword)), 0o700)
      }).pipe(Effect.provide(layers))
  )

  it.scoped("stays as it is at the next start", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const first = yield* seedDemo({ dataFolder: folder, password: null })
      const second = yield* seedDemo({ dataFolder: folder, password: null })
      assert.isFalse(second.isNew)
      assert.strictEqual(Redacted.value(second.password), Redacted.value(first.password))
    }).pipe(Effect.provide(layers))
  )

  it.scoped("takes the password that is asked for, also later", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const identity = yield* Identity
      const start = (text: string | null) =>
        seedDemo({ dataFolder: folder, password: text === null ? null : Redacted.make(text) })
      yield* start("one")
      yield* identity.byPassword("bob@demo.test", Redacted.make("one"), nowhere)
      assert.isTrue((yield* start("two")).isNew)
      yield* identity.byPassword("bob@demo.test", Redacted.make("two"), nowhere)
      yield* Effect.flip(identity.byPassword("bob@demo.test", Redacted.make("one"), nowhere))
      assert.isFalse((yield* start("two")).isNew)
      assert.strictEqual(Redacted.value((yield* start(null)).password), "two")
    }).pipe(Effect.provide(layers))
  )

  it.scoped("is completed where a start was broken off", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const directory = yield* Directory
      const tenant = yield* directory.createTenant("demo")
      yield* directory.createDomain(tenant.id, "demo.test")
      yield* directory.createUsers([
        {
          email: "alice@demo.test",
          displayName: "",
          roles: ["admin"],
          quotaBytes: null,
          passwordHash: "lost"
        }
      ])
      const { password } = yield* seedDemo({ dataFolder: folder, password: null })
      const identity = yield* Identity
      for (const name of ["alice", "bob", "carol"]) {
        yield* identity.byPassword(`${name}@demo.test`, password, nowhere)
      }
    }).pipe(Effect.provide(layers))
  )
})

describe("a secret", () => {
  it.scoped("is made once and read from then on", () =>
    Effect.gen(function* () {
      const path = (yield* secretPaths(yield* temporary)).operatorToken
      const first = yield* ensureSecret(path, newToken)
      const second = yield* ensureSecret(path, newToken)
      assert.deepStrictEqual([first.isNew, second.isNew], [true, false])
      assert.strictEqual(Redacted.value(second.secret), Redacted.value(first.secret))
      assert.strictEqual(yield* modeOf(path), 0o600)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is replaced as a whole and leaves no draft", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { demoPassword } = yield* secretPaths(folder)
      yield* writeSecret(demoPassword, Redacted.make("long ".repeat(100)))
      yield* writeSecret(demoPassword, Redacted.make("short"))
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual(yield* fs.readFileString(demoPassword), "short\n")
      assert.deepStrictEqual(yield* fs.readDirectory(`${folder}/secrets`), ["demo-password"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("that cannot be kept names the file, not itself", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${folder}/secrets`, "a file where the folder should be")
      const { demoPassword } = yield* secretPaths(folder)
      const error = yield* Effect.flip(writeSecret(demoPassword, Redacted.make("hush")))
      assert.include(error.message, demoPassword)
      assert.notInclude(error.message, "hush")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("the operator's token", () => {
  it.scoped("is made at the first start, for whoever can read the data folder", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const directory = Layer.mergeAll(layerDirectoryMemory(), quickPasswords, RateLimits.layerLocal())
      const start = Effect.flatMap(
        Layer.build(layerIdentityFrom(folder).pipe(Layer.provide(directory))),
        (context) => Effect.provide(Identity, context)
      )
      yield* start
      const { operatorToken } = yield* secretPaths(folder)
      const kept = yield* Effect.flatten(readSecret(operatorToken))
      const principal = yield* (yield* start).byToken(kept, nowhere)
      assert.deepStrictEqual(principal, { _tag: "Operator" })
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
