import { assert, describe, it } from "@effect/vitest"
import { defaultMimeLimits } from "../../../src/protocols/mime/MimeLimits.ts"
import { readMessage } from "../../../src/protocols/mime/readMessage.ts"

const read = (...header: ReadonlyArray<string>) =>
  readMessage(Buffer.from(`${header.join("\r\n")}\r\n\r\nbody\r\n`))

const to = (value: string) =>
  read(`To: ${value}`).envelope.to.map(({ name, address, group }) => [
    name,
    address,
    ...(group === undefined ? [] : [group])
  ])

describe("addresses", () => {
  it.each<readonly [string, Array<Array<string>>]>([
    ["a@b.test", [["", "a@b.test"]]],
    [
      "Ann Lee <a@b.test>, c@d.test",
      [
        ["Ann Lee", "a@b.test"],
        ["", "c@d.test"]
      ]
    ],
    ['"Lee, \\"Ann\\"" <a@b.test>', [['Lee, "Ann"', "a@b.test"]]],
    ["a@b.test (Ann (the) Lee)", [["Ann (the) Lee", "a@b.test"]]],
    ["=?utf-8?q?J=C3=BCrgen?= =?utf-8?q?_Ott?= <j@b.test>", [["Jürgen Ott", "j@b.test"]]],
    ['"=?utf-8?b?w7w=?=" <u@b.test>', [["ü", "u@b.test"]]],
    ["<@relay.test,@other.test:a@b.test>", [["", "a@b.test"]]],
    ["a @ b . test", [["", "a@b.test"]]],
    ['"a b"@c.test', [["", '"a b"@c.test']]],
    ["Pete(A) <pete(his account)@silly.test(his host)>", [["Pete", "pete@silly.test"]]],
    ["Ann <a@b.test", [["Ann", "a@b.test"]]],
    ["postmaster", [["", "postmaster"]]],
    ["Just A Name", [["Just A Name", ""]]],
    [", ,", []],
    [
      "Team: a@b.test, C <c@d.test>;, e@f.test",
      [
        ["", "a@b.test", "Team"],
        ["C", "c@d.test", "Team"],
        ["", "e@f.test"]
      ]
    ],
    ["undisclosed-recipients:;", [["", "", "undisclosed-recipients"]]],
    ["Björn <björn@bücher.test>", [["Björn", "björn@bücher.test"]]]
  ])("in %s are read", (value, expected) => {
    assert.deepStrictEqual(to(value), expected)
  })

  it("of repeated fields are one list", () => {
    assert.strictEqual(read("To: a@b.test", "To: c@d.test").envelope.to.length, 2)
  })

  it("stop at the limit", () => {
    const raw = Buffer.from(`To: ${"a@b.test,".repeat(20)}\r\n\r\n`)
    const content = readMessage(raw, { ...defaultMimeLimits, addresses: 5 })
    assert.deepStrictEqual([content.envelope.to.length, content.defects], [5, ["too-many-addresses"]])
  })
})

describe("the date", () => {
  it.each([
    ["Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"],
    ["21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"],
    ["Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)", "1969-02-14T03:02:00Z"],
    ["Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z"],
    ["Mon Jan  1 00:00:00 2024", "2024-01-01T00:00:00Z"],
    ["Mon, 1 Jan 2024 00:00:00 EST", "2024-01-01T05:00:00Z"],
    ["1-Feb-2024 10:00:00 +0530", "2024-02-01T04:30:00Z"],
    ["Mon, 1 Jan 24 00:00:00 +0000", "2024-01-01T00:00:00Z"],
    ["Mon, 42 Jan 2024 00:00:00 +0000", null],
    ["Mon, 1 Jan 2024 99:00:00 +0000", null],
    ["yesterday", null],
    ["", null]
  ])("%s is %s", (value, expected) => {
    const { envelope, defects } = read(`Date: ${value}`)
    assert.strictEqual(envelope.sentAt, expected === null ? null : Date.parse(expected))
    assert.strictEqual(defects.includes("invalid-date"), expected === null)
  })

  it("is null and no defect when there is none", () => {
    const { envelope, defects } = read("Subject: x")
    assert.deepStrictEqual([envelope.sentAt, defects], [null, []])
  })
})

