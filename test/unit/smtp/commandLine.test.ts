import { assert, describe, it } from "@effect/vitest"
import { checkCommandLine } from "../../../src/protocols/smtp/commandLine.ts"

const code = (line: string | Buffer, protocol: "smtp" | "lmtp" = "smtp") =>
  checkCommandLine(Buffer.from(line), { protocol, lineBytes: 512 })?.code ?? null

describe("checkCommandLine", () => {
  it("passes what the session understands, in any case", () => {
    for (const line of [
      "EHLO a",
      "helo a",
      "MAIL FROM:<>",
      "RCPT TO:<a@b>",
      "DATA",
      "data ",
      "RSET",
      "NOOP x y",
      "QUIT",
      "VRFY a",
      "STARTTLS"
    ]) {
      assert.isNull(code(line), line)
    }
  })

  it("counts the line with its CRLF against the limit", () => {
    assert.isNull(code(`NOOP ${"x".repeat(505)}`))
    assert.strictEqual(code(`NOOP ${"x".repeat(506)}`), 500)
  })

  it("refuses control characters and bytes that are not UTF-8", () => {
    for (const line of [
      "NOOP \0",
      "MAIL FROM:<a@b.test>\rRCPT TO:<x@y.test>",
      "NOOP\tx",
      "NOOP \x7f",
      Buffer.from([0x4e, 0x4f, 0x4f, 0x50, 0x20, 0xff])
    ]) {
      assert.strictEqual(code(line), 501)
    }
  })

  it("tells commands that it does not know from those that it does not offer", () => {
    assert.strictEqual(code("FOO"), 500)
    assert.strictEqual(code(""), 500)
    for (const line of ["EXPN list", "AUTH PLAIN", "BDAT 10", "TURN"]) assert.strictEqual(code(line), 502)
  })

  it("greets each protocol in its own way only (RFC 2033 4.1)", () => {
    assert.strictEqual(code("LHLO a", "smtp"), 500)
    assert.isNull(code("LHLO a", "lmtp"))
    assert.strictEqual(code("EHLO a", "lmtp"), 500)
    assert.strictEqual(code("HELO a", "lmtp"), 500)
  })

  it("sends web clients away", () => {
    assert.strictEqual(code("POST / HTTP/1.1"), 421)
  })

  it("refuses parameters where there are none", () => {
    for (const line of ["DATA x", "RSET x", "QUIT x"]) assert.strictEqual(code(line), 501)
  })
})
