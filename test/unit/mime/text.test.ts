import { assert, describe, it } from "@effect/vitest"
import { htmlToText } from "../../../src/protocols/mime/htmlText.ts"
import { defaultMimeLimits } from "../../../src/protocols/mime/MimeLimits.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

describe("the text of HTML", () => {
  it.each([
    ["<p>one<p>two", "one\ntwo"],
    ["a<b>b</b>c <i> d</i>", "abc d"],
    ["x<br>\n  y", "x\ny"],
    ["<td>a</td><td>b</td>", "a b"],
    ["&lt;b&gt; &amp; &eacute;&nbsp;&#8364;&unknown;", "<b> & é €&unknown;"],
    ["<style>p{}</style><script>if (a<b) x()</script>z", "z"],
    ["<title>no</title><head><meta x></head>yes", "yes"],
    ["<head>never closed <p>yes", "never closed\nyes"],
    ["<!-- <p>no --><!doctype x>yes<![if x]>", "yes"],
    ["<a title=\"a > b\" href='>'>link</a>", "link"],
    ["1 < 2 and <3", "1 < 2 and <3"],
    ["<p unclosed", ""],
    ["<script>open", ""]
  ])("%s is %j", (html, expected) => {
    assert.strictEqual(htmlToText(html, 1000), expected)
  })

  it("stops at its limit", () => {
    assert.isAtMost(htmlToText("<p>word</p>".repeat(10_000), 100).length, 110)
  })
})

const body = (type: string, text: string, limits = defaultMimeLimits) =>
  readMessage(Buffer.from(`Content-Type: ${type}\r\n\r\n${text}`), limits)

describe("preview and text", () => {
  it("fold white space and drop invisible padding in the preview only", () => {
    const content = body("text/plain; charset=utf-8", "Hello\r\n\r\n  \u200b\u034fworld \r\n")
    assert.strictEqual(content.preview, "Hello world")
    assert.strictEqual(content.text, "Hello\n\n  \u200b\u034fworld")
  })

  it("are cut on code points", () => {
    const content = body("text/plain; charset=utf-8", "ab😀cd", {
      ...defaultMimeLimits,
      previewLength: 3,
      textLength: 5
    })
    assert.deepStrictEqual(
      [content.preview, content.text, content.defects],
      ["ab", "ab😀c", ["text-truncated"]]
    )
  })

  it("come from the HTML when the plain form is empty", () => {
    const raw = [
      "Content-Type: multipart/alternative; boundary=b",
      "",
      "--b",
      "",
      "  ",
      "--b",
      "Content-Type: text/html",
      "",
      "<p>Hello</p>",
      "--b--"
    ].join("\r\n")
    assert.strictEqual(readMessage(Buffer.from(raw)).preview, "Hello")
  })

  it("join all parts that make up the body", () => {
    const raw =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\n<p>two\n--b--\n"
    assert.strictEqual(readMessage(Buffer.from(raw)).text, "one\ntwo")
  })

  it("decode no more octets than the limit", () => {
    const content = body("text/plain", "0123456789", { ...defaultMimeLimits, textBytes: 4 })
    assert.deepStrictEqual([content.text, content.defects], ["0123", ["text-truncated"]])
  })

  it("decode text that names no charset as UTF-8 even where a limit cuts a character", () => {
    assert.strictEqual(body("text/plain", "aé€", { ...defaultMimeLimits, textBytes: 5 }).text, "aé")
  })

  it("contain no NUL", () => {
    assert.strictEqual(body("text/plain", "A\0B").text, "AB")
  })
})
