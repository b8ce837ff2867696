import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MessageId } from "../../../../src/domain/ids.ts"
import {
  composeFromProperties,
  type StoredDraft,
  sendableDraft
} from "../../../../src/protocols/activesync/compose/draft.ts"
import { type Content, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { decodePart } from "../../../../src/protocols/mime/decode.ts"
import { MimeReader } from "../../../../src/protocols/mime/MimeReader.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { lines, plainMail } from "../../../support/activesync/composing.ts"
import { richOriginal } from "../../../support/activesync/smart.ts"

const identity = { address: "alice@demo.test", now: Date.UTC(2026, 2, 4), messageId: "d1@demo.test" }
const seed = "0123456789abcdef"

const write = (properties: ReadonlyArray<Content>, before: StoredDraft | null = null) =>
  Effect.gen(function* () {
    const mime = yield* MimeReader
    const given = { properties: element("AirSync:ApplicationData", ...properties), before, identity, seed }
    const draft = yield* composeFromProperties(mime, given)
    return { ...draft, text: Buffer.from(draft.raw).toString("latin1"), content: readMessage(draft.raw) }
  }).pipe(Effect.provide(MimeReader.layerInline()))

const statusOf = (properties: ReadonlyArray<Content>, before: StoredDraft | null = null) =>
  write(properties, before).pipe(
    Effect.as(1),
    Effect.catchAll(({ status }) => Effect.succeed(status))
  )

const send = (raw: Uint8Array) =>
  Effect.flatMap(MimeReader, (mime) => sendableDraft(mime, { raw, identity, seed })).pipe(
    Effect.provide(MimeReader.layerInline())
  )

const stored = (raw: Uint8Array | string): StoredDraft => ({ messageId: MessageId(7), raw: Buffer.from(raw) })
const body = (type: number, data: string) =>
  element("AirSyncBase:Body", element("AirSyncBase:Type", type), element("AirSyncBase:Data", data))
const attachments = (...commands: ReadonlyArray<Content>) => element("AirSyncBase:Attachments", ...commands)
const add = (clientId: string, name: string, bytes: string, ...others: ReadonlyArray<Content>) =>
  element(
    "AirSyncBase:Add",
    element("AirSyncBase:ClientId", clientId),
    element("AirSyncBase:Content", Buffer.from(bytes)),
    element("AirSyncBase:DisplayName", name),
    element("AirSyncBase:Method", 1),
    ...others
  )
const remove = (reference: string) =>
  element("AirSyncBase:Delete", element("AirSyncBase:FileReference", reference))

const nameAndBytes = ({
  raw,
  content
}: {
  readonly raw: Uint8Array
  readonly content: ReturnType<typeof readMessage>
}) =>
  content.attachments.map(({ name, part }) => {
    const found = content.parts[part]
    const bytes =
      found === undefined ? Buffer.alloc(0) : decodePart(raw.subarray(found.bodyStart, found.bodyEnd), found)
    return [name, bytes.toString("latin1")]
  })

describe("a draft of 16.x", () => {
  it.effect("MS-ASEMAIL_R1489: is made of the properties that a device may write", () =>
    Effect.gen(function* () {
      const { content, text } = yield* write([
        element("Email:To", '"J\u00fcrgen, \u00d6tt" <bob@demo.test>; carol@demo.test'),
        element("Email:Cc", "dave@demo.test"),
        element("Email2:Bcc", "eve@demo.test"),
        element("Email:ReplyTo", "alice+r@demo.test"),
        element("Email:Subject", "Gr\u00fc\u00dfe"),
        element("Email:Importance", 2),
        element("Email:Read", 1),
        body(1, "Sch\u00f6n\nhier")
      ])
      const { envelope } = content
      assert.deepStrictEqual(
        [envelope.from, envelope.to, envelope.cc, envelope.bcc, envelope.replyTo].map((list) =>
          list.map(({ name, address }) => `${name}|${address}`)
        ),
        [
          ["|alice@demo.test"],
          ["J\u00fcrgen, \u00d6tt|bob@demo.test", "|carol@demo.test"],
          ["|dave@demo.test"],
          ["|eve@demo.test"],
          ["|alice+r@demo.test"]
        ]
      )
      assert.deepStrictEqual(
        [envelope.subject, content.headers["importance"], content.text, envelope.internetMessageId],
        ["Gr\u00fc\u00dfe", "high", "Sch\u00f6n\nhier", "d1@demo.test"]
      )
      assert.match(text, /^[\r\n\t\x20-\x7e]*$/)
    })
  )

  it.effect("MS-ASAIRS_R1009, R1391, R1394, R1336: brings attachments, and says which part each became", () =>
    Effect.gen(function* () {
      const message = lines("From: eve@demo.test", "Subject: inner", "", "text")
      const draft = yield* write([
        body(2, '<p>look <img src="cid:pic@x"></p>'),
        attachments(
          add("a1", "\u00fcber.pdf", "%PDF"),
          add(
            "a2",
            "pic.png",
            "PNG",
            element("AirSyncBase:IsInline", 1),
            element("AirSyncBase:ContentId", "pic@x")
          ),
          element(
            "AirSyncBase:Add",
            element("AirSyncBase:ClientId", "a3"),
            element("AirSyncBase:Content", Buffer.from(message)),
            element("AirSyncBase:DisplayName", "inner"),
            element("AirSyncBase:Method", 5)
          ),
          add("a4", "x.eml", "raw", element("AirSyncBase:ContentType", "message/rfc822"))
        )
      ])
      assert.deepStrictEqual(nameAndBytes(draft), [
        ["pic.png", "PNG"],
        ["\u00fcber.pdf", "%PDF"],
        ["inner.eml", message],
        ["x.eml", "raw"]
      ])
      const named = draft.added.map(({ clientId, part }) => [clientId, draft.content.parts[part]?.fileName])
      assert.deepStrictEqual(named, [
        ["a2", "pic.png"],
        ["a1", "\u00fcber.pdf"],
        ["a3", "inner.eml"],
        ["a4", "x.eml"]
      ])
      assert.deepStrictEqual(
        draft.content.parts.map(({ type }) => type),
        [
          "multipart/mixed",
          "multipart/related",
          "text/html",
          "image/png",
          "application/pdf",
          "message/rfc822",
          "text/plain",
          "application/octet-stream"
        ]
      )
    })
  )

  it.effect("MS-ASEMAIL_R1490: keeps what a change does not name, the body octet for octet", () =>
    Effect.gen(function* () {
      const before = richOriginal.replace("From: Bob <bob@demo.test>", "From: Alice <alice@demo.test>")
      const draft = yield* write(
        [
          element("Email:Subject", "new"),
          element("Email2:Bcc", ""),
          element("Email:To", "Bob Smith; carol@demo.test")
        ],
        stored(before)
      )
      const kept = before.slice(before.indexOf("\r\n\r\n"))
      assert.isTrue(draft.text.endsWith(kept))
      assert.deepStrictEqual(
        [
          draft.content.envelope.from,
          draft.content.envelope.subject,
          draft.content.envelope.internetMessageId
        ],
        [[{ name: "Alice", address: "alice@demo.test" }], "new", "o2@demo.test"]
      )
      assert.deepStrictEqual(draft.content.envelope.to, [
        { name: "Bob Smith", address: "" },
        { name: "", address: "carol@demo.test" }
      ])
      const header = draft.text.slice(0, draft.text.indexOf("\r\n\r\n"))
      assert.strictEqual(header.match(/^(Subject|To|From|Date|MIME-Version|Message-ID):/gim)?.length, 6)
    })
  )

  it.effect("MS-ASAIRS_R1138, R1141: loses the attachments that are deleted, and no others", () =>
    Effect.gen(function* () {
      const before = stored(
        (yield* write([body(1, "x"), attachments(add("1", "a.txt", "A"), add("2", "b.txt", "B"))])).raw
      )
      const draft = yield* write([attachments(remove("7:2"), add("3", "c.txt", "C"))], before)
      assert.deepStrictEqual(nameAndBytes(draft), [
        ["b.txt", "B"],
        ["c.txt", "C"]
      ])
      assert.strictEqual(draft.content.text, "x")
      for (const reference of ["7:9", "7:raw", "8:2", "x", ""]) {
        assert.strictEqual(yield* statusOf([attachments(remove(reference))], before), 6, reference)
      }
    })
  )

  it.effect("MS-ASEMAIL_R14890: may be a whole message", () =>
    Effect.gen(function* () {
      const draft = yield* write([body(4, plainMail()), element("Email:Importance", 0)], stored(richOriginal))
      assert.deepStrictEqual(
        [draft.content.envelope.subject, draft.content.envelope.from[0]?.address, draft.content.text],
        ["hello", "alice@demo.test", "How are you?"]
      )
      assert.strictEqual(draft.content.headers["importance"], "low")
      assert.strictEqual(yield* statusOf([body(4, "nothing")]), 6)
    })
  )

  it.effect("is refused with 6 where its properties are none", () =>
    Effect.gen(function* () {
      const missing = (tag: string) =>
        attachments({
          ...add("1", "a", "A"),
          children: add("1", "a", "A").children.filter(
            (child) => typeof child === "string" || !("tag" in child) || child.tag !== tag
          )
        })
      for (const properties of [
        [element("Email2:ConversationId", Buffer.alloc(16))],
        [element("Email2:IsDraft", 1)],
        [element("Email:From", "eve@demo.test")],
        [element("Email:Importance", 3)],
        [body(3, "e1xydGYxfQ==")],
        [element("AirSyncBase:Body")],
        [attachments(element("AirSyncBase:Attachment"))],
        [missing("AirSyncBase:ClientId")],
        [missing("AirSyncBase:Content")],
        [missing("AirSyncBase:DisplayName")],
        [missing("AirSyncBase:Method")]
      ]) {
        assert.strictEqual(yield* statusOf(properties), 6, JSON.stringify(properties))
      }
    })
  )

  it.effect("lets no property begin a field of its own", () =>
    Effect.gen(function* () {
      const evil = "x\r\nBcc: eve@evil.test"
      const { text } = yield* write([
        element("Email:To", `"${evil}" <bob@demo.test>, ${evil}`),
        element("Email:Subject", evil),
        body(1, "x"),
        attachments(
          add(
            "1",
            `${evil}.pdf`,
            "A",
            element("AirSyncBase:ContentId", evil),
            element("AirSyncBase:ContentType", `a/b${evil}`),
            element("AirSyncBase:ContentLocation", evil)
          )
        )
      ])
      assert.notMatch(text, /^Bcc:/im)
    })
  )
})

describe("a draft that is sent", () => {
  it.effect("goes to whom it names, dated when it was ready", () =>
    Effect.gen(function* () {
      const { raw } = yield* write([
        element("Email:To", "bob@demo.test"),
        element("Email2:Bcc", "eve@demo.test"),
        body(1, "x")
      ])
      const sent = yield* send(raw)
      assert.deepStrictEqual(sent.recipients, ["bob@demo.test", "eve@demo.test"])
      const old = Buffer.from(
        Buffer.from(raw)
          .toString()
          .replace(/^Date: .*$/m, "Date: Tue, 3 Mar 2020 10:00:00 +0100")
      )
      assert.strictEqual(readMessage((yield* send(old)).raw).envelope.sentAt, identity.now)
    })
  )

  it.effect("MS-ASCMD_R7472: is refused with 183 without recipients, or with one that is no address", () =>
    Effect.gen(function* () {
      for (const to of ["", "Bob Smith", "bob", "bob@demo.test, bob@"]) {
        const { raw } = yield* write([element("Email:To", to), body(1, "x")])
        assert.strictEqual((yield* Effect.flip(send(raw))).status, 183, to)
      }
    })
  )
})
