import { createPrivateKey, X509Certificate } from "node:crypto"
import { FileSystem, type Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Logger, Queue, TestClock } from "effect"
import {
  layerConfig,
  layerFiles,
  layerSelfSigned,
  TlsCertificate
} from "../../../src/identity/tls/TlsCertificate.ts"
import { TlsUnavailable } from "../../../src/identity/tls/tlsFiles.ts"
import { explain } from "../../../src/startFailure.ts"

const start = <E>(layer: Layer.Layer<TlsCertificate, E, FileSystem.FileSystem | Path.Path>) =>
  Effect.map(Effect.provide(TlsCertificate, layer), ({ key, cert, isSelfSigned }) => ({
    key,
    cert,
    isSelfSigned
  }))

const tempDirectory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

/** The test clock stands at 1970; certificates are checked against the real time by whoever reads them. */
const today = TestClock.setTime(Date.UTC(2026, 10, 23))

describe("TlsCertificate", () => {
  it.scoped("makes a pair at the first start and keeps it, the key for its owner only", () =>
    Effect.gen(function* () {
      yield* today
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* tempDirectory}/tls`
      const layer = layerSelfSigned({ directory, names: ["mx.demo.test"] })
      const first = yield* start(layer)
      assert.deepStrictEqual(yield* start(layer), first)
      const certificate = new X509Certificate(first.cert)
      assert.isTrue(certificate.checkPrivateKey(createPrivateKey(first.key)))
      for (const name of ["mx.demo.test", "localhost"]) assert.strictEqual(certificate.checkHost(name), name)
      assert.isDefined(certificate.checkIP("127.0.0.1"))
      const { mode } = yield* fs.stat(`${directory}/key.pem`)
      assert.strictEqual(mode & 0o777, 0o600)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("makes a new pair when the old one is about to end, lacks a name, or is damaged", () =>
    Effect.gen(function* () {
      yield* today
      const fs = yield* FileSystem.FileSystem
      const directory = yield* tempDirectory
      const first = yield* start(layerSelfSigned({ directory, names: [] }))
      const named = yield* start(layerSelfSigned({ directory, names: ["mx.demo.test"] }))
      assert.notStrictEqual(named.cert, first.cert)
      yield* fs.writeFileString(`${directory}/key.pem`, first.key)
      const whole = yield* start(layerSelfSigned({ directory, names: ["mx.demo.test"] }))
      assert.notStrictEqual(whole.cert, named.cert)
      yield* TestClock.adjust("3640 days")
      assert.notStrictEqual((yield* start(layerSelfSigned({ directory, names: [] }))).cert, whole.cert)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("takes files that the settings name, and fails with a reason where they do not fit", () =>
    Effect.gen(function* () {
      yield* today
      const directory = yield* tempDirectory
      const other = yield* tempDirectory
      const made = yield* start(layerSelfSigned({ directory, names: [] }))
      yield* start(layerSelfSigned({ directory: other, names: [] }))
      const settings = new Map([
        ["POSTROOM_TLS_KEY", `${directory}/key.pem`],
        ["POSTROOM_TLS_CERT", `${directory}/cert.pem`]
      ])
      const named = yield* start(layerConfig({ directory: other, names: [] })).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(settings))
      )
      assert.deepStrictEqual(named, { key: made.key, cert: made.cert, isSelfSigned: false })
      for (const files of [
        { key: `${other}/key.pem`, cert: `${directory}/cert.pem` },
        { key: `${directory}/none.pem`, cert: `${directory}/cert.pem` },
        { key: `${directory}/cert.pem`, cert: `${directory}/key.pem` }
      ]) {
        assert.instanceOf(yield* Effect.flip(start(layerFiles(files))), TlsUnavailable)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("is not made of one file: a key without its certificate is a mistake", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(start(layerConfig({ directory: "/nowhere", names: [] })))
      assert.include(explain(error), "POSTROOM_TLS_CERT and POSTROOM_TLS_KEY are set together or not at all.")
    }).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["POSTROOM_TLS_KEY", "/nowhere/key.pem"]]))),
      Effect.provide(NodeContext.layer)
    )
  )

  it.scoped("gives listeners the pair that its files were replaced with, once both are", () =>
    Effect.gen(function* () {
      yield* today
      const fs = yield* FileSystem.FileSystem
      const [directory, other] = [yield* tempDirectory, yield* tempDirectory]
      const first = yield* start(layerSelfSigned({ directory, names: [] }))
      const second = yield* start(layerSelfSigned({ directory: other, names: ["mx.demo.test"] }))
      const lines = yield* Queue.unbounded<string>()
      const logger = Logger.make(({ message }) => void lines.unsafeOffer(String(message)))

      const files = { key: `${directory}/key.pem`, cert: `${directory}/cert.pem` }
      const context = yield* Layer.build(layerFiles(files)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const certificate = Context.get(context, TlsCertificate)
      assert.strictEqual(certificate.cert, first.cert)
      const seen: Array<string> = []
      yield* certificate.onRotation(({ cert }) => seen.push(cert))

      yield* fs.writeFileString(files.cert, second.cert)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(
        yield* Queue.take(lines),
        "the TLS certificate stays as it was: The TLS key does not belong to the certificate."
      )
      assert.deepEqual(seen, [])
      yield* fs.writeFileString(files.key, second.key)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Queue.take(lines), "rotated: the TLS certificate; new connections see it")
      assert.deepEqual(seen, [second.cert])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