describe("ids", () => {
  it("lose their brackets; references come in order and once", () => {
    const { envelope } = read(
      "Message-ID: <1@a.test> (x)",
      "In-Reply-To: Your message of <0@a.test>",
      "References: <-1@a.test>\r\n <0@a.test> <0@a.test>"
    )
    assert.strictEqual(envelope.internetMessageId, "1@a.test")
    assert.deepStrictEqual(envelope.inReplyTo, ["0@a.test"])
    assert.deepStrictEqual(envelope.references, ["-1@a.test", "0@a.test"])
  })

  it("beyond the limit are the oldest references", () => {
    const raw = Buffer.from(
      `References: ${Array.from({ length: 9 }, (_, i) => `<${i}@a>`).join(" ")}\r\n\r\n`
    )
    const content = readMessage(raw, { ...defaultMimeLimits, references: 2 })
    assert.deepStrictEqual(content.envelope.references, ["7@a", "8@a"])
    assert.deepStrictEqual(content.defects, ["too-many-references"])
  })
})

describe("the subject", () => {
  it.each([
    ["plain", "plain"],
    ["fol\r\n ded", "fol ded"],
    ["=?utf-8?B?w6k=?= =?utf-8?Q?=C3=A9_x?= y", "éé x y"],
    ["=?utf-8?B?4pyT?=tail", "✓tail"],
    ["=?utf-8?Q?=E2=9C?= =?utf-8?Q?=94?=", "✔"],
    ["=?iso-2022-jp?B?GyRCJF4kXyRgJGEkYhsoQg==?=", "まみむめも"],
    ["=?gb2312?B?1tDOxA==?=", "中文"],
    ["=?utf-8*en?q?a=5Fb?=", "a_b"],
    ["=?nope?q?a?=", "a"],
    ["=?utf-8?q?caf\u00e9=C3=A9?=", "caféé"],
    ["=?utf-8?x?a?= =?utf-8?q?open", "=?utf-8?x?a?= =?utf-8?q?open"],
    ["a\u0000b=?utf-8?q?c=00d?=", "abcd"],
    ["=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"]
  ])("%j reads %j", (value, expected) => {
    assert.strictEqual(read(`Subject: ${value}`).envelope.subject, expected)
  })

  it("in raw Latin-1 is not lost", () => {
    assert.strictEqual(
      readMessage(Buffer.from("Subject: caf\xe9 \x80\n\n", "latin1")).envelope.subject,
      "café €"
    )
  })

  it("keeps encoded words beyond the limit as they are", () => {
    const raw = Buffer.from(`Subject: ${"=?utf-8?q?a?= ".repeat(4)}\n\n`)
    const content = readMessage(raw, { ...defaultMimeLimits, encodedWords: 2 })
    assert.strictEqual(content.envelope.subject, "aa =?utf-8?q?a?= =?utf-8?q?a?=")
    assert.deepStrictEqual(content.defects, ["too-many-encoded-words"])
  })

  it("is cut at a code point", () => {
    const content = readMessage(Buffer.from("Subject: ab😀\n\n"), { ...defaultMimeLimits, nameLength: 3 })
    assert.strictEqual(content.envelope.subject, "ab")
  })
})

describe("the topic", () => {
  it.each([
    ["Re: Hello", "hello"],
    ["RE: Fwd: AW:  Hello   World", "hello world"],
    ["Re[2]: Re (3): hello", "hello"],
    ["[list] Re: [list] hello (fwd)", "hello"],
    ["回复：你好", "你好"],
    ["Re:", ""],
    ["[only a tag]", "[only a tag]"],
    ["reply: no mark", "reply: no mark"],
    ["Budget: 2024", "budget: 2024"]
  ])("of %s is %s", (subject, topic) => {
    assert.strictEqual(read(`Subject: ${subject}`).topic, topic)
  })
})

describe("kept header fields", () => {
  it("are those that others decide by, the topmost of each, decoded and capped", () => {
    const content = read(
      "Received: from a",
      "Received: from b",
      "Auto-Submitted: auto-replied",
      "List-Id: =?utf-8?q?B=C3=BCcher?= <b.test>",
      "Precedence: bulk",
      "Precedence: list",
      "X-Other: no"
    )
    assert.deepStrictEqual(content.headers, {
      "auto-submitted": "auto-replied",
      "list-id": "Bücher <b.test>",
      precedence: "bulk"
    })
    assert.strictEqual(content.receivedCount, 2)
  })

  it("stop at their number and length", () => {
    const raw = Buffer.from("List-A: 12345\nList-B: 2\nList-C: 3\n\n")
    const { headers } = readMessage(raw, { ...defaultMimeLimits, keptHeaders: 2, keptHeaderLength: 3 })
    assert.deepStrictEqual(headers, { "list-a": "123", "list-b": "2" })
  })
})
