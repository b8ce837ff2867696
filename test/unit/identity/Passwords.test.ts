import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import {
  type Argon2,
  defaultPasswordOptions,
  layerPasswords,
  Passwords,
  passwordOptionsConfig
} from "../../../src/identity/Passwords.ts"

const secret = Redacted.make("correct horse")

describe("passwords", () => {
  it.effect("are kept as argon2id with 19 MiB, 2 passes and a salt of their own", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const [one, other] = yield* Effect.all([passwords.hash(secret), passwords.hash(secret)])
      assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      assert.notStrictEqual(one, other)
      assert.isTrue(yield* passwords.verify(one, secret))
      assert.isFalse(yield* passwords.verify(one, Redacted.make("Correct horse")))
    }).pipe(Effect.provide(layerPasswords()))
  )

  it.effect("are the same in NFC and NFD", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      const hash = yield* passwords.hash(Redacted.make("caf\u00e9"))
      assert.isTrue(yield* passwords.verify(hash, Redacted.make("cafe\u0301")))
    }).pipe(Effect.provide(layerPasswords()))
  )

  it.effect("that are empty or too long are refused", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      assert.isTrue(Exit.isFailure(yield* Effect.exit(passwords.hash(Redacted.make("")))))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(passwords.hash(Redacted.make("é".repeat(33))))))
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(passwords.hash(Redacted.make("é".repeat(32))))))
    }).pipe(Effect.provide(layerPasswords({ maxPasswordBytes: 64 })))
  )

  it.effect("nobody has match nothing, not even what stands in for them", () =>
    Effect.gen(function* () {
      const passwords = yield* Passwords
      assert.isFalse(yield* passwords.verify(null, secret))
      assert.isFalse(yield* passwords.verify(null, Redacted.make("")))
    }).pipe(Effect.provide(layerPasswords()))
  )

  /** An engine whose hashes end when the gate opens, and that notes how many run at once. */
  const gated = () => {
    const gate = { open: () => {} }
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve
    })
    const seen = { running: 0, most: 0, calls: 0 }
    const engine: Argon2 = {
      hash: () => Promise.resolve("nobody's"),
      verify: async () => {
        seen.calls += 1
        seen.running += 1
        seen.most = Math.max(seen.most, seen.running)
        await opened
        seen.running -= 1
        return true
      }
    }
    return { gate, seen, engine }
  }

  it.live("are checked few at once; more than may wait are told Busy, and the rest get their turn", () =>
    Effect.gen(function* () {
      const { gate, seen, engine } = gated()
      const context = yield* Layer.build(layerPasswords({ concurrency: 2, maxWaiting: 3 }, engine))
      const verify = Effect.flatMap(Passwords, (passwords) => passwords.verify("hash", secret)).pipe(
        Effect.provide(context)
      )
      const accepted = yield* Effect.forEach([1, 2, 3, 4, 5], () => Effect.fork(verify))
      yield* Effect.yieldNow({ priority: 1 })
      const busy = yield* Effect.flip(verify)
      assert.strictEqual(busy._tag, "Busy")
      gate.open()
      assert.deepStrictEqual(yield* Effect.forEach(accepted, Fiber.join), [true, true, true, true, true])
      assert.deepStrictEqual(seen, { running: 0, most: 2, calls: 5 })
      assert.isTrue(yield* verify)
    }).pipe(Effect.scoped)
  )

  it.effect("may be made costlier by configuration, not cheaper than OWASP's minimum", () =>
    Effect.gen(function* () {
      const read = (settings: Record<string, string>) =>
        Effect.exit(
          Effect.withConfigProvider(
            passwordOptionsConfig,
            ConfigProvider.fromMap(new Map(Object.entries(settings)))
          )
        )
      assert.deepStrictEqual(yield* read({}), Exit.succeed(defaultPasswordOptions))
      assert.deepStrictEqual(
        yield* read({ POSTROOM_ARGON2_MEMORY_KIB: "65536" }),
        Exit.succeed({ ...defaultPasswordOptions, memoryKiB: 65_536 })
      )
      assert.isTrue(Exit.isFailure(yield* read({ POSTROOM_ARGON2_MEMORY_KIB: "1024" })))
      assert.isTrue(Exit.isFailure(yield* read({ POSTROOM_ARGON2_PASSES: "1" })))
    })
  )
})
