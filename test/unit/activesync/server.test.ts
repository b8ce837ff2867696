import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Busy } from "../../../src/domain/errors.ts"
import type { Command } from "../../../src/protocols/activesync/Command.ts"
import { StatusError } from "../../../src/protocols/activesync/status.ts"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import { edgeWith, operatorToken } from "../../support/activesync/edge.ts"
import {
  folderSyncOf,
  foldersAnswer,
  parkedPing,
  recorder,
  statusXml,
  xmlOf
} from "../../support/activesync/fakeCommands.ts"

const folderSync = recorder(foldersAnswer()).command
const firstSync = folderSyncOf(0)
const folder = "/Microsoft-Server-ActiveSync"
const versions = ["12.1", "14.0", "14.1", "16.0", "16.1"] as const

const failing =
  (status: number): Command =>
  () =>
    new StatusError({ status, retryAfter: 7 })

describe("an answer over HTTP", () => {
  it.scopedLive(
    "MSASHTTP_S01_TC01_VerifyContentTypeResponseHeader: a document has its type and its length; MS-ASHTTP_R199, R201, R216, R218",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        for (const query of ["plain", "base64"] as const) {
          const answer = yield* phone.but({ query }).ask("FolderSync", firstSync)
          assert.strictEqual(answer.code, 200)
          assert.strictEqual(answer.headers["content-type"], "application/vnd.ms-sync.wbxml")
          assert.strictEqual(answer.headers["content-length"], String(answer.body.length))
          assert.strictEqual(answer.headers["ms-server-activesync"], "16.1")
        }
      })
  )

  it.scopedLive(
    "MSASHTTP_S01_TC02_VerifyContentEncodingResponseHeader: is packed for who takes it, and for nobody else",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        const packed = yield* phone.but({ gzip: true }).ask("FolderSync", firstSync)
        assert.strictEqual(packed.headers["content-encoding"], "gzip")
        assert.isBelow(Number(packed.headers["content-length"]), packed.body.length)
        const plain = yield* phone.ask("FolderSync", firstSync)
        assert.isUndefined(plain.headers["content-encoding"])
        assert.isTrue(plain.body.equals(packed.body))
      })
  )

  it.scopedLive("MS-ASHTTP_R212, MS-ASHTTP_R482: without a body has no type, and the length 0", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ Sync: () => Effect.succeed({ _tag: "Empty" }) }))
      const answer = yield* phone.ask("Sync", null)
      assert.strictEqual(answer.code, 200)
      assert.strictEqual(answer.headers["content-length"], "0")
      assert.isUndefined(answer.headers["content-type"])
    })
  )

  it.scopedLive("MS-ASHTTP_R230: of GetAttachment is the attachment, in its own type", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from("an attachment")
      const attachment = recorder({ _tag: "Bytes", contentType: "text/plain; charset=utf-8", bytes })
      const phone = yield* phoneAt(yield* edgeWith({ GetAttachment: attachment.command }), {
        version: "12.1"
      })
      for (const query of ["plain", "base64"] as const) {
        const answer = yield* phone.but({ query }).ask("GetAttachment", null, { attachmentName: "5:7:1" })
        assert.strictEqual(answer.headers["content-type"], "text/plain; charset=utf-8")
        assert.strictEqual(answer.headers["content-disposition"], "attachment")
        assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
        assert.isTrue(answer.body.equals(bytes))
      }
      assert.deepStrictEqual(
        attachment.requests.map(({ attachmentName }) => attachmentName),
        ["5:7:1", "5:7:1"]
      )
    })
  )

  it.scopedLive("MS-ASCMD_R5505: in parts has a table of them before the document", () =>
    Effect.gen(function* () {
      const parts = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(100_000, 1)]
      const document = element("ItemOperations:ItemOperations", element("ItemOperations:Status", 1))
      const phone = yield* phoneAt(
        yield* edgeWith({ ItemOperations: () => Effect.succeed({ _tag: "Multipart", document, parts }) })
      )
      const answer = yield* phone.but({ multipart: true }).ask("ItemOperations", null)
      assert.strictEqual(answer.headers["content-type"], "application/vnd.ms-sync.multipart")
      assert.deepStrictEqual(answer.document, document)
      assert.deepStrictEqual(answer.parts, parts)
    })
  )

  it.scopedLive("MS-ASHTTP_R1202: to a first FolderSync says again what there is", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync, Ping: parkedPing() }))
      const first = yield* phone.ask("FolderSync", firstSync)
      assert.strictEqual(first.headers["x-ms-rp"], "12.1,14.0,14.1,16.0,16.1")
      assert.strictEqual(first.headers["ms-asprotocolversions"], "12.1,14.0,14.1,16.0,16.1")
      assert.strictEqual(first.headers["ms-asprotocolcommands"], "FolderSync,Ping")
      const next = yield* phone.ask("FolderSync", folderSyncOf(1))
      assert.isUndefined(next.headers["x-ms-rp"])
    })
  )

  it.scopedLive("carries the ids of its request", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({}))
      const named = yield* phone.raw({
        method: "OPTIONS",
        path: folder,
        headers: { "x-correlation-id": "mine-1", "x-trace-id": "trace-1" }
      })
      assert.strictEqual(named.headers["x-correlation-id"], "mine-1")
      assert.strictEqual(named.headers["x-trace-id"], "trace-1")
      assert.isNotEmpty((yield* phone.askOptions).headers["x-correlation-id"])
    })
  )
})

