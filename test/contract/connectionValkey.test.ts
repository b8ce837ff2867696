import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Inspectable, Layer, Logger, Option, Queue, Redacted } from "effect"
import { newClient } from "../../src/storage/valkey/clients.ts"
import { Valkey } from "../../src/storage/valkey/Valkey.ts"
import type { ValkeySettings } from "../../src/storage/valkey/ValkeyConfig.ts"
import { awaited } from "../support/awaited.ts"
import { selfSigned } from "../support/certificate.ts"
import { SkewedClock } from "../support/SkewedClock.ts"
import { makeTcpProxy } from "../support/tcpProxy.ts"
import {
  answering,
  connected,
  hasValkey,
  ownValkeySentinels,
  ownValkeyServer,
  settingsOf
} from "../support/valkey.ts"

const credentials = (username: string, password: string) =>
  Option.some({ username: Option.some(username), password: Redacted.make(password) })

/** Never gets through, and says why in the log. */
const staysAway = (settings: ValkeySettings, why: RegExp) =>
  Effect.gen(function* () {
    const said = yield* Queue.unbounded<string>()
    const log = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => said.unsafeOffer(String(message)))
    )
    yield* Effect.gen(function* () {
      const { run } = yield* Valkey
      assert.match(yield* awaited("a word about it", Queue.take(said)), why)
      assert.deepInclude(yield* Effect.flip(run(["ping"])), { _tag: "ValkeyUnavailable", reason: "away" })
    }).pipe(Effect.provide(Layer.provideMerge(Valkey.layer(settings), log)), Effect.scoped)
  })

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "postroom-test-" })
).pipe(Effect.provide(NodeContext.layer))

/** One certificate for both sides, which vouches for itself. */
const certificate = Effect.gen(function* () {
  const directory = yield* folder
  const made = yield* selfSigned("localhost", "127.0.0.1")
  const files = { ca: join(directory, "cert.pem"), key: join(directory, "key.pem") }
  writeFileSync(files.ca, made.cert)
  writeFileSync(files.key, made.key)
  return files
})

