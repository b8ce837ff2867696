import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Logger, Option, Queue, Redacted, TestClock } from "effect"
import { openSettings } from "../../../src/settings/openSettings.ts"
import { setting } from "../../../src/settings/setting.ts"
import { integer, secret } from "../../../src/settings/types.ts"
import { vaultTwin } from "../../support/vault.ts"

const password = setting({
  name: "POSTROOM_UNIT_PASSWORD",
  type: secret,
  meaning: "For this test.",
  check: { message: "a text without spaces", validation: (text) => !Redacted.value(text).includes(" ") }
})
const token = setting({ name: "POSTROOM_UNIT_TOKEN", type: secret, meaning: "For this test." })
const port = setting({ name: "POSTROOM_UNIT_PORT", type: integer, default: 1, meaning: "For this test." })

const both = Config.all({ password: Config.option(password), token: Config.option(token) }).pipe(
  Config.map(({ password, token }) =>
    [password, token].map((one) => Option.getOrNull(Option.map(one, Redacted.value)))
  )
)

const opened = (given: Readonly<Record<string, string>>) => openSettings(new Map(Object.entries(given)))

const tempFile = (text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(path, text)
    return { path, write: (newer: string) => Effect.orDie(fs.writeFileString(path, newer)) }
  })

/** What is logged, one after the other. */
const logged = Effect.map(Queue.unbounded<string>(), (lines) => ({
  next: Queue.take(lines),
  layer: Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.unsafeOffer(String(message)))
  )
}))

