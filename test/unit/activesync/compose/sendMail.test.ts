import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { NotAllowed, Unavailable } from "../../../../src/domain/errors.ts"
import type { Request } from "../../../../src/protocols/activesync/Command.ts"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { composeDocument, composeWorld, lines, plainMail } from "../../../support/activesync/composing.ts"

const saved = element("ComposeMail:SaveInSentItems")

/** The answer's tag, or the status that the request is refused with. */
const outcome = (given: Partial<Request>, world = composeWorld()) =>
  world.ask("SendMail", given).pipe(
    Effect.map(({ _tag }) => _tag),
    Effect.catchAll((error) => Effect.succeed("status" in error ? error.status : error._tag))
  )

const send = (mime: Uint8Array | string, given: Partial<Request> = {}) =>
  Effect.gen(function* () {
    const world = composeWorld()
    yield* world.ask("SendMail", { document: composeDocument("SendMail", mime), ...given })
    const [sent] = world.submitted
    if (sent === undefined) return assert.fail("nothing was submitted")
    return { ...sent, text: Buffer.from(sent.raw).toString("latin1"), content: readMessage(sent.raw) }
  })

const statusOf = (mime: Uint8Array | string) => outcome({ document: composeDocument("SendMail", mime) })

describe("SendMail", () => {
  it.effect(
    "MS-ASCMD_R443, R463, R4379, R5091 (ASCMD_S15_TC01): sends what the device wrote and answers nothing",
    () =>
      Effect.gen(function* () {
        const world = composeWorld()
        const document = composeDocument("SendMail", plainMail(), saved)
        assert.strictEqual(yield* outcome({ document }, world), "Empty")
        const [sent] = world.submitted
        assert.deepStrictEqual(
          [sent?.sender, sent?.recipients, sent?.savesInSent],
          ["alice@demo.test", ["bob@demo.test"], true]
        )
      })
  )

  it.effect("MS-ASCMD_R7540, R6094: takes the message as the body in 12.1, and the rest from the query", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      const given = { version: "12.1", mime: Buffer.from(plainMail()), saveInSent: true } as const
      assert.strictEqual(yield* outcome(given, world), "Empty")
      assert.isTrue(world.submitted[0]?.savesInSent)
    })
  )

  it.effect("MS-ASCMD_R3871: keeps no copy unless the device asks for one", () =>
    Effect.gen(function* () {
      assert.isFalse((yield* send(plainMail())).savesInSent)
    })
  )

  it.effect("is no change of the device's own, so that Sync tells the device of the copy", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* send(plainMail())).call.origin, "eas")
    })
  )

  it.effect(
    "MS-ASCMD_R448: writes the person's primary address into From, under the name that the device gave",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 2, 4, 5, 6, 7))
        const { text, content } = yield* send(
          plainMail("Sender: eve@demo.test", "Return-Path: <eve@demo.test>")
        )
        assert.deepStrictEqual(content.envelope.from, [{ name: "Alice A.", address: "alice@demo.test" }])
        assert.notMatch(text, /^(Sender|Return-Path):/m)
      })
  )

  it.effect("adds Date and Message-ID where they are missing, and leaves them where they are there", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 2, 4, 5, 6, 7))
      const bare = yield* send(plainMail())
      assert.match(bare.text, /^Date: Wed, 04 Mar 2026 05:06:07 \+0000\r$/m)
      assert.match(bare.text, /^Message-ID: <[0-9a-f-]{36}@demo\.test>\r$/m)
      const own = yield* send(plainMail("Date: Tue, 3 Mar 2026 10:00:00 +0100", "Message-Id: <1@phone>"))
      assert.deepStrictEqual(own.text.match(/^(date|message-id): .*/gim), [
        "Date: Tue, 3 Mar 2026 10:00:00 +0100",
        "Message-Id: <1@phone>"
      ])
    })
  )

  it.effect("keeps body and fields of a sound message octet for octet", () =>
    Effect.gen(function* () {
      const body = lines(
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "preamble",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        "Grüße",
        "--b",
        'Content-Type: image/png; name="x.png"',
        "Content-Transfer-Encoding: base64",
        "",
        "AAECAwQF",
        "--b--",
        "epilogue"
      )
      const header = lines(
        "To: bob@demo.test",
        "Date: Tue, 3 Mar 2026 10:00:00 +0100",
        "Message-Id: <1@phone>",
        "X-Own: yes"
      )
      const { raw } = yield* send(`From: alice@demo.test\r\n${header}\r\n${body}`)
      const rest = body.replace("MIME-Version: 1.0\r\n", "")
      assert.strictEqual(
        Buffer.from(raw).toString(),
        `From: alice@demo.test\r\n${header}\r\nMIME-Version: 1.0\r\n${rest}`
      )
    })
  )

  it.effect("sends to each address once, Bcc among them, and leaves Bcc to Core", () =>
    Effect.gen(function* () {
      const mime = plainMail(
        "Cc: Bob <BOB@demo.test>, carol@demo.test",
        "Bcc: dave@demo.test, carol@demo.test"
      )
      const { recipients, text } = yield* send(mime)
      assert.deepStrictEqual(recipients, ["bob@demo.test", "carol@demo.test", "dave@demo.test"])
      assert.match(text, /^Bcc: dave@demo\.test, carol@demo\.test\r$/m)
    })
  )

  it.effect("makes raw octets in header and body fit for the wire", () =>
    Effect.gen(function* () {
      const long = "x".repeat(2_000)
      const mime = Buffer.from(
        `To: J\u00fcrgen \u00d6tt <bob@demo.test>\nSubject: Gr\u00fc\u00dfe\nContent-Type: text/plain\n\nSch\u00f6n\n${long}\nEnde\n`
      )
      const { text, content } = yield* send(mime)
      assert.match(text, /^[\r\n\t\x20-\x7e]*$/)
      assert.notMatch(text, /[^\r]\n|\r(?!\n)/)
      assert.isTrue(text.split("\r\n").every((line) => line.length <= 998))
      assert.deepStrictEqual(
        [content.envelope.subject, content.envelope.to[0]?.name, content.text],
        ["Gr\u00fc\u00dfe", "J\u00fcrgen \u00d6tt", `Sch\u00f6n\n${long}\nEnde`]
      )
    })
  )

  it.effect("cuts a name that no line could hold", () =>
    Effect.gen(function* () {
      const { text } = yield* send(plainMail().replace("Alice A.", "a".repeat(3_000)))
      assert.isTrue(text.split("\r\n").every((line) => line.length <= 998))
    })
  )

  it.effect("lets no address or name begin a field of its own", () =>
    Effect.gen(function* () {
      const evil = "=?utf-8?q?x=0D=0ABcc:_eve@evil.test?="
      const { text, recipients } = yield* send(
        plainMail(`Cc: ${evil} <carol@demo.test>`).replace("Alice A.", evil)
      )
      assert.notMatch(text, /^Bcc:/m)
      assert.deepStrictEqual(recipients, ["bob@demo.test", "carol@demo.test"])
      // A bare CR ends no line before, so it must not after.
      const bare = yield* send("To: bob@demo.test\r\nSubject: a\rBcc: eve@evil.test\r\n\r\nx")
      assert.notMatch(bare.text, /^Bcc:/m)
      assert.deepStrictEqual(bare.recipients, ["bob@demo.test"])
    })
  )
})