describe.skipIf(!hasValkey)("A connection to Valkey (needs valkey-server)", () => {
  it.scopedLive("gives the answers of several commands in their order, and the error of one", () =>
    Effect.gen(function* () {
      const { run } = yield* Effect.flatMap(ownValkeyServer(), ({ settings }) => connected(settings))
      assert.deepEqual(yield* run(["set", "a", 1], ["incr", "a"], ["get", "none"]), ["OK", 2, null])
      assert.deepEqual(yield* run(), [])
      const error = yield* Effect.flip(run(["set", "b", 1], ["lpush", "a", "secret"], ["set", "c", 1]))
      assert.strictEqual(error.message, "valkey: lpush refused (WRONGTYPE)")
      assert.notInclude(Inspectable.format(error), "secret")
      assert.deepEqual(yield* run(["exists", "b", "c"]), [2])
    })
  )

  it.scopedLive("keeps databases apart", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const { run } = yield* connected({ ...server.settings, database: 3 })
      yield* run(["set", "a", 1])
      assert.strictEqual(yield* server.ask("get", "a"), null)
    })
  )

  it.scopedLive("goes over a socket", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "valkey.sock")
      yield* ownValkeyServer({ args: ["--unixsocket", path] })
      yield* connected(settingsOf(0, { addresses: [{ path }] }))
    })
  )

  it.scopedLive("is late once, then away at once, until the server answers again", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const { run } = yield* connected({ ...server.settings, deadline: Duration.millis(100) })
      yield* server.whileFrozen(
        Effect.gen(function* () {
          const [spent, error] = yield* Effect.timed(Effect.flip(run(["ping"])))
          assert.deepInclude(error, { reason: "late" })
          assert.isBelow(Duration.toMillis(spent), 1000)
          const [quiet, errors] = yield* Effect.timed(
            Effect.forEach(Array.from({ length: 50 }), () => Effect.flip(run(["ping"])))
          )
          for (const each of errors) assert.deepInclude(each, { reason: "away" })
          assert.isBelow(Duration.toMillis(quiet), 100)
        })
      )
      yield* answering({ run })
    })
  )

  it.scopedLive("is quiet for no longer where the wall clock goes back meanwhile", () =>
    Effect.gen(function* () {
      const clock = new SkewedClock()
      const server = yield* ownValkeyServer()
      const { run } = yield* connected({ ...server.settings, deadline: Duration.millis(100) })
      const late = Effect.map(Effect.flip(run(["ping"])), (error) =>
        assert.deepInclude(error, { reason: "late" })
      )
      yield* Effect.withClock(server.whileFrozen(late), clock)
      clock.skewMillis = -3_600_000
      yield* Effect.withClock(answering({ run }), clock)
    })
  )

  it.scopedLive("gives up a connection on which something got lost, and never mixes up answers", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
      const settings = settingsOf(proxy.port, { deadline: Duration.millis(100) })
      const { run } = yield* connected(settings)
      yield* proxy.alter(() => Buffer.alloc(0))
      assert.deepInclude(yield* Effect.flip(run(["echo", "lost"])), { reason: "late" })
      yield* proxy.pass
      yield* answering({ run })
      for (const text of ["a", "b", "c"]) assert.deepEqual(yield* run(["echo", text]), [text])
    })
  )

  it.scopedLive("asks on a connection of its own as soon as there is one again", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const proxy = yield* makeTcpProxy({ host: "127.0.0.1", port: server.port })
      const valkey = yield* connected(settingsOf(proxy.port, { deadline: Duration.millis(100) }))
      const own = yield* valkey.blocking(Duration.zero)
      yield* answering(own)
      const losesOne = Effect.gen(function* () {
        yield* proxy.alter(() => Buffer.alloc(0))
        assert.deepInclude(yield* Effect.flip(own.run(["echo", "lost"])), { reason: "late" })
        yield* proxy.pass
        yield* answering(own)
      })
      const [spent] = yield* Effect.timed(Effect.repeatN(losesOne, 5))
      // The shared one would keep quiet for six seconds in all.
      assert.isBelow(Duration.toMillis(spent), 5000)
    })
  )

  it.scopedLive("ends a connection once, however many answers are late on it", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      const valkey = yield* connected({ ...server.settings, deadline: Duration.millis(100) })
      const own = yield* valkey.blocking(Duration.zero)
      yield* answering(own)
      const warnings: Array<string> = []
      const warned = ({ name }: Error) => void warnings.push(name)
      process.on("warning", warned)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.off("warning", warned)))
      yield* server.whileFrozen(
        Effect.forEach(Array.from({ length: 20 }), () => Effect.flip(own.run(["ping"])), {
          concurrency: "unbounded"
        })
      )
      yield* answering(own)
      assert.deepEqual(warnings, [])
    })
  )

  it.scopedLive("speaks TLS, and to nobody whom it does not know", () =>
    Effect.gen(function* () {
      const { ca, key } = yield* certificate
      const args = ["--tls-cert-file", ca, "--tls-key-file", key, "--tls-ca-cert-file", ca]
      const [cert, secret] = [readFileSync(ca), readFileSync(key)]
      const server = yield* ownValkeyServer({ args, tls: { ca: cert, cert, key: secret } })
      const tls = { ca: Option.some(ca), certificate: Option.some(ca), key: Option.some(key) }
      const nobody = { ca: Option.some(ca), certificate: Option.none(), key: Option.none() }
      yield* connected({ ...server.settings, tls: Option.some(tls) })
      // It asks for a certificate.
      yield* staysAway({ ...server.settings, tls: Option.some(nobody) }, /is away/)
      yield* staysAway({ ...server.settings, tls: Option.some({ ...tls, ca: Option.none() }) }, /SELF_SIGNED/)
      yield* staysAway(server.settings, /is away/)
    })
  )

  it.scopedLive("signs in as an ACL user; what that may not do is refused", () =>
    Effect.gen(function* () {
      const server = yield* ownValkeyServer()
      yield* server.ask(
        "acl",
        "setuser",
        "postroom",
        "on",
        ">secret",
        "~rate:*",
        "+get",
        "+ping",
        "+info",
        "+select"
      )
      yield* server.ask("acl", "setuser", "default", "off")
      const { run } = yield* connected({ ...server.settings, credentials: credentials("postroom", "secret") })
      assert.deepEqual(yield* run(["get", "rate:a"]), [null])
      for (const command of [
        ["get", "other"],
        ["set", "rate:a", "s3cret"]
      ] as const) {
        const error = yield* Effect.flip(run(command))
        assert.deepInclude(error, { _tag: "ValkeyRefused", code: "NOPERM" })
        assert.notInclude(Inspectable.format(error), "s3cret")
      }
      yield* staysAway({ ...server.settings, credentials: credentials("postroom", "wrong") }, /WRONGPASS/)
      yield* staysAway({ ...server.settings, credentials: Option.none() }, /NOAUTH/)
    })
  )

  it.scopedLive("goes on when it is given up while it asks the sentinels", () =>
    Effect.gen(function* () {
      const { settings } = yield* ownValkeySentinels
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => newClient(settings, { patience: Duration.seconds(10), newest: () => settings })),
        (open) => Effect.sync(() => open.disconnect())
      )
      client.on("error", () => undefined)
      const is = (state: string) =>
        awaited(
          state,
          Effect.async<void>((resume) => void client.once(state, () => resume(Effect.void)))
        )
      yield* is("ready")
      client.disconnect(true)
      yield* is("connecting")
      client.disconnect(true)
      yield* is("ready")
    })
  )

  it.scopedLive("does not start where a certificate cannot be read", () =>
    Effect.gen(function* () {
      const tls = { ca: Option.some("/does/not/exist"), certificate: Option.none(), key: Option.none() }
      const exit = yield* Effect.exit(Layer.build(Valkey.layer(settingsOf(1, { tls: Option.some(tls) }))))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isFailure(exit)) assert.include(Cause.pretty(exit.cause), "POSTROOM_VALKEY_CA")
    })
  )
})