describe("OPTIONS", () => {
  it.scopedLive(
    "MSASHTTP_S04_TC01_HTTPOPTIONS: tells versions and commands, without spaces, to who has signed in; MS-ASHTTP_R1107, R247, R249, R459, R460, R461, R1201, R12011",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ Ping: parkedPing(), Sync: folderSync }))
        const answer = yield* phone.askOptions
        assert.strictEqual(answer.code, 200)
        assert.strictEqual(answer.headers["ms-asprotocolversions"], "12.1,14.0,14.1,16.0,16.1")
        assert.strictEqual(answer.headers["ms-asprotocolcommands"], "Sync,Ping")
        assert.strictEqual(answer.headers["content-length"], "0")
        assert.isUndefined(answer.headers["content-type"])
        const stranger = yield* phone.raw({ method: "OPTIONS", path: folder, headers: { authorization: "" } })
        assert.strictEqual(stranger.code, 401)
      })
  )
})

describe("a request that cannot be answered", () => {
  it.scopedLive(
    "MSASHTTP_S02_TC01_Verify400StatusCode: of a version that does not exist is 400, again and again",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        const query = `${folder}?Cmd=FolderSync&DeviceId=a&DeviceType=b`
        for (const version of ["191", "191", "2.5", "12.0", "15.0", "1.0", ""]) {
          const headers: Record<string, string> = version === "" ? {} : { "ms-asprotocolversion": version }
          assert.strictEqual((yield* phone.raw({ path: query, headers })).code, 400, version)
        }
        const version191 = Buffer.from([191, 9, 9, 4, 1, 0x61, 0, 1, 0x62]).toString("base64")
        assert.strictEqual((yield* phone.raw({ path: `${folder}?${version191}` })).code, 400)
      })
  )

  it.scopedLive("MS-ASHTTP_R188: with a malformed query is 400", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
      for (const query of ["", "?", "?jAkHBBCo", "?User=a", "?%%%"]) {
        assert.strictEqual((yield* phone.raw({ path: `${folder}${query}` })).code, 400, query)
      }
    })
  )

  it.scopedLive(
    "MSASHTTP_S02_TC02_Verify401StatusCode: without credentials, or with wrong ones, is 401",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        const wrong = yield* phone.but({ password: "wrong" }).ask("FolderSync", firstSync)
        assert.strictEqual(wrong.code, 401)
        assert.strictEqual(wrong.headers["www-authenticate"], 'Basic realm="postroom"')
        assert.strictEqual(wrong.headers["content-length"], "0")
        const none = yield* phone.raw({ path: `${folder}?Cmd=FolderSync`, headers: { authorization: "" } })
        assert.strictEqual(none.code, 401)
      })
  )

  it.scopedLive("MSASHTTP_S02_TC03_Verify403StatusCode: of somebody who has no mail is 403", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
      const answer = yield* phone.raw({
        path: `${folder}?Cmd=FolderSync&DeviceId=a&DeviceType=b`,
        headers: { authorization: `Bearer ${Redacted.value(operatorToken)}`, "ms-asprotocolversion": "16.1" }
      })
      assert.strictEqual(answer.code, 403)
    })
  )

  it.scopedLive(
    "MSASHTTP_S02_TC04_Verify404StatusCode: elsewhere is 404; our path is known in any case",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({}))
        for (const path of [`/NotSupport${folder}`, `${folder}X`, "/"]) {
          assert.strictEqual((yield* phone.raw({ method: "OPTIONS", path })).code, 404, path)
        }
        for (const path of [folder.toLowerCase(), folder.toUpperCase(), `${folder}/`]) {
          assert.strictEqual((yield* phone.raw({ method: "OPTIONS", path })).code, 200, path)
        }
      })
  )

  it.scopedLive(
    "MSASHTTP_S02_TC05_Verify501StatusCode: by a method or a command that there is not is 501; MS-ASHTTP_R187",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        for (const version of versions) {
          const answer = yield* phone.raw({
            path: `${folder}?Cmd=NotExist&DeviceId=a&DeviceType=b`,
            headers: { "ms-asprotocolversion": version },
            body: encode(firstSync)
          })
          assert.strictEqual(answer.code, 501, version)
        }
        for (const method of ["GET", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
          assert.strictEqual((yield* phone.raw({ method, path: folder })).code, 501, method)
        }
      })
  )

  it.scopedLive("of a command that is not there yet is 137 in a document, or 501", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({}))
      const answer = yield* phone.ask("Search", element("Search:Search"))
      assert.strictEqual(answer.code, 200)
      assert.strictEqual(xmlOf(answer), statusXml("Search:Search", 137))
      assert.strictEqual((yield* phone.but({ version: "12.1" }).ask("Search", null)).code, 501)
    })
  )

  it.scopedLive(
    "CMD_S21_TC10, CMD_S21_TC11, MS-ASCMD_R4828, R4830: of a device without a sound id or type is 108 or 109",
    () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }))
        for (const deviceId of ["", "a,b", "a b", "x".repeat(65), "a/../b"]) {
          assert.strictEqual(
            xmlOf(yield* phone.but({ deviceId }).ask("FolderSync", firstSync)),
            statusXml("FolderHierarchy:FolderSync", 108)
          )
        }
        assert.strictEqual(
          xmlOf(yield* phone.but({ deviceType: "" }).ask("FolderSync", firstSync)),
          statusXml("FolderHierarchy:FolderSync", 109)
        )
        const old = phone.but({ version: "12.1", deviceId: "" })
        assert.strictEqual((yield* old.ask("FolderSync", firstSync)).code, 400)
      })
  )

  it.scopedLive("an id that is none is counted nowhere: of each that were, something would be kept", () =>
    Effect.gen(function* () {
      const settings = { POSTROOM_ACTIVESYNC_REQUESTS_PER_MINUTE: "1" }
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: folderSync }, settings), {
        deviceId: "x".repeat(65)
      })
      for (let n = 0; n < 3; n++) {
        assert.strictEqual(
          xmlOf(yield* phone.ask("FolderSync", firstSync)),
          statusXml("FolderHierarchy:FolderSync", 108)
        )
      }
    })
  )
})

