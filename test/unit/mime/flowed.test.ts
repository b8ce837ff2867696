import { assert, describe, it } from "@effect/vitest"
import { shownText } from "../../../src/protocols/mime/flowed.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

const shown = (type: string, ...lines: ReadonlyArray<string>): string => {
  const raw = Buffer.from([`Content-Type: ${type}`, "", ...lines].join("\r\n"))
  const [part] = readMessage(raw).parts
  return part === undefined
    ? assert.fail("no part")
    : shownText(raw.subarray(part.bodyStart, part.bodyEnd), part)
}

const flowed = "text/plain; charset=utf-8; Format=Flowed"

describe("text that was broken for the way (RFC 3676)", () => {
  it("is joined where a line ends with a space, and only there", () => {
    assert.strictEqual(
      shown(flowed, "One line ", "that is ", "long.", "Another.", "", "The last "),
      "One line that is long.\r\nAnother.\r\n\r\nThe last "
    )
  })

  it("keeps who is quoted: lines of other depths are apart", () => {
    assert.strictEqual(
      shown(flowed, ">> older ", ">> words ", "> newer ", "> words", ">", "mine"),
      ">> older words \r\n> newer words\r\n>\r\nmine"
    )
  })

  it("loses the space that was put before From, > and spaces", () => {
    assert.strictEqual(
      shown(flowed, " From here", " > is no quote", "  indented", ">  so"),
      "From here\r\n> is no quote\r\n indented\r\n>  so"
    )
  })

  it("keeps the line before a signature apart, quoted or not", () => {
    assert.strictEqual(shown(flowed, "Bye ", "-- ", "me"), "Bye \r\n-- \r\nme")
    assert.strictEqual(shown(flowed, "> Bye ", "> -- ", "> me"), "> Bye \r\n> -- \r\n> me")
  })

  it("loses the spaces at which it was broken, where DelSp says so", () => {
    assert.strictEqual(
      shown(`${flowed}; DelSp=Yes`, "長い ", "文 ", "です。", "a  ", "b"),
      "長い文です。\r\na b"
    )
  })

  it("is left alone where nothing says so", () => {
    const lines = ["One line ", "that is", "> long."]
    for (const type of ["text/plain", "text/plain; format=fixed", "text/html; format=flowed"])
      assert.strictEqual(shown(type, ...lines), lines.join("\r\n"))
  })

  it("takes time in proportion to its length", () => {
    assert.isAbove(shown(flowed, "> a \r\nb \r\nc \r\n".repeat(100_000)).length, 400_000)
  })
})
