import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { emptyWriting } from "../../../../web/src/mail/compose/session/Writing.ts"
import { isAddress, readAddresses, writeAddress } from "../../../../web/src/mail/compose/words/addresses.ts"
import { doubtsOf, obstacleOf } from "../../../../web/src/mail/compose/words/doubts.ts"
import { speaksOfAttachment } from "../../../../web/src/mail/compose/words/forgotten.ts"
import { linkAddress } from "../../../../web/src/mail/compose/words/linkAddress.ts"
import { readMailTo } from "../../../../web/src/mail/compose/words/mailto.ts"
import { octets } from "../../../../web/src/mail/compose/words/octets.ts"
import { replyRecipients } from "../../../../web/src/mail/compose/words/replyRecipients.ts"
import { sendTimes } from "../../../../web/src/mail/compose/words/sendTimes.ts"
import { forwardSubject, replySubject } from "../../../../web/src/mail/compose/words/subjects.ts"

const shown = (text: string) => readAddresses(text).map(({ name, address }) => `${name}|${address}`)

describe("addresses that are typed or pasted", () => {
  for (const [text, read] of [
    ["", []],
    ["ann@example.org", ["|ann@example.org"]],
    ["a@x.org, b@x.org;c@x.org\nd@x.org", ["|a@x.org", "|b@x.org", "|c@x.org", "|d@x.org"]],
    ["a@x.org b@x.org", ["|a@x.org", "|b@x.org"]],
    ['"Lee, Ann" <ann@x.org>; Bob Ray <bob@x.org>', ["Lee, Ann|ann@x.org", "Bob Ray|bob@x.org"]],
    ['"A \\"B\\" C" <a@x.org>', ['A "B" C|a@x.org']],
    ["Ann Lee ann@x.org", ["Ann Lee|ann@x.org"]],
    ["<ann@x.org>", ["|ann@x.org"]],
    ["mailto:ann@x.org", ["|ann@x.org"]],
    ['say "hi, a@x.org', ['|say "hi', "|a@x.org"]],
    ["nobody", ["|nobody"]]
  ] as const) {
    it(`"${text}" is ${read.join(" and ") || "nobody"}`, () => assert.deepStrictEqual(shown(text), [...read]))
  }

  for (const [address, is] of [
    ["ann@example.org", true],
    ["ann.b+c@mail.example.org", true],
    ["jörg@müller.example", true],
    ["ann@localhost", true],
    ["ann@[127.0.0.1]", true],
    ['"a b"@x.org', true],
    ["ann@", false],
    ["@x.org", false],
    ["ann@x..org", false],
    ["ann..lee@x.org", false],
    ["ann lee@x.org", false],
    ["ann@x.org.", false],
    ["ann@1.2", false],
    ["ann", false]
  ] as const) {
    it(`${address} ${is ? "is" : "is not"} an address`, () => assert.strictEqual(isAddress(address), is))
  }

  it("are read back as they are written", () => {
    const name = fc.stringMatching(/^[a-zA-Z",;@\\][a-zA-Z ",;<>@\\]{0,10}[a-zA-Z]$/)
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (names) => {
        const people = names.map((one, at) => ({ name: one, address: `a${at}@x.org` }))
        assert.deepStrictEqual(readAddresses(people.map(writeAddress).join(", ")), people)
      })
    )
  })

  it("are found in a moment in whatever is long", () => {
    for (const text of ['"'.repeat(50_000), "<".repeat(50_000), "a ".repeat(50_000), "a@".repeat(50_000)]) {
      const before = performance.now()
      readAddresses(text)
      assert.isBelow(performance.now() - before, 2_000)
    }
  })
})

