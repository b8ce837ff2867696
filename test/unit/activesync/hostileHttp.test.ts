import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { registry } from "../../../src/observability/metrics.ts"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import { type Edge, edgeWith } from "../../support/activesync/edge.ts"
import {
  folderSyncOf,
  foldersAnswer,
  parkedPing,
  recorder,
  statusXml,
  xmlOf
} from "../../support/activesync/fakeCommands.ts"
import { logLines } from "../../support/logLines.ts"
import { demoPassword } from "../../support/platform.ts"

const folderSync = recorder(foldersAnswer()).command
const firstSync = folderSyncOf(0)
const ping = element("Ping:Ping")
const path = "/Microsoft-Server-ActiveSync?Cmd=FolderSync&DeviceId=a&DeviceType=b"
const wbxml = { "ms-asprotocolversion": "16.1", "content-type": "application/vnd.ms-sync.wbxml" }
const limits = { POSTROOM_ACTIVESYNC_REQUEST_BYTES: "64 KiB", POSTROOM_ACTIVESYNC_MAIL_BYTES: "128 KiB" }

/** What is said to alice's device that sends the begin of a body and no more, until the connection is closed. */
const fallingSilent = ({ at }: Edge) =>
  Effect.async<string>((resume) => {
    const authorization = Buffer.from(`alice@demo.test:${demoPassword}`).toString("base64")
    let heard = ""
    const socket = connect(at.http, at.host)
    socket.on("data", (data) => {
      heard += data.toString("latin1")
    })
    socket.on("close", () => resume(Effect.succeed(heard)))
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${authorization}\r\nMS-ASProtocolVersion: 16.1\r\nContent-Length: 100\r\n\r\n\u0003`
    )
  })

describe("a body", () => {
  it.scopedLive("that is larger than its command may have is 413, however it comes", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync, Sync: folderSync }, limits))
      const large = Buffer.alloc(100 * 1024, 1)
      assert.strictEqual((yield* phone.raw({ path, headers: wbxml, body: large })).code, 413)
      const chunked = yield* phone.raw({
        path,
        headers: { ...wbxml, "transfer-encoding": "chunked" },
        body: large
      })
      assert.strictEqual(chunked.code, 413)
      // What may carry a message may be larger.
      const sync = path.replace("FolderSync", "Sync")
      assert.strictEqual((yield* phone.raw({ path: sync, headers: wbxml, body: large })).code, 200)
      assert.strictEqual(
        (yield* phone.raw({ path: sync, headers: wbxml, body: Buffer.concat([large, large]) })).code,
        413
      )
    })
  )

  it.scopedLive("that unpacks to more than it may, to nothing sound, or in another way", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }, limits))
      const sent = (encoding: string, body: Uint8Array) =>
        Effect.map(
          phone.raw({ path, headers: { ...wbxml, "content-encoding": encoding }, body }),
          ({ code }) => code
        )
      const good = gzipSync(encode(firstSync))
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
      assert.isBelow(bomb.length, 65_536)
      assert.strictEqual(yield* sent("gzip", good), 200)
      assert.strictEqual(yield* sent("GZIP", good), 200)
      assert.strictEqual(yield* sent("gzip", bomb), 413)
      assert.strictEqual(yield* sent("gzip", good.subarray(0, good.length - 9)), 400)
      assert.strictEqual(yield* sent("gzip", Buffer.from("no gzip at all")), 400)
      assert.strictEqual(yield* sent("br", good), 415)
      assert.strictEqual(yield* sent("gzip, gzip", good), 415)
    })
  )

  it.scopedLive("MS-ASCMD_R7545: that is no document is 101 or 102, or 400", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }, limits))
      const whole = encode(firstSync)
      const broken = [
        Buffer.from("<FolderSync/>"),
        whole.subarray(0, whole.length - 1),
        Buffer.from([3, 1, 0x6a, 0, 0xff, 0xff]),
        Buffer.concat([whole, whole]),
        Buffer.alloc(1000, 0x45)
      ]
      for (const [index, body] of broken.entries()) {
        const { code, body: answered } = yield* phone.raw({ path, headers: wbxml, body })
        assert.strictEqual(code, 200, `${index}`)
        assert.match(answered.toString("latin1"), /10[12]/, `${index}`)
        const old = { ...wbxml, "ms-asprotocolversion": "12.1" }
        assert.strictEqual((yield* phone.raw({ path, headers: old, body })).code, 400, `${index}`)
      }
    })
  )

  it.scopedLive("that does not go on is given up, and the connection with it", () =>
    Effect.gen(function* () {
      const edge = yield* edgeWith(
        { FolderSync: folderSync },
        { POSTROOM_ACTIVESYNC_BODY_TIMEOUT: "50 millis" }
      )
      const said = yield* fallingSilent(edge)
      assert.match(said, /^HTTP\/1\.1 408 /)
      assert.match(said, /connection: close/i)
    })
  )

  it.scopedLive("that does not go on takes no place of its device for longer", () =>
    Effect.gen(function* () {
      const edge = yield* edgeWith(
        { FolderSync: folderSync },
        { POSTROOM_ACTIVESYNC_BODY_TIMEOUT: "50 millis" }
      )
      const places = Array.from({ length: 16 })
      for (let round = 0; round < 3; round++) {
        const said = yield* Effect.forEach(places, () => fallingSilent(edge), { concurrency: "unbounded" })
        assert.deepStrictEqual([...new Set(said.map((text) => text.slice(0, 12)))], ["HTTP/1.1 408"])
      }
      const phone = yield* phoneAt(edge, { deviceId: "a" })
      assert.strictEqual((yield* phone.ask("FolderSync", firstSync)).code, 200)
    })
  )

  it.scopedLive("is not waited for where its sender is a stranger", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
      const headers = { ...wbxml, "content-length": "1000000", authorization: "Basic eA==" }
      assert.strictEqual((yield* phone.raw({ path, headers })).code, 401)
    })
  )
})

describe("a device", () => {
  it.scopedLive("with too many requests at once is sent away; others are not", () =>
    Effect.gen(function* () {
      const parked = yield* Deferred.make<void>()
      const commands = { Settings: parkedPing(parked), FolderSync: folderSync }
      const phone = yield* phoneAt(yield* edgeWith(commands, { POSTROOM_ACTIVESYNC_REQUESTS_AT_ONCE: "2" }))
      const asking = yield* Effect.fork(
        Effect.all([phone.ask("Settings", null), phone.ask("Settings", null)], { concurrency: 2 })
      )
      yield* Deferred.await(parked)
      const third = yield* phone
        .ask("FolderSync", firstSync)
        .pipe(Effect.repeat({ until: ({ code }) => code === 503 }))
      assert.strictEqual(third.headers["retry-after"], "5")
      assert.strictEqual((yield* phone.but({ deviceId: "OTHER" }).ask("FolderSync", firstSync)).code, 200)
      yield* Fiber.interrupt(asking)
      // The places are free again once the devices have hung up.
      yield* phone.ask("FolderSync", firstSync).pipe(Effect.repeat({ until: ({ code }) => code === 200 }))
    })
  )

  it.scopedLive("that asks too often is told when to come back, in every version", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(
        yield* edgeWith({ FolderSync: folderSync }, { POSTROOM_ACTIVESYNC_REQUESTS_PER_MINUTE: "3" })
      )
      for (let n = 0; n < 3; n++) assert.strictEqual((yield* phone.ask("FolderSync", firstSync)).code, 200)
      for (const version of ["12.1", "16.1"] as const) {
        const answer = yield* phone.but({ version }).ask("FolderSync", firstSync)
        assert.strictEqual(answer.code, 503)
        const seconds = Number(answer.headers["retry-after"])
        assert.isTrue(seconds > 0 && seconds <= 60, `${seconds}`)
      }
      assert.strictEqual((yield* phone.but({ deviceId: "OTHER" }).ask("FolderSync", firstSync)).code, 200)
    })
  )

  it.scopedLive("in a loop is slowed down, and named in the log; a sound request of it is not", () => {
    const { lines, layer } = logLines()
    return Effect.gen(function* () {
      const phone = yield* phoneAt(
        yield* edgeWith({ FolderSync: folderSync }, { POSTROOM_ACTIVESYNC_REPEATS: "1" })
      )
      // Who goes on at once is held back for a second, and for longer each time.
      const startedAt = performance.now()
      for (let n = 0; n < 4; n++) yield* phone.ask("FolderSync", firstSync)
      assert.isAtLeast(performance.now() - startedAt, 900)
      assert.strictEqual((yield* phone.ask("FolderSync", folderSyncOf(1))).code, 200)
      const metrics = yield* Effect.promise(() => registry.metrics())
      assert.match(metrics, /activesync_repeats_total\{command="FolderSync",outcome="delay"\} [1-9]/)
      const named = lines.filter(({ message }) => message === "a device asks the same again and again")
      assert.isAbove(named.length, 0)
      for (const line of named) {
        assert.deepInclude(line, { command: "FolderSync", device: phone.options.deviceId })
        assert.match(String(line["user"]), /^user:[0-9a-f-]{36}$/)
      }
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("that has failed to sign in too often is not told 401", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
      const wrong = phone.but({ password: "wrong" })
      const answer = yield* wrong
        .ask("FolderSync", firstSync)
        .pipe(Effect.repeat({ until: ({ code }) => code !== 401 }))
      assert.strictEqual(answer.code, 503)
      assert.strictEqual(answer.headers["retry-after"], "60")
    })
  )

  it.scopedLive("on two connections gets both its answers", () =>
    Effect.gen(function* () {
      const parked = yield* Deferred.make<void>()
      const edge = yield* edgeWith({ FolderSync: folderSync, Ping: parkedPing(parked) })
      const [one, two] = [yield* phoneAt(edge), yield* phoneAt(edge)]
      const first = yield* Effect.fork(one.ask("Ping", ping))
      yield* Deferred.await(parked)
      const answers = yield* Effect.all(
        Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : two).ask("FolderSync", firstSync)),
        { concurrency: "unbounded" }
      )
      assert.isTrue(answers.every(({ code }) => code === 200))
      yield* Effect.fork(two.ask("Ping", ping))
      assert.strictEqual(xmlOf(yield* Fiber.join(first)), statusXml("Ping:Ping", 1))
    })
  )
})