describe("a secret", () => {
  it.scoped("comes from the environment, else from a file, else from Vault", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      vault.put("secret/data/postroom", {
        POSTROOM_UNIT_PASSWORD: "vault's",
        POSTROOM_UNIT_TOKEN: "vault's",
        other: 1
      })
      const file = yield* tempFile("file's \r\n")
      const access = { POSTROOM_VAULT_ADDR: vault.address, POSTROOM_VAULT_TOKEN: vault.token }
      const files = { ...access, POSTROOM_UNIT_TOKEN_FILE: file.path }
      const read = (given: Readonly<Record<string, string>>) =>
        Effect.flatMap(opened(given), ({ provider, problems }) => {
          assert.deepEqual(problems, [])
          return provider.load(both)
        })
      assert.deepEqual(yield* read(access), ["vault's", "vault's"])
      assert.deepEqual(yield* read(files), ["vault's", "file's "])
      assert.deepEqual(yield* read({ ...files, POSTROOM_UNIT_TOKEN: "here" }), ["vault's", "here"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("of a file that cannot be read, or is empty, is a problem that names the file", () =>
    Effect.gen(function* () {
      const { path } = yield* tempFile("\n")
      const { problems } = yield* opened({
        POSTROOM_UNIT_PASSWORD_FILE: "/nowhere/password",
        POSTROOM_UNIT_TOKEN_FILE: path
      })
      assert.deepEqual(problems, [
        "POSTROOM_UNIT_PASSWORD_FILE names /nowhere/password, which cannot be read (NotFound).",
        `POSTROOM_UNIT_TOKEN_FILE names ${path}, which is empty.`
      ])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is new for who asks again, once its file was rotated", () =>
    Effect.gen(function* () {
      const { layer, next } = yield* logged
      const file = yield* tempFile("old\n")
      const settings = yield* opened({
        POSTROOM_UNIT_PASSWORD_FILE: file.path,
        POSTROOM_SECRETS_INTERVAL: "5 seconds"
      })
      const newest = yield* settings.secrets.current(both)
      const first = yield* newest
      assert.deepEqual(first, ["old", null])
      assert.strictEqual(yield* newest, first, "the same object until something changed")

      yield* Effect.forkScoped(Effect.provide(settings.watch, layer))
      yield* file.write("new\n")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* next, "rotated: POSTROOM_UNIT_PASSWORD; new connections use it")
      assert.deepEqual(yield* newest, ["new", null])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("stays as it was while the new one is wrong or gone, and that is told once", () =>
    Effect.gen(function* () {
      const { layer, next } = yield* logged
      const file = yield* tempFile("old")
      const other = yield* tempFile("1")
      const settings = yield* opened({
        POSTROOM_UNIT_PASSWORD_FILE: file.path,
        POSTROOM_UNIT_TOKEN_FILE: other.path
      })
      const newest = yield* settings.secrets.current(both)
      yield* Effect.forkScoped(Effect.provide(settings.watch, layer))
      yield* file.write("has spaces in it")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(
        yield* next,
        "a secret stays as it was: POSTROOM_UNIT_PASSWORD must be a text without spaces."
      )
      assert.deepEqual(yield* newest, ["old", "1"])
      yield* other.write("2")
      yield* TestClock.adjust("10 seconds")
      // The next line is about the other one: the problem was told.
      assert.strictEqual(yield* next, "rotated: POSTROOM_UNIT_TOKEN; new connections use it")
      yield* file.write("")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(
        yield* next,
        `a secret stays as it was: POSTROOM_UNIT_PASSWORD_FILE names ${file.path}, which is empty.`
      )
      assert.deepEqual(yield* newest, ["old", "2"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("that does not fit together with others leaves what did", () =>
    Effect.gen(function* () {
      const { layer, next } = yield* logged
      const file = yield* tempFile("a")
      const settings = yield* opened({ POSTROOM_UNIT_PASSWORD_FILE: file.path, POSTROOM_UNIT_TOKEN: "a" })
      const equal = both.pipe(
        Config.validate({ message: "and the token differ", validation: ([one, other]) => one === other })
      )
      const newest = yield* settings.secrets.current(equal)
      yield* Effect.forkScoped(Effect.provide(settings.watch, layer))
      yield* file.write("b")
      yield* TestClock.adjust("10 seconds")
      yield* next
      assert.deepEqual(yield* Effect.provide(newest, layer), ["a", "a"])
      assert.include(yield* next, "a rotated secret cannot be used")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is new once Vault has a new version, and outlives a Vault that is away", () =>
    Effect.gen(function* () {
      const { layer, next } = yield* logged
      const vault = yield* vaultTwin
      const put = (value: string) => vault.put("kv/data/mail/postroom", { POSTROOM_UNIT_PASSWORD: value })
      put("old")
      const settings = yield* opened({
        POSTROOM_VAULT_ADDR: vault.address,
        POSTROOM_VAULT_TOKEN: vault.token,
        POSTROOM_VAULT_PATH: "kv/data/mail/postroom"
      })
      const newest = yield* settings.secrets.current(both)
      yield* Effect.forkScoped(Effect.provide(settings.watch, layer))
      vault.fail(403)
      yield* TestClock.adjust("10 seconds")
      assert.include(yield* next, "the token has ended or may not read kv/data/mail/postroom (403)")
      assert.deepEqual(yield* newest, ["old", null])
      vault.fail(null)
      put("new")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* next, "rotated: POSTROOM_UNIT_PASSWORD; new connections use it")
      assert.deepEqual(yield* newest, ["new", null])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("is the only thing that Vault may hold of ours", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      vault.put("secret/data/postroom", { POSTROOM_UNIT_PORT: "2", POSTROOM_UNIT_TOKN: "x" })
      const { problems, provider } = yield* opened({
        POSTROOM_VAULT_ADDR: vault.address,
        POSTROOM_VAULT_TOKEN: vault.token
      })
      assert.strictEqual(yield* provider.load(port), 1)
      assert.deepEqual(problems, [
        "Vault holds POSTROOM_UNIT_PORT, which is no secret that Postroom takes from there.",
        "Vault holds POSTROOM_UNIT_TOKN, which is no secret that Postroom takes from there."
      ])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
