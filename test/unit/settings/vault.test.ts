import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Fiber, Inspectable, Option, Redacted, TestClock } from "effect"
import { readVault, VaultConfig, type VaultSettings } from "../../../src/settings/vault.ts"
import { type VaultTwin, vaultTwin } from "../../support/vault.ts"

const path = "secret/data/postroom"

const settingsFor = (vault: VaultTwin, more: Partial<VaultSettings> = {}): VaultSettings => ({
  origin: vault.address,
  path,
  token: Option.some(Redacted.make(vault.token)),
  deadline: Duration.seconds(10),
  ...more
})
const problemOf = (settings: VaultSettings) =>
  Effect.map(Effect.flip(readVault(settings)), ({ problem }) => problem)

describe("Vault", () => {
  it.scoped("gives the texts of a path", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      vault.put(path, { POSTROOM_A: "1", note: { any: "thing" } })
      assert.deepEqual([...(yield* readVault(settingsFor(vault)))], [["POSTROOM_A", "1"]])
      assert.deepEqual(vault.asked, ["GET /v1/secret/data/postroom"])
    })
  )

  it.scoped("that refuses says why, at once, and without the token", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      const settings = settingsFor(vault)
      const begin = `Vault at ${vault.address} gave no secrets: `
      assert.strictEqual(yield* problemOf(settings), `${begin}nothing is at ${path} (404).`)
      vault.put(path, null)
      assert.strictEqual(yield* problemOf(settings), `${begin}nothing is at ${path} (404).`)
      vault.put(path, { POSTROOM_A: { secret: "hunter2" } })
      assert.strictEqual(yield* problemOf(settings), `${begin}POSTROOM_A at ${path} is not a text.`)
      const stranger = settingsFor(vault, { token: Option.some(Redacted.make("hunter2")) })
      assert.strictEqual(
        yield* problemOf(stranger),
        `${begin}the token has ended or may not read ${path} (403).`
      )
      vault.fail(307)
      assert.strictEqual(yield* problemOf(settings), `${begin}it answered 307.`)
      assert.strictEqual(
        yield* problemOf(settingsFor(vault, { token: Option.none() })),
        `${begin}there is no POSTROOM_VAULT_TOKEN.`
      )
    })
  )

  it.scopedLive("that is sealed is asked again until its deadline", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      vault.fail(503)
      const problem = yield* problemOf(settingsFor(vault, { deadline: Duration.millis(900) }))
      assert.include(problem, "it is sealed or in maintenance (503)")
      assert.isAbove(vault.asked.length, 1)
    })
  )

  it.scoped("that never answers is given up at the deadline", () =>
    Effect.gen(function* () {
      const vault = yield* vaultTwin
      vault.fail("hang")
      const asking = yield* Effect.fork(problemOf(settingsFor(vault)))
      yield* TestClock.adjust("10 seconds")
      assert.include(yield* Fiber.join(asking), "it did not answer within 10 seconds")
    })
  )

  it.scopedLive("that is not there is named with the reason", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(vaultTwin)
      const asking = yield* Effect.fork(problemOf(settingsFor(gone, { deadline: Duration.millis(50) })))
      assert.include(yield* Fiber.join(asking), "it cannot be reached (ECONNREFUSED)")
    })
  )

  it.effect("is asked only where it is named, and where its path is one of version 2", () =>
    Effect.gen(function* () {
      const read = (given: Readonly<Record<string, string>>) =>
        ConfigProvider.fromMap(new Map(Object.entries(given))).load(VaultConfig)
      assert.deepEqual(yield* read({ POSTROOM_VAULT_TOKEN: "x" }), Option.none())
      const named = Option.getOrThrow(yield* read({ POSTROOM_VAULT_ADDR: "https://vault:8200/ui/" }))
      assert.deepInclude(named, { origin: "https://vault:8200", path, token: Option.none() })
      for (const wrong of ["secret/postroom", "secret/data/", "secret/data/../sys", "secret/data/a?b"]) {
        const error = yield* Effect.flip(
          read({ POSTROOM_VAULT_ADDR: "http://vault", POSTROOM_VAULT_PATH: wrong })
        )
        assert.include(Inspectable.format(error), "of the form secret/data/postroom")
      }
    })
  )
})
