import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Either, Inspectable, Option, Redacted } from "effect"
import { ValkeyConfig } from "../../../src/storage/valkey/ValkeyConfig.ts"

const read = (settings: Record<string, string>) =>
  Effect.either(
    Effect.withConfigProvider(ValkeyConfig, ConfigProvider.fromMap(new Map(Object.entries(settings))))
  )
const settingsOf = (settings: Record<string, string>) =>
  Effect.map(read(settings), (result) => Option.getOrThrow(Either.getOrThrow(result)))
const passwordOf = (credentials: Option.Option<{ readonly password: Redacted.Redacted }>) =>
  Option.getOrNull(Option.map(credentials, ({ password }) => Redacted.value(password)))

describe("ValkeyConfig", () => {
  it.effect("is nothing where no Valkey is named", () =>
    Effect.forEach([{ POSTROOM_VALKEY_USER: "x" }, { POSTROOM_VALKEY_URLS: "" }], (settings) =>
      Effect.map(read(settings), (result) => assert.deepEqual(result, Either.right(Option.none())))
    )
  )

  it.effect("reads a URL with user, password and database", () =>
    Effect.gen(function* () {
      const settings = yield* settingsOf({
        POSTROOM_VALKEY_URLS: "valkey://us%40er:p%3Aw@valkey.test:7000/2"
      })
      assert.deepInclude(settings, {
        mode: "single",
        addresses: [{ host: "valkey.test", port: 7000 }],
        database: 2,
        tls: Option.none(),
        deadline: Duration.millis(250)
      })
      assert.strictEqual(passwordOf(settings.credentials), "p:w")
      assert.deepEqual(
        Option.flatMap(settings.credentials, ({ username }) => username),
        Option.some("us@er")
      )
    })
  )

  it.effect("reads what is left out, sockets, IPv6 and TLS", () =>
    Effect.gen(function* () {
      const plain = yield* settingsOf({ POSTROOM_VALKEY_URLS: "redis://valkey" })
      assert.deepInclude(plain, {
        addresses: [{ host: "valkey", port: 6379 }],
        database: 0,
        credentials: Option.none()
      })
      const socket = yield* settingsOf({ POSTROOM_VALKEY_URLS: "unix:///run/valkey%20x/s.sock" })
      assert.deepEqual(socket.addresses, [{ path: "/run/valkey x/s.sock" }])
      const secure = yield* settingsOf({
        POSTROOM_VALKEY_URLS: "valkeys://[::1]:7001",
        POSTROOM_VALKEY_CA: "/ca.pem"
      })
      assert.deepEqual(secure.addresses, [{ host: "::1", port: 7001 }])
      assert.deepEqual(
        Option.flatMap(secure.tls, ({ ca }) => ca),
        Option.some("/ca.pem")
      )
    })
  )

  it.effect("takes the URLs' password for the sentinels, and the other one for the server", () =>
    Effect.gen(function* () {
      const settings = yield* settingsOf({
        POSTROOM_VALKEY_URLS: "valkey://:watch@a:26379/1, valkey://b:26379/1",
        POSTROOM_VALKEY_MODE: "sentinel",
        POSTROOM_VALKEY_SENTINEL_NAME: "mail",
        POSTROOM_VALKEY_PASSWORD: "data"
      })
      assert.deepInclude(settings, { mode: "sentinel", sentinelName: "mail", database: 1 })
      assert.strictEqual(settings.addresses.length, 2)
      assert.strictEqual(passwordOf(settings.sentinelCredentials), "watch")
      assert.strictEqual(passwordOf(settings.credentials), "data")
    })
  )

  it.effect("lets the setting win over the URL", () =>
    Effect.map(
      settingsOf({ POSTROOM_VALKEY_URLS: "valkey://:old@a", POSTROOM_VALKEY_PASSWORD: "new" }),
      ({ credentials }) => assert.strictEqual(passwordOf(credentials), "new")
    )
  )

  for (const [why, settings] of [
    ["no URL", { POSTROOM_VALKEY_URLS: "valkey:6379 secret" }],
    ["an unknown scheme", { POSTROOM_VALKEY_URLS: "http://:secret@valkey" }],
    ["no host", { POSTROOM_VALKEY_URLS: "valkey:///0?secret" }],
    ["a database that is no number", { POSTROOM_VALKEY_URLS: "valkey://:secret@valkey/mail" }],
    ["nothing", { POSTROOM_VALKEY_URLS: " , " }],
    ["several without a mode", { POSTROOM_VALKEY_URLS: "valkey://:secret@a,valkey://b" }],
    [
      "TLS for some",
      { POSTROOM_VALKEY_URLS: "valkeys://:secret@a,valkey://b", POSTROOM_VALKEY_MODE: "cluster" }
    ],
    [
      "a cluster's database",
      { POSTROOM_VALKEY_URLS: "valkey://:secret@a/3", POSTROOM_VALKEY_MODE: "cluster" }
    ],
    ["an unknown mode", { POSTROOM_VALKEY_URLS: "valkey://:secret@a", POSTROOM_VALKEY_MODE: "ring" }]
  ] as const) {
    it.effect(`refuses ${why}, without telling a secret`, () =>
      Effect.map(read(settings), (result) => {
        assert.isTrue(Either.isLeft(result))
        assert.notInclude(Inspectable.format(Either.flip(result).pipe(Either.getOrNull)), "secret")
      })
    )
  }

  it.effect("shows no password", () =>
    Effect.map(settingsOf({ POSTROOM_VALKEY_URLS: "valkey://:secret@a" }), (settings) =>
      assert.notInclude(Inspectable.format(settings), "secret")
    )
  )
})
