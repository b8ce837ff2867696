import { assert, describe, it } from "@effect/vitest"
import { decodePart, decodeText } from "../../../src/protocols/mime/decode.ts"
import { defaultMimeLimits } from "../../../src/protocols/mime/MimeLimits.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

const message = (...lines: ReadonlyArray<string>) => Buffer.from(lines.join("\r\n"))

const bodies = (raw: Buffer) =>
  readMessage(raw).parts.map((part) => [
    part.path,
    part.type,
    raw.toString("latin1", part.bodyStart, part.bodyEnd)
  ])

const nested = message(
  "Content-Type: multipart/mixed; boundary=out",
  "",
  "preamble",
  "--out",
  "",
  "one",
  "--out",
  "Content-Type: message/rfc822",
  "",
  "Subject: inner",
  "Content-Type: multipart/alternative; boundary=in",
  "",
  "--in",
  "",
  "plain",
  "--in",
  "Content-Type: text/html",
  "",
  "<p>html</p>",
  "--in--",
  "--out",
  "Content-Type: message/rfc822",
  "",
  "Subject: second",
  "",
  "text",
  "--out--",
  "epilogue",
  ""
)

describe("the structure of a message", () => {
  it("has IMAP sections as paths", () => {
    assert.deepStrictEqual(
      readMessage(nested).parts.map(({ path, type, parent }) => [path, type, parent]),
      [
        ["TEXT", "multipart/mixed", -1],
        ["1", "text/plain", 0],
        ["2", "message/rfc822", 0],
        ["2.TEXT", "multipart/alternative", 2],
        ["2.1", "text/plain", 3],
        ["2.2", "text/html", 3],
        ["3", "message/rfc822", 0],
        ["3.1", "text/plain", 6]
      ]
    )
  })

  it("gives byte ranges from which a part decodes without the message", () => {
    const { parts } = readMessage(nested)
    const part = parts[5]
    assert.isDefined(part)
    const range = nested.subarray(part.bodyStart, part.bodyEnd)
    assert.strictEqual(decodeText(new Uint8Array(range), part), "<p>html</p>")
    assert.strictEqual(
      nested.toString("latin1", part.headerStart, part.bodyStart),
      "Content-Type: text/html\r\n\r\n"
    )
  })

  it("counts lines and sizes of the encoded body", () => {
    const raw = message("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "one", "two", "--b--", "")
    const part = readMessage(raw).parts[1]
    assert.deepStrictEqual([part?.sizeBytes, part?.lines], [8, 1])
  })

  it("does not take a boundary for another that it begins with", () => {
    const raw = message(
      'Content-Type: multipart/mixed; boundary="a"',
      "",
      "--a",
      'Content-Type: multipart/mixed; boundary="ab"',
      "",
      "--ab",
      "",
      "inner",
      "--ab--",
      "--a",
      "",
      "outer",
      "--a--",
      ""
    )
    assert.deepStrictEqual(
      bodies(raw).map(([path, type]) => `${path} ${type}`),
      ["TEXT multipart/mixed", "1 multipart/mixed", "1.1 text/plain", "2 text/plain"]
    )
    assert.deepStrictEqual(readMessage(raw).defects, [])
  })

  it("ends a part whose multipart is never closed at the end of the message", () => {
    const raw = message("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "only", "")
    assert.deepStrictEqual(bodies(raw)[1], ["1", "text/plain", "only\r\n"])
    assert.deepStrictEqual(readMessage(raw).defects, ["boundary-not-closed"])
  })

  it("ends a header without its empty line at the boundary", () => {
    const raw = message(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: text/html",
      "--b--",
      ""
    )
    assert.deepStrictEqual(bodies(raw)[1], ["1", "text/html", ""])
  })

  it("ignores white space behind a boundary and what follows the closing one", () => {
    const raw = message(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b \t",
      "",
      "x",
      "--b-- ",
      "--b",
      "",
      "y",
      ""
    )
    assert.strictEqual(bodies(raw).length, 2)
  })

  it("reads a part of multipart/digest as a message unless it says otherwise", () => {
    const raw = message(
      "Content-Type: multipart/digest; boundary=b",
      "",
      "--b",
      "",
      "Subject: x",
      "",
      "y",
      "--b--",
      ""
    )
    assert.deepStrictEqual(
      bodies(raw).map(([path, type]) => `${path} ${type}`),
      ["TEXT multipart/digest", "1 message/rfc822", "1.1 text/plain"]
    )
  })

  it("does not see a header field behind a bare CR", () => {
    const { envelope } = readMessage(Buffer.from("X-A: one\rSubject: injected\r\n\r\nx\r\n"))
    assert.strictEqual(envelope.subject, "")
  })

  it("passes over an mbox line and lines that are no field", () => {
    const { envelope, defects } = readMessage(
      Buffer.from("From x@y Mon Jan  1 00:00:00 2024\nSubject: a\ngarbage\nTo: b@c.test\n\nx\n")
    )
    assert.deepStrictEqual(
      [envelope.subject, envelope.to[0]?.address, defects],
      ["a", "b@c.test", ["invalid-header-line"]]
    )
  })

  it("shows the text of a multipart whose boundary never appears", () => {
    const content = readMessage(
      message("Content-Type: multipart/mixed; boundary=b", "", "still readable", "")
    )
    assert.strictEqual(content.preview, "still readable")
    assert.deepStrictEqual(content.defects, ["boundary-not-found"])
  })

  it("is one empty text part for a message of no bytes", () => {
    const { parts, preview } = readMessage(new Uint8Array())
    assert.deepStrictEqual([parts.length, parts[0]?.path, parts[0]?.sizeBytes, preview], [1, "1", 0, ""])
  })

  it("decodes a base64 message in a part instead of looking into it", () => {
    const inner = Buffer.from("Subject: x\r\n\r\ny")
    const raw = message(
      "Content-Type: message/rfc822",
      "Content-Transfer-Encoding: base64",
      "",
      inner.toString("base64")
    )
    const { parts } = readMessage(raw)
    const part = parts[0]
    assert.isDefined(part)
    assert.deepStrictEqual(decodePart(raw.subarray(part.bodyStart), part), inner)
    assert.strictEqual(parts.length, 1)
  })
})

describe("limits of the structure", () => {
  const deep = (depth: number) =>
    message(
      ...Array.from(
        { length: depth },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}`
      ),
      "",
      "deep",
      ...Array.from({ length: depth }, (_, i) => `--b${depth - 1 - i}--`)
    )

  it("leave a multipart beyond the depth limit opaque", () => {
    const content = readMessage(deep(10), { ...defaultMimeLimits, depth: 3 })
    assert.strictEqual(content.parts.length, 5)
    assert.deepStrictEqual(content.defects, ["nested-too-deep"])
    assert.deepStrictEqual(readMessage(deep(10)).defects, [])
  })

  it("leave a message beyond the depth limit opaque", () => {
    const raw = message(...Array.from({ length: 10 }, () => "Content-Type: message/rfc822\r\n"), "", "x")
    const content = readMessage(raw, { ...defaultMimeLimits, depth: 3 })
    assert.strictEqual(content.parts.at(-1)?.type, "message/rfc822")
    assert.deepStrictEqual(content.defects, ["nested-too-deep"])
  })

  it("give the rest of the message to the last part that is counted", () => {
    const raw = message(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      "1",
      "--b",
      "",
      "2",
      "--b",
      "",
      "3",
      "--b--",
      ""
    )
    const content = readMessage(raw, { ...defaultMimeLimits, parts: 3 })
    assert.strictEqual(content.parts.length, 3)
    assert.strictEqual(content.parts[2]?.bodyEnd, raw.length)
    assert.deepStrictEqual(content.defects, ["too-many-parts"])
  })

  it("stop at the number of header fields and of header octets", () => {
    const fields = readMessage(message("A: 1", "B: 2", "Subject: late", "", "x"), {
      ...defaultMimeLimits,
      headerFields: 2
    })
    assert.deepStrictEqual([fields.envelope.subject, fields.defects], ["", ["too-many-header-fields"]])
    const octets = readMessage(message("Subject: 0123456789", "", "x"), {
      ...defaultMimeLimits,
      fieldBytes: 5
    })
    assert.deepStrictEqual([octets.envelope.subject, octets.defects], ["0123", ["header-too-long"]])
    const budget = readMessage(message("Subject: 0123456789", "To: a@b.test", "", "x"), {
      ...defaultMimeLimits,
      headerBytes: 12
    })
    assert.include(budget.defects, "header-too-long")
    const total = readMessage(nested, { ...defaultMimeLimits, totalHeaderBytes: 50 })
    assert.include(total.defects, "header-too-long")
  })
})

describe("bodies and attachments", () => {
  const types = (raw: Buffer) => {
    const { parts, textBody, htmlBody, attachments, hasAttachments } = readMessage(raw)
    const names = (indexes: ReadonlyArray<number>) => indexes.map((index) => parts[index]?.path)
    return {
      text: names(textBody),
      html: names(htmlBody),
      attachments: attachments.map(({ part }) => parts[part]?.path),
      hasAttachments
    }
  }

  const alternative = (...extra: ReadonlyArray<string>) => [
    "Content-Type: multipart/alternative; boundary=alt",
    "",
    "--alt",
    "Content-Type: text/plain",
    "",
    "plain",
    "--alt",
    ...extra,
    "--alt--"
  ]

  it("tell the plain from the HTML form, with inline pictures apart", () => {
    const raw = message(
      ...alternative(
        "Content-Type: multipart/related; boundary=rel",
        "",
        "--rel",
        "Content-Type: text/html",
        "",
        "<img src=cid:p>",
        "--rel",
        "Content-Type: image/png",
        "Content-ID: <p>",
        "",
        "png",
        "--rel--"
      )
    )
    assert.deepStrictEqual(types(raw), {
      text: ["1"],
      html: ["2.1"],
      attachments: ["2.2"],
      hasAttachments: false
    })
    const [picture] = readMessage(raw).attachments
    assert.deepStrictEqual([picture?.isInline, picture?.contentId], [true, "p"])
  })

  it("let the only form stand for both", () => {
    const raw = message("Content-Type: text/html", "", "<b>x</b>")
    assert.deepStrictEqual(types(raw), { text: ["1"], html: ["1"], attachments: [], hasAttachments: false })
  })

  it("list a named or attached text as an attachment", () => {
    const raw = message(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      "hello",
      "--b",
      'Content-Disposition: attachment; filename="a.txt"',
      "",
      "file",
      "--b--"
    )
    assert.deepStrictEqual(types(raw), { text: ["1"], html: ["1"], attachments: ["2"], hasAttachments: true })
    assert.deepStrictEqual(readMessage(raw).attachments, [
      { part: 2, name: "a.txt", type: "text/plain", sizeBytes: 4, isInline: false, contentId: null }
    ])
  })

  it("show no paper clip for a signature or an invitation beside its text", () => {
    const signed = message(
      "Content-Type: multipart/signed; boundary=b",
      "",
      "--b",
      "",
      "hello",
      "--b",
      'Content-Type: application/pgp-signature; name="signature.asc"',
      "",
      "sig",
      "--b--"
    )
    const invitation = message(...alternative("Content-Type: text/calendar", "", "BEGIN:VCALENDAR"))
    assert.isFalse(types(signed).hasAttachments)
    assert.isFalse(types(invitation).hasAttachments)
  })
})