describe("SendMail, asked again", () => {
  const document = composeDocument("SendMail", plainMail(), saved)

  it.effect("MS-ASCMD_R4848, R953 (ASCMD_S21_TC06): knows a message by its ClientId and says 118", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      assert.strictEqual(yield* outcome({ document }, world), "Empty")
      assert.strictEqual(yield* outcome({ document }, world), 118)
      const other = composeDocument("SendMail", plainMail("X-Try: 2"), saved)
      assert.strictEqual(yield* outcome({ document: other }, world), 118)
      assert.strictEqual(world.submitted.length, 1)
    })
  )

  it.effect("takes the same ClientId of another device for another message", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      yield* outcome({ document }, world)
      assert.strictEqual(yield* outcome({ document, deviceId: "OTHER" }, world), "Empty")
      assert.strictEqual(world.submitted.length, 2)
    })
  )

  it.effect("sends once whatever fails between the steps, and says at last that it was sent", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      world.beforeSubmit = Effect.die("away before")
      assert.strictEqual((yield* Effect.exit(outcome({ document }, world)))._tag, "Failure")
      world.beforeSubmit = Effect.void
      world.afterSubmit = Effect.die("the answer is lost")
      assert.strictEqual((yield* Effect.exit(outcome({ document }, world)))._tag, "Failure")
      world.afterSubmit = Effect.void
      assert.strictEqual(yield* outcome({ document }, world), 118)
      assert.deepStrictEqual(
        world.submitted.map(({ savesInSent }) => savesInSent),
        [true]
      )
    })
  )

  it.effect("passes on that something is away, so that the device comes back", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      world.beforeSubmit = new Unavailable({ what: "storage" })
      assert.strictEqual(yield* outcome({ document }, world), "Unavailable")
      world.beforeSubmit = new NotAllowed({ message: "The mailbox of recipient 1 is full." })
      assert.strictEqual(yield* outcome({ document }, world), 120)
    })
  )

  it.effect("knows a dated message of 12.1 by its octets for good, an undated one for some minutes", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 2, 4, 5, 0, 0))
      const world = composeWorld()
      const ask = (text: string) => outcome({ version: "12.1", mime: Buffer.from(text) }, world)
      const dated = plainMail("Date: Tue, 3 Mar 2026 10:00:00 +0100")
      for (const text of [dated, dated, plainMail(), plainMail()])
        assert.strictEqual(yield* ask(text), "Empty")
      assert.strictEqual(world.submitted.length, 2)
      yield* TestClock.adjust("11 minutes")
      for (const text of [dated, plainMail()]) assert.strictEqual(yield* ask(text), "Empty")
      assert.strictEqual(world.submitted.length, 3)
    })
  )
})

