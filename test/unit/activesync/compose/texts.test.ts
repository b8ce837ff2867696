import { assert, describe, it } from "@effect/vitest"
import { plainOf, textsOf } from "../../../../src/protocols/activesync/compose/texts.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { lines } from "../../../support/activesync/composing.ts"

const ofParts = (parts: ReadonlyArray<string>) => {
  const raw = Buffer.from(
    lines(
      "From: bob@demo.test",
      "Content-Type: multipart/mixed; boundary=b",
      "",
      ...parts.flatMap((html) => ["--b", "Content-Type: text/html", "", html]),
      "--b--"
    )
  )
  return textsOf({ raw, parts: readMessage(raw).parts })
}

describe("what a message says", () => {
  it("is all of its HTML in order, inside the first document", () => {
    const { html } = ofParts(["<html><body>one</body></html>", "<body>two</body>", "<p>three</p>"])
    assert.strictEqual(html, "<html><body>one<div>two</div><div><p>three</p></div></body></html>")
  })

  it("is put together in one pass, into however many parts somebody cut it", () => {
    const paragraphs = "<p>x</p>".repeat(2_500)
    const { html } = ofParts(Array.from({ length: 900 }, () => paragraphs))
    assert.strictEqual(html?.match(/<div>/g)?.length, 899)
  })

  it("is told as plain text up to a size; the HTML has all of it", () => {
    const html = `<p>${"word ".repeat(100_000)}</p>`.repeat(4)
    const plain = plainOf(ofParts([html]))
    assert.isAbove(plain.length, 1_000_000)
    assert.isBelow(plain.length, 1_100_000)
    assert.isAbove(ofParts([html]).html?.length ?? 0, 2_000_000)
  })
})
