import { assert, describe, it } from "@effect/vitest"
import { decodePart, decodeText } from "../../../src/protocols/mime/decode.ts"
import { defaultMimeLimits } from "../../../src/protocols/mime/MimeLimits.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

const decoded = (encoding: "base64" | "quoted-printable" | "uuencode", text: string) =>
  decodePart(Buffer.from(text, "latin1"), { encoding }).toString("latin1")

describe("base64", () => {
  it.each([
    ["QUJD\r\nREVG\r\n", "ABCDEF"],
    ["QUI=", "AB"],
    ["QUI", "AB"],
    ["Q U*J%D", "ABC"],
    ["QUI=\r\nQ0Q=\r\n", "ABCD"],
    ["QUI=\r\n--\r\nSent from a list. Visit it\r\n", "AB"],
    ["QUJD!!==%%\r\nREVG=\r\n=\r\n", "ABC"],
    ["", ""]
  ])("%j decodes to %j", (text, expected) => {
    assert.strictEqual(decoded("base64", text), expected)
  })
})

describe("quoted-printable", () => {
  it.each([
    ["plain", "plain"],
    ["a=3Db=3db", "a=b=b"],
    ["soft =\r\nbreak", "soft break"],
    ["soft = \t\nbreak", "soft break"],
    ["end=", "end"],
    ["bad=XYz =4", "bad=XYz =4"],
    ["=E2=9C=94", "\u00e2\u009c\u0094"]
  ])("%j decodes to %j", (text, expected) => {
    assert.strictEqual(decoded("quoted-printable", text), expected)
  })
})

describe("uuencode", () => {
  it("decodes what stands between begin and end", () => {
    assert.strictEqual(decoded("uuencode", "note\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nmore"), "Cat")
  })

  it("is left alone when there is no begin", () => {
    assert.strictEqual(decoded("uuencode", "nothing"), "nothing")
  })
})

describe("charsets", () => {
  const text = (charset: string | null, bytes: ReadonlyArray<number>, type = "text/plain") =>
    decodeText(Uint8Array.from(bytes), { encoding: "8bit", charset, type })

  it.each([
    ["windows-1252", [0x80, 0x93], "€“"],
    ["iso-8859-1", [0x80, 0xe9], "€é"],
    ["us-ascii", [0xc3, 0xa9], "é"],
    ["us-ascii", [0xe9], "é"],
    ["utf-8", [0xef, 0xbb, 0xbf, 0x61], "a"],
    ["utf-8", [0xff, 0x61], "\ufffda"],
    ["koi8-r", [0xd0], "п"],
    ["shift_jis", [0x82, 0xa0], "あ"],
    ["iso-2022-jp", [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x41], "あA"],
    ["iso-2022-jp", [0x1b, 0x28, 0x49, 0x31, 0x1b, 0x28, 0x42], "ｱ"],
    ["iso-2022-kr", [0x1b, 0x24, 0x29, 0x43, 0x0e, 0x30, 0x21, 0x0f, 0x41], "가A"],
    ["hz-gb-2312", [0x7e, 0x7b, 0x56, 0x50, 0x7e, 0x7d, 0x7e, 0x7e], "中~"],
    ["gb2312", [0xd6, 0xd0], "中"],
    ["utf-16le", [0x61, 0x00], "a"],
    ["x-no-such-charset", [0xe9], "é"],
    ["toString", [0x61], "a"],
    [null, [0xc3, 0xa9], "é"]
  ] as const)("%s %j", (charset, bytes, expected) => {
    assert.strictEqual(text(charset, bytes), expected)
  })

  it("of HTML may be named in the HTML", () => {
    const html = Buffer.from('<meta charset="koi8-r">\xd0', "latin1")
    assert.include(text(null, [...html], "text/html"), "п")
  })
})

describe("parameters", () => {
  const nameOf = (...header: ReadonlyArray<string>) =>
    readMessage(Buffer.from(`${header.join("\r\n")}\r\n\r\nx`)).parts[0]

  it.each([
    ['attachment; filename="a b.txt"', "a b.txt"],
    ["attachment; filename=plain.txt; x=y", "plain.txt"],
    ["attachment; filename*=utf-8'de'%C3%BC%20x.txt; filename=ignored", "ü x.txt"],
    ["attachment; filename*1*=%20b.txt; filename*0*=iso-8859-1''%E4", "ä b.txt"],
    ['attachment; filename*0="long "; filename*1="name.txt"', "long name.txt"],
    ['attachment; filename="=?utf-8?B?w7wudHh0?="', "ü.txt"],
    ['attachment; filename="=?utf-8?q?a?=\r\n =?utf-8?q?b?="', "ab"],
    ['attachment; filename="a;b\\"c"', 'a;b"c'],
    ["; filename=odd.txt", "odd.txt"],
    ["attachment; __proto__=x; filename=a", "a"],
    ["attachment; filename=a\u0000b", "ab"]
  ])("of Content-Disposition: %s name the file %s", (value, name) => {
    assert.strictEqual(nameOf(`Content-Disposition: ${value}`)?.fileName, name)
  })

  it("of Content-Type give name and charset", () => {
    const part = nameOf("Content-Type: Text/Plain (a comment); charset=ISO-8859-1 (another); name=x")
    assert.deepStrictEqual([part?.type, part?.charset, part?.fileName], ["text/plain", "iso-8859-1", "x"])
  })

  it("of an unreadable Content-Type leave text/plain and a defect", () => {
    const { parts, defects } = readMessage(Buffer.from("Content-Type: text\r\n\r\nx"))
    assert.deepStrictEqual([parts[0]?.type, defects], ["text/plain", ["invalid-content-type"]])
  })

  it("stop at their number", () => {
    const raw = Buffer.from(`Content-Type: text/plain${"; a=b".repeat(20)}; name=late\r\n\r\n`)
    const { parts, defects } = readMessage(raw, { ...defaultMimeLimits, parameters: 5 })
    assert.deepStrictEqual([parts[0]?.fileName, defects], [null, ["too-many-parameters"]])
  })
})