describe("SendMail refuses", () => {
  const of = (...content: Parameters<typeof element> extends [unknown, ...infer Rest] ? Rest : never) =>
    outcome({ document: element("ComposeMail:SendMail", ...content) })
  const clientId = element("ComposeMail:ClientId", "c")
  const mime = element("ComposeMail:Mime", Buffer.from(plainMail()))

  it.effect("MS-ASCMD_R4811: 101 without a body, or with one of the wrong kind", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* outcome({ document: null }), 101)
      assert.strictEqual(yield* outcome({ version: "14.0", mime: Buffer.from(plainMail()) }), 101)
      assert.strictEqual(yield* outcome({ version: "12.1", mime: null }), 101)
      assert.strictEqual(yield* outcome({ version: "12.1", mime: Buffer.alloc(0) }), 101)
    })
  )

  it.effect("MS-ASCMD_R4817, R952 (ASCMD_S21_TC08): 103 for what the schema does not allow", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* of(mime), 103)
      assert.strictEqual(yield* of(element("ComposeMail:ClientId"), mime), 103)
      assert.strictEqual(yield* of(element("ComposeMail:ClientId", "x".repeat(41)), mime), 103)
      assert.strictEqual(yield* of(clientId), 103)
      assert.strictEqual(yield* of(clientId, clientId, mime), 103)
      assert.strictEqual(yield* of(clientId, element("ComposeMail:ReplaceMime"), mime), 103)
      assert.strictEqual(yield* of(clientId, element("ComposeMail:Source"), mime), 103)
      assert.strictEqual(yield* of(clientId, element("AirSync:Status", 1), mime), 103)
      assert.strictEqual(yield* outcome({ document: element("ComposeMail:SmartReply", clientId, mime) }), 103)
    })
  )

  it.effect(
    "CMD_S21_TC01, MS-ASCMD_R724, R4380, R5092, MS-ASDTYPE_R95 (ASCMD_S15_TC02): 166 for an AccountId, which is known from 14.1 on",
    () =>
      Effect.gen(function* () {
        const document = element(
          "ComposeMail:SendMail",
          clientId,
          element("ComposeMail:AccountId", "InvalidValueAccountId"),
          mime
        )
        assert.strictEqual(yield* outcome({ document, version: "14.1" }), 166)
        assert.strictEqual(yield* outcome({ document, version: "14.0" }), 103)
      })
  )

  it.effect("168 for a template of rights, but for the one that takes none", () =>
    Effect.gen(function* () {
      const template = (id: string) => of(clientId, mime, element("RightsManagement:TemplateID", id))
      assert.strictEqual(yield* template("00000000-0000-0000-0000-000000000000"), "Empty")
      assert.strictEqual(yield* template("7bbb1c1e-0000-4000-8000-000000000000"), 168)
    })
  )

  it.effect("MS-ASCMD_R4826: 107 for what is no message", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* of(clientId, element("ComposeMail:Mime")), 107)
      for (const text of ["\r\n", "no header at all", "\u0000\u0001\u0002", "\r\n\r\nTo: bob@demo.test"]) {
        assert.strictEqual(yield* statusOf(text), 107, JSON.stringify(text))
      }
      const noBoundary = plainMail().replace("text/plain; charset=utf-8", "multipart/mixed")
      assert.strictEqual(yield* statusOf(noBoundary), 107)
      assert.strictEqual(yield* statusOf(noBoundary.replace("mixed", "mixed; boundary=b")), 107)
    })
  )

  it.effect("107 for bombs: parts without number, nesting without end, headers without end", () =>
    Effect.gen(function* () {
      const parts = `To: bob@demo.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(5_000)}--b--`
      const nested = `To: bob@demo.test\r\n${"Content-Type: message/rfc822\r\n\r\n".repeat(5_000)}`
      const fields = `To: bob@demo.test\r\n${"X: y\r\n".repeat(10_000)}\r\nx`
      const wide = `To: bob@demo.test\r\nX: ${"y".repeat(600_000)}\r\n\r\nx`
      for (const mime of [parts, nested, fields, wide]) assert.strictEqual(yield* statusOf(mime), 107)
    })
  )

  it.effect("MS-ASCMD_R4853 (ASCMD_S21_TC09): 119 without recipients", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* statusOf("Subject: x\r\n\r\nx"), 119)
      assert.strictEqual(yield* statusOf("To: undisclosed-recipients:;\r\n\r\nx"), 119)
      assert.strictEqual(yield* statusOf("To:\r\nCc: \r\n\r\nx"), 119)
    })
  )

  it.effect("MS-ASCMD_R4844: 116 where a recipient is no address, or nobody's", () =>
    Effect.gen(function* () {
      for (const to of [
        "Bob",
        "bob",
        "bob@",
        "@demo.test",
        "bob@demo.test>x@y",
        "a b <c d>",
        "nobody@demo.test"
      ]) {
        assert.strictEqual(yield* statusOf(`To: ${to}\r\n\r\nx`), 116, to)
      }
    })
  )

  it.effect("MS-ASCMD_R4842: 115 for more recipients than may be", () =>
    Effect.gen(function* () {
      const many = (n: number) =>
        `To: ${Array.from({ length: n }, (_, i) => `a${i}@demo.test`).join(",\r\n ")}\r\n\r\nx`
      assert.strictEqual(yield* statusOf(many(100_000)), 115)
      assert.strictEqual(yield* statusOf(many(2_500)), 115)
      assert.strictEqual(yield* statusOf(many(1_001)), "LimitExceeded")
    })
  )
})
