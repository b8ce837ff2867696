import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Content, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { itemSource, lines, plainMail } from "../../../support/activesync/composing.ts"
import { htmlOf, plainOriginal, richOriginal, sentBy, statusOf } from "../../../support/activesync/smart.ts"

describe("SmartForward", () => {
  it.effect("MS-ASCMD_R532, R545, R568, R4407 (ASCMD_S17_TC01): carries all of the original", () =>
    Effect.gen(function* () {
      const { types, text, world } = yield* sentBy("SmartForward", { original: richOriginal })
      assert.deepStrictEqual(types, [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
        "message/rfc822",
        "multipart/mixed",
        "text/plain",
        "application/octet-stream"
      ])
      for (const boundary of [
        "--r\r\nContent-Type: image/png",
        "--m\r\nContent-Type: application/pdf",
        "--m\r\nContent-Type: message/rfc822"
      ]) {
        const start = richOriginal.indexOf(boundary) + 5
        const entity = richOriginal.slice(start, richOriginal.indexOf(`\r\n${boundary.slice(0, 3)}`, start))
        assert.include(text, `\r\n${entity}\r\n--`)
      }
      assert.deepStrictEqual(world.marked, [[1, ["$Forwarded"]]])
    })
  )

  it.effect("carries the device's own pictures and attachments, too", () =>
    Effect.gen(function* () {
      const mime = richOriginal.replaceAll("plan.pdf", "mine.pdf").replaceAll("pic@x", "own@x")
      const { content, text } = yield* sentBy("SmartForward", { original: richOriginal, mime })
      assert.deepStrictEqual(
        content.attachments.map(({ name, contentId, isInline }) => [name, contentId, isInline]),
        [
          ["", "own@x", true],
          ["", "pic@x", true],
          ["mine.pdf", null, false],
          ["", null, false],
          ["plan.pdf", null, false],
          ["", null, false]
        ]
      )
      assert.match(htmlOf(content, text), /cid:own@x[\s\S]*cid:pic@x/)
    })
  )

  it.effect("forwards a message that is one attachment without the fields of the message", () =>
    Effect.gen(function* () {
      const original = lines(
        "From: bob@demo.test",
        "X-Secret: 1",
        "Content-Type: application/pdf; name=scan.pdf",
        "Content-Transfer-Encoding: base64",
        "",
        "JVBERi0xLjQ="
      )
      const { types, text, content } = yield* sentBy("SmartForward", { original })
      assert.deepStrictEqual(types, ["multipart/mixed", "text/plain", "application/pdf"])
      assert.notInclude(text, "X-Secret")
      assert.strictEqual(content.attachments[0]?.name, "scan.pdf")
    })
  )

  it.effect("attaches whole what is signed or encrypted: taken apart it would prove nothing", () =>
    Effect.gen(function* () {
      for (const type of [
        'multipart/signed; protocol="application/pkcs7-signature"; boundary="s"',
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="s"'
      ]) {
        const original = lines(
          "From: bob@demo.test",
          "Subject: a/b: c",
          `Content-Type: ${type}`,
          "",
          "--s",
          "",
          "x",
          "--s",
          "Content-Type: application/octet-stream",
          "",
          "y",
          "--s--",
          ""
        )
        const { text, content } = yield* sentBy("SmartForward", { original })
        assert.include(text, `\r\n\r\n${original}\r\n--`)
        assert.deepStrictEqual(
          content.attachments.map(({ name, type: found }) => [name, found]),
          [["a b c.eml", "message/rfc822"]]
        )
        assert.strictEqual(content.text, "How are you?")
      }
    })
  )

  it.effect("puts the original beside what the device signed, and refuses beside what it encrypted", () =>
    Effect.gen(function* () {
      const mime = lines(
        "To: bob@demo.test",
        "Content-Type: multipart/signed; boundary=s",
        "",
        "--s",
        "",
        "mine",
        "--s--"
      )
      const { types, text } = yield* sentBy("SmartForward", { mime })
      assert.deepStrictEqual(types.slice(0, 2), ["multipart/mixed", "multipart/signed"])
      assert.include(text, plainOriginal)
      const opaque = lines("To: bob@demo.test", "Content-Type: application/pkcs7-mime", "", "MII=")
      assert.strictEqual(yield* statusOf("SmartForward", { mime: opaque }), 121)
    })
  )

  it.effect(
    "MS-ASCMD_R3775 (ASCMD_S17_TC07): ReplaceMime takes neither body nor attachments of the original along",
    () =>
      Effect.gen(function* () {
        const others = [itemSource(1), element("ComposeMail:ReplaceMime")]
        const { types, content } = yield* sentBy("SmartForward", { original: richOriginal, others })
        assert.deepStrictEqual([types, content.text], [["text/plain"], "How are you?"])
      })
  )

  it.effect("makes a mail of bare line feeds and eight-bit text fit for the wire", () =>
    Effect.gen(function* () {
      const original = richOriginal.replaceAll("\r\n", "\n").replace("inner text", "Gr\u00fc\u00dfe innen")
      const { content, text } = yield* sentBy("SmartForward", { original })
      assert.match(text, /^[\r\n\t\x20-\x7e]*$/)
      const inner = content.parts.find(({ path }) => /^\d+\.1$/.test(path) && path.startsWith("3"))
      assert.strictEqual(inner?.encoding, "quoted-printable")
    })
  )
})