describe("a status that a command refuses with", () => {
  it.scopedLive("MS-ASCMD_R7461, MS-ASCMD_R7564: is a document from 14.0 on, and 449 until 12.1", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: failing(142) }))
      for (const version of versions.slice(1)) {
        const answer = yield* phone.but({ version }).ask("FolderSync", firstSync)
        assert.strictEqual(answer.code, 200)
        assert.include(xmlOf(answer), "<Status>142</Status>")
      }
      const old = yield* phone.but({ version: "12.1" }).ask("FolderSync", firstSync)
      assert.strictEqual(old.code, 449)
      assert.strictEqual(old.reason, "Retry after sending a PROVISION command")
    })
  )

  it.scopedLive("MS-ASHTTP_R288: says when to come back where it is 503", () =>
    Effect.gen(function* () {
      const busy: Command = () => new Busy({ retryAfterMillis: 2_500 })
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: failing(111), Settings: busy }), {
        version: "12.1"
      })
      const failed = yield* phone.ask("FolderSync", firstSync)
      assert.strictEqual(failed.code, 503)
      assert.strictEqual(failed.headers["retry-after"], "7")
      const answer = yield* phone.ask("Settings", element("Settings:Settings"))
      assert.strictEqual(answer.code, 503)
      assert.strictEqual(answer.headers["retry-after"], "3")
    })
  )

  it.scopedLive("an answer that cannot be written counts as answered all the same", () =>
    Effect.gen(function* () {
      const broken = {
        _tag: "Bytes" as const,
        contentType: "text/plain",
        get bytes(): Uint8Array {
          throw new Error("a bug")
        }
      }
      const commands = { GetAttachment: () => Effect.succeed(broken), FolderSync: folderSync }
      const settings = { POSTROOM_ACTIVESYNC_REQUESTS_AT_ONCE: "2" }
      const phone = yield* phoneAt(yield* edgeWith(commands, settings), { version: "12.1" })
      for (const attachmentName of ["1:1", "1:2", "1:3", "1:4"]) {
        assert.strictEqual((yield* phone.ask("GetAttachment", null, { attachmentName })).code, 503)
      }
      assert.strictEqual((yield* phone.ask("FolderSync", firstSync)).code, 200)
    })
  )

  it.scopedLive("a defect of a command is told as something that may pass", () =>
    Effect.gen(function* () {
      const broken: Command = () => Effect.dieMessage("a bug")
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: broken }))
      assert.include(xmlOf(yield* phone.ask("FolderSync", firstSync)), "<Status>111</Status>")
      const { code, headers } = yield* phone.but({ version: "12.1" }).ask("FolderSync", firstSync)
      assert.deepStrictEqual([code, headers["retry-after"]], [503, "60"])
    })
  )

  it.scopedLive("a command that a stopping server breaks off may come again soon", () =>
    Effect.gen(function* () {
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: () => Effect.interrupt }), {
        version: "12.1"
      })
      const { code, headers } = yield* phone.ask("FolderSync", firstSync)
      assert.deepStrictEqual([code, headers["retry-after"]], [503, "5"])
    })
  )
})