describe("the subject of an answer", () => {
  for (const [subject, reply, forward] of [
    ["Plan", "Re: Plan", "Fwd: Plan"],
    ["RE: Plan", "Re: Plan", "Fwd: Plan"],
    ["AW: WG: Re[2]: Plan", "Re: Plan", "Fwd: Plan"],
    ["Fwd: FW: Plan", "Re: Plan", "Fwd: Plan"],
    ["Antw.: Plan", "Re: Antw.: Plan", "Fwd: Antw.: Plan"],
    ["Reply: Plan", "Re: Reply: Plan", "Fwd: Reply: Plan"],
    ["", "Re:", "Fwd:"]
  ] as const) {
    it(`to "${subject}" is "${reply}", forwarded "${forward}"`, () => {
      assert.strictEqual(replySubject(subject), reply)
      assert.strictEqual(forwardSubject(subject), forward)
    })
  }
})

const people = readAddresses
const message = (fields: { from: string; to?: string; cc?: string; replyTo?: string }) => ({
  message: { from: people(fields.from), to: people(fields.to ?? "") },
  cc: people(fields.cc ?? ""),
  replyTo: people(fields.replyTo ?? "")
})
const answered = (fields: Parameters<typeof message>[0], all: boolean) => {
  const { to, cc } = replyRecipients(message(fields), { all, own: ["me@x.org", "alias@x.org"] })
  return [to, cc].map((list) => list.map(({ address }) => address).join(" "))
}

describe("who gets an answer", () => {
  const many = { from: "ann@x.org", to: "ME@x.org, bob@x.org, alias@x.org", cc: "Cy <cy@x.org>, bob@X.org" }

  it("the sender alone, and with all everybody else where they were, but oneself", () => {
    assert.deepStrictEqual(answered(many, false), ["ann@x.org", ""])
    assert.deepStrictEqual(answered(many, true), ["ann@x.org bob@x.org", "cy@x.org"])
  })

  it("Reply-To in place of the sender", () => {
    const asked = { ...many, replyTo: "list@x.org" }
    assert.deepStrictEqual(answered(asked, false), ["list@x.org", ""])
    assert.deepStrictEqual(answered(asked, true), ["list@x.org bob@x.org", "cy@x.org"])
  })

  it("those whom one wrote to oneself, and oneself only where there is nobody else", () => {
    assert.deepStrictEqual(answered({ from: "me@x.org", to: "bob@x.org", cc: "cy@x.org" }, false), [
      "bob@x.org",
      ""
    ])
    assert.deepStrictEqual(answered({ from: "me@x.org", to: "bob@x.org", cc: "cy@x.org" }, true), [
      "bob@x.org",
      "cy@x.org"
    ])
    assert.deepStrictEqual(answered({ from: "me@x.org", to: "me@x.org" }, true), ["me@x.org", ""])
  })

  it("nobody, where the message names nobody who can be answered", () =>
    assert.deepStrictEqual(answered({ from: "Mailer Daemon <>" }, true), ["", ""]))
})

describe("a mailto link", () => {
  it("fills in recipients, subject and text, and nothing that one does not see", () =>
    assert.deepStrictEqual(
      readMailTo(
        "mailto:ann@x.org,bob%2Bc@x.org?subject=a+b%20%26&cc=cy@x.org&body=one%0D%0Atwo&bcc=d@x.org&attach=/etc/passwd&to=e@x.org"
      ),
      {
        to: readAddresses("ann@x.org, bob+c@x.org, e@x.org"),
        cc: readAddresses("cy@x.org"),
        bcc: readAddresses("d@x.org"),
        subject: "a+b &",
        body: "one\ntwo"
      }
    ))

  it("that is broken fills in what can be read", () => {
    assert.deepStrictEqual(readMailTo("mailto:?subject=100%"), {
      to: [],
      cc: [],
      bcc: [],
      subject: "100%",
      body: ""
    })
    assert.strictEqual(readMailTo("https://x.org/?body=x").body, "")
    assert.strictEqual(readMailTo("mailto:a@x.org?subject=a%0D%0ABcc:%20b@x.org").subject, "a Bcc: b@x.org")
  })
})