describe("SmartForward of a meeting, written by the server (16.x)", () => {
  const meeting = lines(
    "From: bob@demo.test",
    "Subject: Lunch",
    'Content-Type: multipart/alternative; boundary="a"',
    "",
    "--a",
    "Content-Type: text/plain",
    "",
    "Lunch?",
    "--a",
    "Content-Type: text/calendar; method=REQUEST",
    "",
    "BEGIN:VCALENDAR",
    "--a--"
  )
  const forwardee = (...children: ReadonlyArray<Content>) => element("ComposeMail:Forwardee", ...children)
  const to = element(
    "ComposeMail:Forwardees",
    forwardee(element("ComposeMail:Name", "Carol"), element("ComposeMail:Email", "carol@demo.test"))
  )
  const body = (type: string, ...others: ReadonlyArray<Content>) =>
    element(
      "AirSyncBase:Body",
      element("AirSyncBase:Type", type),
      element("AirSyncBase:Data", "come along"),
      ...others
    )
  const status = (...others: ReadonlyArray<Content>) =>
    statusOf("SmartForward", { original: meeting, mime: null, others: [itemSource(1), others] })

  it.effect("MS-ASCMD_R6620, R6650, MS-ASAIRS_R1332: sends the invitation to the forwardees", () =>
    Effect.gen(function* () {
      const { content, world } = yield* sentBy("SmartForward", {
        original: meeting,
        mime: null,
        others: [itemSource(1), to, body("1")]
      })
      assert.deepStrictEqual(content.envelope.to, [{ name: "Carol", address: "carol@demo.test" }])
      assert.strictEqual(content.envelope.subject, "FW: Lunch")
      assert.match(content.text, /^come along\n[\s\S]*Lunch\?$/)
      assert.include(
        content.attachments.map(({ type }) => type),
        "text/calendar"
      )
      assert.isFalse(world.submitted[0]?.savesInSent)
    })
  )

  it.effect("MS-ASCMD_R7176, R7467, R7468: 178 beside what must not stand there", () =>
    Effect.gen(function* () {
      for (const other of [
        element("ComposeMail:Mime", Buffer.from(plainMail())),
        element("ComposeMail:SaveInSentItems"),
        element("ComposeMail:ReplaceMime"),
        element("RightsManagement:TemplateID", "0")
      ]) {
        assert.strictEqual(yield* status(to, other), 178, other.tag)
        assert.strictEqual(yield* status(body("1"), other), 178, other.tag)
      }
    })
  )

  it.effect("MS-ASCMD_R7470: 179 where they cannot be read", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* status(element("ComposeMail:Forwardees")), 179)
      assert.strictEqual(yield* status(element("ComposeMail:Forwardees", forwardee())), 179)
      assert.strictEqual(yield* status(to, body("4")), 179)
      assert.strictEqual(yield* status(to, body("x")), 179)
      assert.strictEqual(yield* status(to, body("1", element("AirSyncBase:Truncated", 0))), 179)
      assert.strictEqual(yield* status(to, element("AirSyncBase:Body", element("AirSyncBase:Type", 1))), 179)
    })
  )

  it.effect(
    "MS-ASCMD_R7177: 105 for what is no meeting; 119 for nobody; 103 before 16.0 and in a reply",
    () =>
      Effect.gen(function* () {
        const others = [itemSource(1), to]
        assert.strictEqual(yield* statusOf("SmartForward", { mime: null, others }), 105)
        assert.strictEqual(yield* status(body("1")), 119)
        assert.strictEqual(
          yield* statusOf("SmartForward", { mime: null, others, request: { version: "14.1" } }),
          103
        )
        assert.strictEqual(yield* statusOf("SmartReply", { mime: null, others }), 103)
      })
  )
})
