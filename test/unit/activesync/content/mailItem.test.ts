import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { MessageSummary } from "../../../../src/domain/Message.ts"
import { metrics } from "../../../../src/observability/metrics.ts"
import type { ProtocolVersion } from "../../../../src/protocols/activesync/Command.ts"
import { defaultBodyOptions } from "../../../../src/protocols/activesync/content/bodyOptions.ts"
import { itemContent } from "../../../../src/protocols/activesync/content/itemContent.ts"
import { type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { call, type StoredMail, storedMail } from "../../../support/activesync/storedMail.ts"
import { toXml } from "../../../support/activesync/wbxml.ts"
import { mailboxId } from "../../../support/alice.ts"

interface Given extends Partial<MessageSummary> {
  readonly version?: ProtocolVersion
}

const renderIn = (mail: StoredMail, raw: string, { version = "16.1", ...as }: Given = {}) =>
  Effect.gen(function* () {
    const message = yield* mail.store(raw, as)
    return yield* itemContent(mail.core)(call, { mailboxId, message, version, options: defaultBodyOptions })
  })

const render = (raw: string, given: Given = {}) =>
  Effect.flatMap(storedMail, (mail) => renderIn(mail, raw, given))

/** The XML of an element of the item without the name of its page; undefined where it is not there. */
const shown = (item: ReadonlyArray<Element>, tag: Element["tag"]) => {
  const found = item.find((one) => one.tag === tag)
  return found === undefined ? undefined : toXml(found)
}

/** Its text. */
const textIn = (item: ReadonlyArray<Element>, tag: Element["tag"]) =>
  item
    .find((one) => one.tag === tag)
    ?.children.map((child) =>
      child instanceof Uint8Array ? Buffer.from(child).toString("hex") : String(child)
    )
    .join("")

const from = (...fields: ReadonlyArray<string>) =>
  `${["From: Ann <ann@example.test>", "To: bob@example.test", "Subject: Re: Lunch", ...fields].join("\r\n")}\r\n\r\ntext`

describe("a mail item", () => {
  it.effect("has what MS-ASEMAIL wants of it, in every version", () =>
    Effect.gen(function* () {
      const item = yield* render(from())
      const rest = new Set([
        "Email:Flag",
        "Email:Categories",
        "Email2:ConversationId",
        "Email2:ConversationIndex"
      ])
      assert.deepStrictEqual(
        item.filter(({ tag }) => !rest.has(tag)).map(toXml),
        [
          element("Email:To", "bob@example.test"),
          element("Email:From", '"Ann" <ann@example.test>'),
          element("Email:Subject", "Re: Lunch"),
          element("Email:DateReceived", "2026-01-31T10:00:00.000Z"),
          element("Email:DisplayTo", "bob@example.test"),
          element("Email:ThreadTopic", "Lunch"),
          element("Email:Importance", 1),
          element("Email:Read", 0),
          element("Email:MessageClass", "IPM.Note"),
          element("Email:InternetCPID", 65_001),
          element("Email:ContentClass", "urn:content-classes:message"),
          element("Email2:IsDraft", 0),
          element(
            "AirSyncBase:Body",
            element("AirSyncBase:Type", 1),
            element("AirSyncBase:EstimatedDataSize", 4),
            element("AirSyncBase:Data", "text")
          ),
          element("AirSyncBase:NativeBodyType", 1)
        ].map(toXml)
      )
    })
  )

  it.effect("of a version has nothing that came later", () =>
    Effect.gen(function* () {
      const raw = from("Sender: eve@example.test", "Bcc: zoe@example.test")
      const tags = (version: ProtocolVersion) =>
        Effect.map(render(raw, { version, flags: ["\\Answered"] }), (item) => item.map(({ tag }) => tag))
      const since14 = [
        "Email:Categories",
        "Email2:ConversationId",
        "Email2:ConversationIndex",
        "Email2:Sender",
        "Email2:LastVerbExecuted"
      ]
      const since16 = ["Email2:IsDraft", "Email2:Bcc"]
      const [oldest, middle, newest] = yield* Effect.forEach(["12.1", "14.1", "16.0"] as const, tags)
      assert.deepStrictEqual(
        middle?.filter((tag) => !(oldest ?? []).includes(tag)),
        since14
      )
      assert.deepStrictEqual(
        newest?.filter((tag) => !(middle ?? []).includes(tag)),
        since16
      )
    })
  )

  it.effect("MS-ASEMAIL_R331, R400, R711, R787: has lists of people, each with its own separator", () =>
    Effect.gen(function* () {
      const item = yield* render(
        [
          'To: "Bob, \\"B\\"" <b@x.test>, c@x.test',
          "Cc: =?utf-8?q?D=C3=B6ra?= <d@x.test>, e@x.test",
          "Reply-To: f@x.test, g@x.test",
          "",
          ""
        ].join("\r\n")
      )
      assert.strictEqual(textIn(item, "Email:To"), '"Bob, \\"B\\"" <b@x.test>, c@x.test')
      assert.strictEqual(textIn(item, "Email:Cc"), '"D\u00f6ra" <d@x.test>, e@x.test')
      assert.strictEqual(textIn(item, "Email:ReplyTo"), "f@x.test;g@x.test")
      assert.strictEqual(textIn(item, "Email:DisplayTo"), 'Bob, "B";c@x.test')
    })
  )

  it.effect(
    "MS-ASEMAIL_R788, R477: has no list beyond 32,768 characters, and no half of an address in it",
    () =>
      Effect.gen(function* () {
        const many = Array.from({ length: 2000 }, (_, n) => `person-${n}@example.test`)
        const item = yield* render(`To: ${many.join(",\r\n ")}\r\n\r\n`)
        const to = textIn(item, "Email:To") ?? ""
        assert.isAtMost(to.length, 32_768)
        assert.isAbove(to.length, 32_700)
        assert.match(to, /@example\.test$/)
      })
  )

  it.effect("MS-ASEMAIL_R724, R726, R1065, R1073: names its sender only where that is somebody else", () =>
    Effect.gen(function* () {
      const other = yield* render(from("Sender: Eve <eve@example.test>"))
      assert.strictEqual(textIn(other, "Email2:Sender"), '"Eve" <eve@example.test>')
      const same = yield* render(from("Sender: ANN@example.test"))
      assert.isUndefined(textIn(same, "Email2:Sender"))
    })
  )

  it.effect.each([
    [2, ["Importance: High"]],
    [2, ["X-Priority: 1 (Highest)"]],
    [2, ["Priority: urgent"]],
    [0, ["Importance: low"]],
    [0, ["X-Priority: 5"]],
    [1, ["Importance: normal", "X-Priority: 1"]],
    [1, ["X-Priority: soon"]]
  ] as const)("MS-ASEMAIL_R483: is of importance %i by %s", ([importance, fields]) =>
    Effect.gen(function* () {
      assert.strictEqual(textIn(yield* render(from(...fields)), "Email:Importance"), String(importance))
    })
  )

  it.effect("MS-ASEMAIL_R640, R641, R1278, R1279: is read or not, a draft or not", () =>
    Effect.gen(function* () {
      const item = yield* render(from(), { flags: ["\\Draft", "\\Seen"] })
      assert.strictEqual(textIn(item, "Email:Read"), "1")
      assert.strictEqual(textIn(item, "Email2:IsDraft"), "1")
    })
  )

  it.effect("MS-ASEMAIL_R318, R439: has an empty Flag and empty Categories where there are none", () =>
    Effect.gen(function* () {
      const bare = yield* render(from())
      assert.strictEqual(shown(bare, "Email:Flag"), "<Email:Flag/>")
      assert.strictEqual(shown(bare, "Email:Categories"), "<Email:Categories/>")
      const marked = yield* render(from(), { flags: ["\\Flagged"], categories: ["Blue", "a & b"] })
      assert.include(shown(marked, "Email:Flag"), "<Status>2</Status>")
      assert.include(shown(marked, "Email:Categories"), "<Category>a &amp; b</Category>")
    })
  )

  it.effect("MS-ASCON_R90, R95, R192, R194, R304: has a conversation and when it began", () =>
    Effect.gen(function* () {
      const item = yield* render(from("Date: Sat, 31 Jan 2026 10:00:00 +0000"))
      assert.strictEqual(textIn(item, "Email2:ConversationId")?.length, 32)
      // The FILETIME is 0x01dc92985c919000.
      assert.strictEqual(textIn(item, "Email2:ConversationIndex"), "dc92985c91")
    })
  )

  it.effect(
    "MS-ASCON_R86, R87, R88, R91, R92, R259, R305, R306, R307: has five bytes more for each answer and forward",
    () =>
      Effect.gen(function* () {
        const index = Buffer.concat([
          Buffer.from("01dc92989c5e", "hex"),
          Buffer.alloc(16, 7),
          Buffer.from("0102030405060708090a", "hex"),
          Buffer.from("ff", "hex")
        ])
        const item = yield* render(from(`Thread-Index: ${index.toString("base64")}`))
        assert.strictEqual(textIn(item, "Email2:ConversationIndex"), "dc92989c5e0102030405060708090a")
      })
  )

  it.effect.each([
    ["IPM.Note.SMIME", 'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"'],
    ["IPM.Note.Receipt.SMIME", 'Content-Type: application/x-pkcs7-mime; smime-type="signed-receipt"'],
    ["REPORT.IPM.Note.NDR", "Content-Type: multipart/report; report-type=delivery-status; boundary=b"],
    [
      "REPORT.IPM.Note.IPNRN",
      "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    ],
    ["IPM.Note", "Content-Type: multipart/signed; protocol=application/pgp-signature; boundary=b"]
  ] as const)("MS-ASEMAIL_R588, R603: is a %s", ([messageClass, type]) =>
    Effect.gen(function* () {
      assert.strictEqual(textIn(yield* render(from(type)), "Email:MessageClass"), messageClass)
    })
  )

  it.effect("MS-ASEMAIL_R496: names the code page that it was written in", () =>
    Effect.gen(function* () {
      const pages = yield* Effect.forEach(
        ["iso-8859-1", "ISO-8859-15", "windows-1251", "us-ascii", "utf-8", "x-unheard"],
        (charset) =>
          Effect.map(render(from(`Content-Type: text/plain; charset=${charset}`)), (item) =>
            textIn(item, "Email:InternetCPID")
          )
      )
      assert.deepStrictEqual(pages, ["28591", "28605", "1251", "20127", "65001", "65001"])
    })
  )

  it.effect("has no character that XML forbids, whatever its sender wrote", () =>
    Effect.gen(function* () {
      const item = yield* render("Subject: =?utf-8?b?YQBiAWP/?=\r\n\r\na\u0000b\u0008c\ufffe")
      assert.strictEqual(textIn(item, "Email:Subject")?.replace(/[\u0020-\uffff]/g, ""), "")
      assert.include(shown(item, "AirSyncBase:Body"), "<Data>abc</Data>")
    })
  )
})

describe("attachments of a mail item", () => {
  const multipart = (...parts: ReadonlyArray<string>) =>
    `Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`

  it.effect("MS-ASAIRS_R91, R92, R93, R160, R225: have a name, a reference, a method and a size", () =>
    Effect.gen(function* () {
      const item = yield* render(
        multipart("Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\n12345")
      )
      assert.strictEqual(
        shown(item, "AirSyncBase:Attachments"),
        [
          "<AirSyncBase:Attachments>",
          "  <Attachment>",
          "    <DisplayName>a.pdf</DisplayName>",
          "    <FileReference>1:2</FileReference>",
          "    <Method>1</Method>",
          "    <EstimatedDataSize>5</EstimatedDataSize>",
          "  </Attachment>",
          "</AirSyncBase:Attachments>"
        ].join("\n")
      )
    })
  )

  it.effect(
    "MSASAIRS_S03_TC03, MS-ASAIRS_R2299, R100298: that are messages are of method 5 and end in .eml",
    () =>
      Effect.gen(function* () {
        const item = yield* render(multipart("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx"))
        const attachments = shown(item, "AirSyncBase:Attachments") ?? ""
        assert.include(attachments, "<DisplayName>message.eml</DisplayName>")
        assert.include(attachments, "<Method>5</Method>")
        assert.notInclude(attachments, "IsInline")
      })
  )

  it.effect(
    "MS-ASAIRS_R1343, R10020, R100299: that the HTML shows are inline, with the id that it names them by",
    () =>
      Effect.gen(function* () {
        const related = `Subject: s\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:p1">\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p1>\r\n\r\nx\r\n--b--\r\n`
        const attachments = shown(yield* render(related), "AirSyncBase:Attachments") ?? ""
        assert.include(attachments, "<DisplayName>image.png</DisplayName>")
        assert.include(attachments, "<ContentId>p1</ContentId>")
        assert.include(attachments, "<IsInline>1</IsInline>")
      })
  )
})

describe("a message that cannot be rendered", () => {
  const counted = Effect.promise(async () => (await metrics.activesyncMinimalItems.get()).values)
  const countOf = (reason: string) =>
    Effect.map(counted, (values) => values.find(({ labels }) => labels.reason === reason)?.value ?? 0)

  it.effect("is a minimal item with the raw message attached, and counted, where its blob is lost", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      const before = yield* countOf("blob")
      const broken: StoredMail = {
        ...mail,
        store: (raw, as) =>
          Effect.tap(mail.store(raw, as), ({ blobKey }) => Effect.orDie(mail.blobs.remove(blobKey)))
      }
      const item = yield* renderIn(broken, from())
      assert.strictEqual(textIn(item, "Email:Subject"), "Re: Lunch")
      assert.include(shown(item, "AirSyncBase:Attachments"), "<FileReference>1:raw</FileReference>")
      assert.strictEqual(yield* countOf("blob"), before + 1)
    })
  )

  it.effect("is one where our own code has a bug", () =>
    Effect.gen(function* () {
      const mail = yield* storedMail
      const before = yield* countOf("defect")
      const item = yield* renderIn(
        { ...mail, core: { ...mail.core, getBody: () => Effect.dieMessage("a bug") } },
        from()
      )
      assert.include(shown(item, "AirSyncBase:Attachments"), "message.eml")
      assert.strictEqual(yield* countOf("defect"), before + 1)
    })
  )

  it.effect("is one even where the bug is in what is told of every message", () =>
    Effect.gen(function* () {
      const item = yield* render(from(), { receivedAt: Number.NaN })
      assert.strictEqual(textIn(item, "Email:Subject"), "Re: Lunch")
      assert.include(shown(item, "AirSyncBase:Attachments"), "message.eml")
    })
  )
})
