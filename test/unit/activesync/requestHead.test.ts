import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { encode } from "../../../src/protocols/activesync/wbxml/encode.ts"
import { phoneAt } from "../../support/activesync/client.ts"
import { edgeWith } from "../../support/activesync/edge.ts"
import {
  folderSyncOf,
  foldersAnswer,
  pingAnswer,
  recorder,
  xmlOf
} from "../../support/activesync/fakeCommands.ts"

const firstSync = folderSyncOf(0)
const folder = "/Microsoft-Server-ActiveSync"

describe("what a command is told of its request", () => {
  it.scopedLive("is the same in plain and base64 queries", () =>
    Effect.gen(function* () {
      const asked = recorder(foldersAnswer())
      const phone = yield* phoneAt(yield* edgeWith({ SmartReply: asked.command }), {
        version: "14.1",
        policyKey: "4000000000",
        multipart: true,
        userAgent: "Phone/1"
      })
      const parameters = { collectionId: "5", itemId: "5:7", longId: "x", occurrence: "y", saveInSent: true }
      const document = element("ComposeMail:SmartReply", element("ComposeMail:ClientId", "c"))
      yield* phone.ask("SmartReply", document, parameters)
      yield* phone.but({ query: "base64" }).ask("SmartReply", document, parameters)
      const [plain, base64] = asked.requests.map(({ gone: _, correlationId: __, ...rest }) => ({
        ...rest,
        language: null
      }))
      assert.deepStrictEqual(plain, base64)
      assert.deepInclude(plain, {
        ...parameters,
        command: "SmartReply",
        version: "14.1",
        address: "alice@demo.test",
        deviceId: "TESTPHONE1",
        deviceType: "TestPhone",
        userAgent: "Phone/1",
        policyKey: "4000000000",
        acceptsMultipart: true,
        document,
        mime: null
      })
    })
  )

  it.scopedLive("MS-ASHTTP_R155, MS-ASHTTP_R440: is that it wants no parts where it says nothing, or F", () =>
    Effect.gen(function* () {
      const asked = recorder(pingAnswer(1))
      const phone = yield* phoneAt(yield* edgeWith({ ItemOperations: asked.command }))
      yield* phone.ask("ItemOperations", null)
      yield* phone.raw({
        path: `${folder}?Cmd=ItemOperations&DeviceId=a&DeviceType=b`,
        headers: { "ms-asprotocolversion": "16.1", "ms-asacceptmultipart": "F" }
      })
      assert.deepStrictEqual(
        asked.requests.map(({ acceptsMultipart }) => acceptsMultipart),
        [false, false]
      )
    })
  )

  it.scopedLive("its language is the first of Accept-Language, else that of the base64 query", () =>
    Effect.gen(function* () {
      const asked = recorder(foldersAnswer())
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: asked.command }))
      for (const language of ["de-AT, en;q=0.5", "fr;q=0.8", "*", null]) {
        yield* phone.but({ language }).ask("FolderSync", firstSync)
      }
      yield* phone.but({ query: "base64" }).ask("FolderSync", firstSync)
      assert.deepStrictEqual(
        asked.requests.map(({ language }) => language),
        ["de-AT", "fr", null, null, "en"]
      )
    })
  )

  it.scopedLive("its message is the body until 12.1; later that is 101", () =>
    Effect.gen(function* () {
      const asked = recorder({ _tag: "Empty" })
      const phone = yield* phoneAt(yield* edgeWith({ SendMail: asked.command, FolderSync: asked.command }), {
        version: "12.1"
      })
      const mime = Buffer.from("From: a@b.test\r\n\r\nText\r\n")
      assert.strictEqual((yield* phone.askWithMime("SendMail", mime, { saveInSent: true })).code, 200)
      assert.isTrue(asked.requests[0]?.saveInSent)
      assert.deepStrictEqual(Buffer.from(asked.requests[0]?.mime ?? []), mime)
      assert.strictEqual((yield* phone.askWithMime("FolderSync", mime)).code, 400)
      const late = yield* phone.but({ version: "14.0" }).askWithMime("SendMail", mime)
      assert.include(xmlOf(late), "<Status>101</Status>")
      assert.strictEqual(asked.requests.length, 1)
    })
  )

  it.scopedLive("MS-ASHTTP_R143, MS-ASHTTP_R438: its document comes in either type, or in none", () =>
    Effect.gen(function* () {
      const asked = recorder(foldersAnswer())
      const phone = yield* phoneAt(yield* edgeWith({ FolderSync: asked.command }))
      const types = [
        "application/vnd.ms-sync.wbxml",
        "Application/Vnd.MS-Sync; charset=utf-8",
        null,
        "text/xml"
      ]
      const codes: Array<string> = []
      for (const type of types) {
        const answer = yield* phone.raw({
          path: `${folder}?Cmd=FolderSync&DeviceId=a&DeviceType=b`,
          headers: { "ms-asprotocolversion": "12.1", ...(type === null ? {} : { "content-type": type }) },
          body: encode(firstSync)
        })
        codes.push(String(answer.code))
      }
      assert.deepStrictEqual(codes, ["200", "200", "200", "400"])
      for (const { document } of asked.requests) assert.deepStrictEqual(document, firstSync)
    })
  )
})
