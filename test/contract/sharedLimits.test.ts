import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Identity } from "../../src/identity/Identity.ts"
import { layerIdentity } from "../../src/identity/IdentityLive.ts"
import { layerPasswords } from "../../src/identity/Passwords.ts"
import { defaultSmtpSettings } from "../../src/protocols/smtp/SmtpConfig.ts"
import { Directory } from "../../src/storage/directory/Directory.ts"
import { layerDirectoryMemory } from "../../src/storage/directory/DirectoryMemory.ts"
import * as RateLimitsValkey from "../../src/storage/valkey/RateLimitsValkey.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import { makeIntakeTwins } from "../support/intakeTwins.ts"
import { smtpDialogue } from "../support/smtpDialogue.ts"
import { startSmtp } from "../support/smtpServers.ts"
import { connected, hasValkey, type OwnValkeyServer, ownValkeyServer } from "../support/valkey.ts"

/** The limits of one process among several. */
const limitsOn = (server: OwnValkeyServer) =>
  Layer.provide(
    RateLimitsValkey.layer,
    Layer.scoped(
      Valkey,
      Effect.suspend(() => connected(server.settings))
    )
  )

const mail = Buffer.from("Subject: x\r\n\r\nHello\r\n")

describe.skipIf(!hasValkey)("front doors on one Valkey (needs valkey-server)", () => {
  it.scopedLive("count a client's messages and connections together, and alone while it is away", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const loopback = { ...defaultSmtpSettings.loopback, messagesPerMinute: 4, connectionsPerMinute: 3 }
      const door = Effect.map(
        startSmtp(makeIntakeTwins(), { loopback }, limitsOn(server)),
        ({ smtp }) => smtp
      )
      const [here, there] = [yield* door, yield* door]
      const connect = (port: number) =>
        Effect.tap(smtpDialogue(port), (client) =>
          Effect.tap(client.reply, (greeting) =>
            greeting.startsWith("220") ? client.ask("EHLO client.test") : Effect.void
          )
        )
      const greeting = (port: number) => Effect.flatMap(smtpDialogue(port), ({ reply }) => reply)
      const deliver = (client: Effect.Effect.Success<ReturnType<typeof connect>>) =>
        client.deliver({ to: ["alice@demo.test"], bytes: mail })

      const [one, other] = [yield* connect(here), yield* connect(there)]
      assert.match(yield* greeting(here), /^220/)
      assert.match(yield* greeting(there), /^421 4\.7\.0 Connecting too often/)
      for (const client of [one, other, one, other]) assert.match(yield* deliver(client), /^250/)
      assert.match(yield* one.ask("MAIL FROM:<a@b.test>"), /^450 4\.7\.1/)

      yield* server.kill
      // Each has let in half of it.
      for (const client of [one, other, one, other]) assert.match(yield* deliver(client), /^250/)
      assert.match(yield* one.ask("MAIL FROM:<a@b.test>"), /^450 4\.7\.1/)
      assert.match(yield* greeting(there), /^220/)
    })
  )

  it.scopedLive("count failed sign-ins together, and alone while it is away", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const quick = layerPasswords(
        {},
        { hash: (text) => Promise.resolve(text), verify: (hash, text) => Promise.resolve(hash === text) }
      )
      const directory = yield* Layer.build(layerDirectoryMemory())
      const door = Layer.build(
        layerIdentity(null).pipe(
          Layer.provide(Layer.mergeAll(Layer.succeedContext(directory), quick, limitsOn(server)))
        )
      ).pipe(Effect.map(Context.get(Identity)))
      const [here, there] = [yield* door, yield* door]
      const { createTenant, createDomain, createUsers } = Context.get(directory, Directory)
      const { id } = yield* createTenant("acme")
      yield* createDomain(id, "acme.test")
      const user = { displayName: "", roles: ["user"], quotaBytes: null, passwordHash: "right" } as const
      yield* createUsers(["ann", "ben", "cid"].map((name) => ({ ...user, email: `${name}@acme.test` })))

      /** From another network each time, unless one is named. */
      let networks = 0
      const signIn = (
        identity: Identity["Type"],
        name: string,
        { password = "wrong", ip = `203.0.113.${++networks}` } = {}
      ) =>
        identity
          .byPassword(`${name}@acme.test`, Redacted.make(password), { ip })
          .pipe(Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: ({ _tag }) => _tag }))

      for (const door of [here, there, here, there, here, there]) {
        assert.strictEqual(yield* signIn(door, "ann"), "Unauthenticated")
      }
      assert.strictEqual(yield* signIn(here, "ann"), "LimitExceeded")
      assert.strictEqual(yield* signIn(there, "ann", { password: "right" }), "LimitExceeded")
      for (let n = 0; n < 21; n++) {
        assert.strictEqual(yield* signIn(here, `nobody${n}`, { ip: "192.0.2.1" }), "Unauthenticated")
      }
      assert.strictEqual(yield* signIn(there, "ben", { ip: "192.0.2.1" }), "LimitExceeded")

      yield* server.kill
      assert.strictEqual(yield* signIn(there, "ben", { password: "right" }), "User")
      // Each goes on from what it has seen itself.
      assert.strictEqual(yield* signIn(here, "ben", { ip: "192.0.2.1" }), "LimitExceeded")
      for (let n = 0; n < 3; n++) assert.strictEqual(yield* signIn(here, "ann"), "Unauthenticated")
      assert.strictEqual(yield* signIn(here, "ann"), "LimitExceeded")
      for (let n = 0; n < 6; n++) assert.strictEqual(yield* signIn(here, "cid"), "Unauthenticated")
      assert.strictEqual(yield* signIn(here, "cid"), "LimitExceeded")
    })
  )
})
