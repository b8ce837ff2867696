import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { MessageScan, type ScanFinding, type ScanLimits } from "../../../src/protocols/smtp/MessageScan.ts"
import { defaultSmtpSettings } from "../../../src/protocols/smtp/SmtpConfig.ts"

const limits: ScanLimits = {
  messageBytes: 1000,
  headerBytes: 400,
  headerLines: 10,
  headerLineBytes: 60,
  hops: 3,
  bareLineBreaks: "refuse",
  nulBytes: "refuse"
}

const scan = (text: string, changes: Partial<ScanLimits> = {}): ScanFinding | null => {
  const scanner = new MessageScan({ ...limits, ...changes })
  return scanner.push(Buffer.from(text, "latin1")) ?? scanner.end()
}

describe("MessageScan", () => {
  it("finds nothing wrong with ordinary mail, empty mail, and mail without header or body", () => {
    for (const text of [
      "Subject: x\r\n\r\nHello\r\n",
      "",
      "\r\n",
      "Subject: x\r\n",
      "\r\nbody only\r\n",
      "8-bit: \xe4\xff\r\n"
    ]) {
      assert.isNull(scan(text), JSON.stringify(text))
    }
  })

  it("finds a line break that is not CRLF, in header and body", () => {
    for (const text of [
      "a: b\nc: d\r\n\r\n",
      "a: b\rc: d\r\n\r\n",
      "\r\nx\ny\r\n",
      "\r\nx\ry\r\n",
      "\r\nx\r\r\n",
      "\n",
      "\r\nx\r"
    ]) {
      assert.strictEqual(scan(text), "bareLineBreak", JSON.stringify(text))
      assert.isNull(scan(text, { bareLineBreaks: "accept" }), JSON.stringify(text))
    }
  })

  it("finds NUL in header and body where it is told to", () => {
    for (const text of ["a: \0\r\n\r\n", "\r\n\0\r\n"]) {
      assert.strictEqual(scan(text), "nulByte")
      assert.isNull(scan(text, { nulBytes: "accept" }))
    }
  })

  it("takes exactly the message size and not an octet more", () => {
    const text = `\r\n${"x".repeat(996)}\r\n`
    assert.isNull(scan(text))
    assert.strictEqual(scan(`${text}y`), "messageTooLarge")
  })

  it("bounds header octets, header lines and header line length, not those of the body", () => {
    const line = "x: 3456789\r\n"
    assert.isNull(scan(`${line.repeat(10)}\r\n`))
    assert.strictEqual(scan(`${line.repeat(11)}\r\n`), "tooManyHeaderLines")
    assert.isNull(scan(`${"y".repeat(60)}\r\n\r\n`))
    assert.strictEqual(scan(`${"y".repeat(61)}\r\n\r\n`), "headerLineTooLong")
    assert.strictEqual(scan(`${`${"z".repeat(58)}\r\n`.repeat(7)}\r\n`), "headerTooLarge")
    assert.isNull(scan(`\r\n${"y".repeat(500)}\r\n`))
    assert.isNull(scan(`\r\n${"y\r\n".repeat(200)}`))
  })

  it("counts Received fields in any case, and neither folded lines, like names nor those of an attached message", () => {
    const field = "received: x\r\n"
    assert.isNull(scan(`${field.repeat(3)}\r\n${field.repeat(3)}`))
    assert.strictEqual(scan(`Received:x\r\nRECEIVED: x\r\n${field.repeat(2)}\r\n`), "tooManyHops")
    assert.isNull(scan(`${field.repeat(3)} received: x\r\nx-received: x\r\nreceived-spf: x\r\n\r\n`))
  })

  it("finds something in pieces where it finds something in the whole", () => {
    const parts = fc.array(
      fc.constantFrom(
        "\r\n",
        "\r",
        "\n",
        "\0",
        ".",
        "Received: ",
        "received",
        ":",
        "x",
        " ",
        "\r\n\r\n",
        "y".repeat(30)
      )
    )
    fc.assert(
      fc.property(parts, fc.constantFrom("refuse", "accept"), (pieces, policy) => {
        const changes = { bareLineBreaks: policy, nulBytes: policy, hops: 1, headerLines: 5 } as const
        const inPieces = new MessageScan({ ...limits, ...changes })
        for (const piece of pieces) inPieces.push(Buffer.from(piece, "latin1"))
        assert.strictEqual(inPieces.end() === null, scan(pieces.join(""), changes) === null)
      }),
      { numRuns: 1000 }
    )
  })

  it("refuses bare line breaks exactly where a pattern finds one", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\r\n", "\r", "\n", "x", "\r\n\r\n")), (parts) => {
        const text = parts.join("")
        const expected = /\r(?!\n)|(?<!\r)\n/.test(text) ? "bareLineBreak" : null
        assert.strictEqual(scan(text, { ...defaultSmtpSettings.message }), expected)
      })
    )
  })
})
