import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { itemSource, lines, plainMail } from "../../../support/activesync/composing.ts"
import { htmlMail, htmlOf, pixel, richOriginal, sentBy } from "../../../support/activesync/smart.ts"

const quoted = [
  "-----Original Message-----",
  'From: "Bob" <bob@demo.test>',
  "Sent: Tue, 03 Mar 2026 09:00:00 GMT",
  'To: alice@demo.test, "Carol" <carol@demo.test>',
  "Cc: dave@demo.test",
  "Subject: plans",
  "",
  "Schöne <Grüße>"
].join("\n")

describe("SmartReply", () => {
  it.effect(
    "MS-ASCMD_R569, R580, R605, R5776 (ASCMD_S18_TC01, ASCMD_S18_TC02): puts the original behind what the device wrote",
    () =>
      Effect.gen(function* () {
        const { content, world } = yield* sentBy("SmartReply", {})
        assert.deepStrictEqual(
          content.parts.map(({ type, charset }) => [type, charset]),
          [["text/plain", "utf-8"]]
        )
        assert.strictEqual(content.text, `How are you?\n\n\n${quoted}`)
        assert.deepStrictEqual(world.marked, [[1, ["\\Answered"]]])
      })
  )

  it.effect("answers in the thread of the original unless the device says in which", () =>
    Effect.gen(function* () {
      const { envelope } = (yield* sentBy("SmartReply", {})).content
      assert.deepStrictEqual(
        [envelope.inReplyTo, envelope.references],
        [["o1@demo.test"], ["o0@demo.test", "o1@demo.test"]]
      )
      const own = yield* sentBy("SmartReply", { mime: plainMail("In-Reply-To: <mine@phone>") })
      assert.deepStrictEqual(
        [own.content.envelope.inReplyTo, own.content.envelope.references],
        [["mine@phone"], []]
      )
    })
  )

  it.effect(
    "puts HTML into HTML, before its end, with the original's styles and the pictures that it shows",
    () =>
      Effect.gen(function* () {
        const { content, types, text } = yield* sentBy("SmartReply", {
          original: richOriginal,
          mime: htmlMail
        })
        assert.deepStrictEqual(types, ["multipart/related", "text/html", "image/png"])
        const html = htmlOf(content, text)
        assert.match(
          html,
          /^<html><body><p>Mine<\/p><br><hr>[\s\S]*<b>From:<\/b> "Bob" &lt;bob@demo.test&gt;<br>[\s\S]*<style>p\{color:red\}<\/style><div><p>Look €: <img src="cid:pic@x"><\/p><\/div><\/body><\/html>$/
        )
        assert.include(text, pixel)
        assert.notInclude(text, "JVBERi0xLjQ=")
      })
  )

  it.effect("escapes a plain original inside HTML", () =>
    Effect.gen(function* () {
      const { content, text } = yield* sentBy("SmartReply", { mime: htmlMail })
      assert.include(htmlOf(content, text), "Schöne &lt;Grüße&gt;")
    })
  )

  it.effect("writes both forms where the device wrote plain text and the original is HTML", () =>
    Effect.gen(function* () {
      const { content, types, text } = yield* sentBy("SmartReply", { original: richOriginal })
      assert.deepStrictEqual(types, [
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png"
      ])
      assert.match(content.text, /^How are you\?\n[\s\S]*\nLook:$/)
      assert.match(htmlOf(content, text), /<body>How are you\?[\s\S]*<p>Look €/)
    })
  )

  it.effect("MS-ASCMD_R3775: leaves the original away where the device sends the whole message", () =>
    Effect.gen(function* () {
      const others = [itemSource(1), element("ComposeMail:ReplaceMime")]
      const { content, world } = yield* sentBy("SmartReply", { others })
      assert.strictEqual(content.text, "How are you?")
      assert.deepStrictEqual(world.marked, [[1, ["\\Answered"]]])
    })
  )

  it.effect("MS-ASCMD_R6111: finds the original by the query in 12.1", () =>
    Effect.gen(function* () {
      const request = { version: "12.1", document: null, mime: Buffer.from(plainMail()) } as const
      const byItem = yield* sentBy("SmartReply", { request: { ...request, collectionId: "1", itemId: "1" } })
      const byLongId = yield* sentBy("SmartReply", { request: { ...request, longId: "L1" } })
      assert.include(byItem.content.text, quoted)
      assert.include(byLongId.content.text, quoted)
    })
  )

  it.effect("sends what is signed or encrypted as it is", () =>
    Effect.gen(function* () {
      const signed = lines(
        "To: bob@demo.test",
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="s"',
        "",
        "--s",
        "Content-Type: text/plain",
        "",
        `${"long ".repeat(300)}\u00fc`,
        "--s",
        "Content-Type: application/pkcs7-signature",
        "",
        "MII=",
        "--s--"
      )
      const { text } = yield* sentBy("SmartReply", { mime: signed })
      assert.isTrue(text.endsWith(Buffer.from(signed.slice(signed.indexOf("\r\n\r\n"))).toString("latin1")))
    })
  )
})
