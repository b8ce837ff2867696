import { assert, describe, it } from "@effect/vitest"
import { rawHeaderOf, withoutFields } from "../../../src/protocols/mime/rawHeader.ts"

const bcc = new Set(["bcc"])
const without = (text: string) => Buffer.from(withoutFields(Buffer.from(text), bcc)).toString()

describe("fields of a raw header", () => {
  it("are taken out whole, wherever they stand, and nothing else is", () => {
    assert.strictEqual(without("Bcc: a\r\n\tb\r\nTo: c\r\n\r\nBcc: body"), "To: c\r\n\r\nBcc: body")
    assert.strictEqual(without("To: c\r\nBCC : a\r\n b\r\n\r\nx"), "To: c\r\n\r\nx")
    assert.strictEqual(without("To: c\nbcc:a\n\nx"), "To: c\n\nx")
    assert.strictEqual(without("To: c\r\nBcc: a"), "To: c\r\n")
    assert.strictEqual(without("Bcc: a\r\n\r\n"), "\r\n")
  })

  it("leave the message as it is where there are none of them", () => {
    const raw = Buffer.from("To: a\r\n\r\nBcc: b")
    assert.strictEqual(withoutFields(raw, bcc), raw)
  })

  it("do not hide behind thousands of others", () => {
    const many = "X-A: b\r\n".repeat(5_000)
    assert.strictEqual(without(`${many}Bcc: a\r\n\r\nx`), `${many}\r\nx`)
  })

  it("lie where their bytes are", () => {
    const raw = Buffer.from("no field\r\nTo: a\r\n b\r\nFrom: c\r\n\r\nbody")
    const { fields, bodyStart } = rawHeaderOf(raw)
    assert.deepStrictEqual(
      fields.map(({ name, nameStart, start, end }) => [
        name,
        raw.toString("latin1", nameStart, end),
        raw.toString("latin1", start, end)
      ]),
      [
        ["to", "To: a\r\n b\r\n", " a\r\n b\r\n"],
        ["from", "From: c\r\n", " c\r\n"]
      ]
    )
    assert.strictEqual(raw.toString("latin1", bodyStart), "body")
  })
})