describe("an attachment that was promised", () => {
  for (const text of [
    "See the attached file.",
    "I attach the plan",
    "Please find enclosed",
    "siehe Anhang",
    "im Anhang finden Sie",
    "Anbei die Rechnung",
    "die angehängte Datei",
    "beigefügt sind",
    "Sie finden es in der Anlage"
  ])
    it(`is spoken of in "${text}"`, () => assert.isTrue(speaksOfAttachment(text)))

  for (const text of [
    "Hello",
    "> see the attached file\nThank you",
    "zusammenhang",
    "Der Zusammenhang ist klar",
    "detached house",
    "die Anlagenplanung"
  ])
    it(`is not in "${text}"`, () => assert.isFalse(speaksOfAttachment(text)))
})

describe("times to send later", () => {
  const named = (now: Date) =>
    sendTimes(now).map(({ name, at }) => `${name} ${new Date(at).toString().slice(0, 21)}`)

  it("are this evening, tomorrow and next Monday", () =>
    assert.deepStrictEqual(named(new Date(2026, 11, 1, 10)), [
      "evening Tue Dec 01 2026 18:00",
      "tomorrow Wed Dec 02 2026 08:00",
      "monday Mon Dec 07 2026 08:00"
    ]))

  it("leave out an evening that is here and a Monday that is tomorrow", () => {
    assert.deepStrictEqual(named(new Date(2026, 11, 6, 17, 30)), ["tomorrow Mon Dec 07 2026 08:00"])
    assert.deepStrictEqual(named(new Date(2026, 11, 7, 19)), [
      "tomorrow Tue Dec 08 2026 08:00",
      "monday Mon Dec 14 2026 08:00"
    ])
  })
})

describe("the address of a link", () => {
  for (const [typed, meant] of [
    ["example.org/a?b", "https://example.org/a?b"],
    ["https://example.org", "https://example.org"],
    ["ann@example.org", "mailto:ann@example.org"],
    ["tel:+49123", "tel:+49123"],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["two words.org", null],
    ["word", null]
  ] as const) {
    it(`"${typed}" is ${meant ?? "none"}`, () => assert.strictEqual(linkAddress(typed), meant))
  }
})

describe("before it is sent", () => {
  const to = readAddresses("ann@x.org")
  const attached = {
    id: "a",
    fileName: "a",
    mediaType: "text/plain",
    sizeBytes: 1,
    contentId: null,
    source: null,
    upload: { _tag: "UnderWay", share: 0.5 }
  } as const

  it("somebody must be named who can be reached, and all that is attached be there", () => {
    assert.strictEqual(obstacleOf(emptyWriting), "noRecipient")
    assert.strictEqual(obstacleOf({ ...emptyWriting, bcc: readAddresses("nobody") }), "badRecipient")
    assert.strictEqual(obstacleOf({ ...emptyWriting, to, attachments: [attached] }), "uploading")
    const failed = { ...attached, upload: { _tag: "Failed", why: "lost" } } as const
    assert.strictEqual(obstacleOf({ ...emptyWriting, to, attachments: [failed] }), "notUploaded")
    assert.isNull(obstacleOf({ ...emptyWriting, to }))
  })

  it("one is asked about a missing subject and a promised attachment", () => {
    const body = { _tag: "Text", text: "see the attached plan" } as const
    assert.deepStrictEqual(doubtsOf({ ...emptyWriting, to, body }), ["noSubject", "noAttachment"])
    assert.deepStrictEqual(doubtsOf({ ...emptyWriting, subject: "x", body, attachments: [attached] }), [])
  })

  it("sizes are told in the unit that fits", () =>
    assert.deepStrictEqual(
      [0, 999, 1_500, 25_000_000].map((count) => octets(count, "en")),
      ["0 byte", "999 byte", "1.5 kB", "25 MB"]
    ))
})
