import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { parsePathCommand } from "../../../src/protocols/smtp/path.ts"

const mail = (rest: string) => parsePathCommand("MAIL FROM", `MAIL FROM${rest}`)
const address = (rest: string) => mail(rest)?.address ?? null

describe("parsePathCommand", () => {
  it("reads addresses as they are written", () => {
    for (const written of [
      "a@b.test",
      "",
      "postmaster",
      "Postmaster",
      '"a b"@c.test',
      '"a>b"@c.test',
      '"a\\"@\\\\"@c.test',
      "a@[127.0.0.1]",
      "a@[IPv6:::1]",
      "пошта@приклад.укр",
      "user@xn--mnchen-3ya.example",
      "odd.@docomo.test",
      "a+b=c@d.test",
      "a@sub_domain.test"
    ]) {
      assert.strictEqual(address(`:<${written}>`), written)
    }
  })

  it("drops a source route", () => {
    assert.strictEqual(address(":<@one.test,@two.test:a@b.test>"), "a@b.test")
  })

  it("forgives a space after the colon, the case of the verb and space at the end", () => {
    assert.strictEqual(parsePathCommand("RCPT TO", "rcpt to: <a@b.test> ")?.address, "a@b.test")
  })

  it("refuses what is no path", () => {
    for (const rest of [
      "",
      ":",
      ": a@b.test",
      ":a@b.test",
      ":<a@b.test",
      ":a@b.test>",
      ":<<a@b.test>>",
      ":<a b@c.test>",
      ":<a@b@c.test>",
      ":<a>",
      ":<@>",
      ":<@b.test>",
      ":<a@>",
      ":<a@-b..test>",
      ":<a@.test>",
      ":<a@b.test.>",
      ':<"a@b.test>',
      ":<a@b.test>SIZE=1",
      ":<a@b.test> =1",
      ":<a@b.test> SIZE=",
      ":<a@b.test> SIZE=1=2",
      ":<@route a@b.test>",
      ` :<${"a".repeat(250)}@b.test>`,
      " <a@b.test>"
    ]) {
      assert.isNull(mail(rest), rest)
    }
    assert.isNull(parsePathCommand("RCPT TO", "RCPT <a@b.test>"))
    assert.isNull(parsePathCommand("RCPT TO", "MAIL FROM:<a@b.test>"))
  })

  it("reads parameters by keyword and names one that stands twice", () => {
    const read = mail(":<> size=10 BODY=8BITMIME  SMTPUTF8")
    assert.deepStrictEqual(
      [...(read?.parameters ?? [])],
      [
        ["SIZE", "10"],
        ["BODY", "8BITMIME"],
        ["SMTPUTF8", true]
      ]
    )
    assert.isNull(read?.duplicate)
    assert.strictEqual(mail(":<> SIZE=1 size=2")?.duplicate, "SIZE")
  })

  it("never yields an address with control characters, and answers on any input", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const read = address(`:<${text}>`)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        assert.isFalse(read !== null && /[\x00-\x1f\x7f-\x9f]/.test(read))
      })
    )
  })

  it("is done quickly with long hostile lines", () => {
    for (const text of [
      "<".repeat(60_000),
      `<${'"'.repeat(60_000)}>`,
      `<@${",@a".repeat(20_000)}:x@y>`,
      `<>${" a".repeat(30_000)}`
    ]) {
      mail(`:${text}`)
    }
  }, 2000)
})
