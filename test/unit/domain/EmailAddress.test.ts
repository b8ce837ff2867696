import { existsSync, readFileSync } from "node:fs"
import { Either } from "effect"
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { canonicalAddress, parseAddress, parseDomain, splitDetail } from "../../../src/domain/EmailAddress.ts"

const canonical = (text: string): string | null =>
  Either.getOrNull(Either.map(parseAddress(text), canonicalAddress))

const isemail = new URL("../../../../shared/corpus/hostile/addresses/isemail-tests.xml", import.meta.url)

interface IsemailTest {
  readonly id: string
  readonly address: string
  readonly category: string
  readonly diagnosis: string
}

const decodeXml = (text: string): string =>
  text
    .replace(/&#x([0-9A-Fa-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&")
    // The file writes control characters as their symbols, U+2400 + the character.
    .replace(/[\u2400-\u241f]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0x2400))

const isemailTests = (): ReadonlyArray<IsemailTest> =>
  Array.from(readFileSync(isemail, "utf8").matchAll(/<test id="(\d+)">(.*?)<\/test>/gs), ([, id, body]) => {
    const field = (name: string) =>
      decodeXml(new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(body ?? "")?.[1] ?? "")
    return {
      id: id ?? "",
      address: field("address"),
      category: field("category"),
      diagnosis: field("diagnosis")
    }
  })

/** Valid in SMTP, but not what a directory of ours may hold. */
const refusedByChoice = new Set([
  "ISEMAIL_RFC5321_ADDRESSLITERAL",
  "ISEMAIL_RFC5321_IPV6DEPRECATED",
  "ISEMAIL_RFC5321_TLDNUMERIC"
])

const mustBeTaken = ({ category, diagnosis }: IsemailTest): boolean =>
  ["ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321"].includes(category) &&
  !refusedByChoice.has(diagnosis)

describe("an address", () => {
  it.skipIf(!existsSync(isemail))("of the isemail corpus is taken exactly where it is valid in SMTP", () => {
    const tests = isemailTests()
    assert.isAbove(tests.length, 150)
    const wrong = tests.filter((test) => (canonical(test.address) !== null) !== mustBeTaken(test))
    assert.deepStrictEqual(wrong, [])
  })

  it.each([
    ["用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"],
    ["квіточка@пошта.укр", "квіточка@xn--80a1acn3a.xn--j1amh"],
    ["θσερ@εχαμπλε.ψομ", "θσερ@xn--mxahbxey0c.xn--xxaf0a"],
    ["Dörte@Sörensen.example.com", "dörte@xn--srensen-90a.example.com"],
    ["अजय@डाटा.भारत", "अजय@xn--c2bd1gb.xn--h2brj9c"],
    ["user@xn--mnchen-3ya.example", "user@xn--mnchen-3ya.example"],
    ["user@münchen.example", "user@xn--mnchen-3ya.example"],
    ["user@MÜNCHEN.example", "user@xn--mnchen-3ya.example"],
    ["user@mu\u0308nchen.example", "user@xn--mnchen-3ya.example"],
    ["рaypal@example.test", "рaypal@example.test"],
    ["admin@аррӏе.example", "admin@xn--80ak6aa92e.example"],
    ["cafe\u0301@example.test", "caf\u00e9@example.test"],
    ["น้ำ@example.test", "น้ำ@example.test"],
    ["Alice@DEMO.Test", "alice@demo.test"],
    ['"alice"@demo.test', "alice@demo.test"],
    ['"al\\ice"@demo.test', "alice@demo.test"],
    ['"Al ice"@demo.test', '"al ice"@demo.test'],
    ['"a\\"b\\\\"@demo.test', '"a\\"b\\\\"@demo.test'],
    ['"a@b"@demo.test', '"a@b"@demo.test'],
    ["!#$%&'*+/=?^_`{|}~-@demo.test", "!#$%&'*+/=?^_`{|}~-@demo.test"],
    ["postmaster@faß.test", "postmaster@xn--fa-hia.test"]
  ])("%s is known as %s", (written, expected) => {
    assert.strictEqual(canonical(written), expected)
  })

  it("keeps an unusual but legal quoted local part", () => {
    const written = '"very.(),:;<>[]\\".VERY.\\"very@\\\\ \\"very\\".unusual"@strange.example.test'
    assert.strictEqual(canonical(written), written.replace("VERY", "very"))
  })

  it.each([
    ["a full-width dot", "a@example\uff0ecom"],
    ["an ideographic full stop", "a@example\u3002com"],
    ["a half-width ideographic full stop", "a@example\uff61com"],
    ["full-width letters in the domain", "a@\uff45xample.com"],
    ["a full-width @", "a\uff20example.test"],
    ["a full-width @ beside a real one", "a\uff20b@example.test"],
    ["a ligature", "\ufb01sh@example.test"],
    ["a zero-width joiner", "a\u200db@example.test"],
    ["a zero-width space in the domain", "a@exa\u200bmple.test"],
    ["a soft hyphen in the domain", "a@exa\u00admple.test"],
    ["a bidi override", "\u202eevil@example.test"],
    ["a no-break space", '"a\u00a0b"@example.test'],
    ["a line break", "a\r\nBcc: b@example.test"],
    ["a null", "a\u0000b@example.test"],
    ["a lone surrogate", "a\ud800b@example.test"],
    ["an IPv4 literal", "a@[127.0.0.1]"],
    ["an IPv6 literal", "a@[IPv6:::1]"],
    ["a bare IPv4 address", "a@127.0.0.1"],
    ["a short IPv4 address", "a@127.1"],
    ["a percent-encoded domain", "a@ex%61mple.test"],
    ["an underscore in the domain", "a@a_b.test"],
    ["an A-label that is not canonical", "a@xn--ab-.test"],
    ["an A-label that decodes to nothing", "a@xn--a.test"],
    ["an A-label of a symbol", "a@xn--1ch.test"],
    ["a trailing dot", "a@example.test."],
    ["an empty label", "a@example..test"],
    ["angle brackets", "<a@example.test>"],
    ["no domain", "alice"],
    ["no local part", "@example.test"],
    ["nothing", ""]
  ])("with %s is refused", (_, written) => {
    assert.isNull(canonical(written))
  })

  it("may have 64 octets before @ and no more (RFC 5321 4.5.3.1.1)", () => {
    assert.isNotNull(canonical(`${"x".repeat(64)}@a.test`))
    assert.isNull(canonical(`${"x".repeat(65)}@a.test`))
    assert.isNotNull(canonical(`${"é".repeat(32)}@a.test`))
    assert.isNull(canonical(`${"é".repeat(33)}@a.test`))
  })

  it("may have labels of 63 characters and no more", () => {
    assert.isNotNull(canonical(`a@${"x".repeat(63)}.test`))
    assert.isNull(canonical(`a@${"x".repeat(64)}.test`))
  })

  it("may have 254 octets and no more (RFC 5321 4.5.3.1.3)", () => {
    const domain = `${"x".repeat(60)}.`.repeat(4)
    assert.isNotNull(canonical(`123456789@${domain}`.slice(0, 253).concat("t")))
    assert.isNull(canonical(`1234567890@${domain}t`))
  })

  it("of a megabyte is refused without much work", () => {
    assert.isNull(canonical(`${"a".repeat(1_000_000)}@${"b.".repeat(500_000)}test`))
  })

  it("reads the same when it is read again", () => {
    const part = fc.string({ unit: "grapheme", maxLength: 12 })
    fc.assert(
      fc.property(part, fc.oneof(fc.domain(), part), (local, domain) => {
        const once = canonical(`${local}@${domain}`)
        if (once !== null) assert.strictEqual(canonical(once), once)
      }),
      { numRuns: 2_000 }
    )
  })

  it("in any quoted form of a printable local part reads as that local part", () => {
    const printable = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(printable, (raw) => {
        const local = raw.replace(/[^\x20-\x7e]/g, "x")
        const parsed = parseAddress(`"${local.replace(/["\\]/g, "\\$&")}"@a.test`)
        assert.strictEqual(Either.getOrThrow(parsed).localPart, local)
      })
    )
  })
})

describe("a domain name", () => {
  it("is kept in lower-case A-labels", () => {
    assert.deepStrictEqual(parseDomain("Bücher.Example"), Either.right("xn--bcher-kva.example"))
  })
})

describe("a sub-address", () => {
  const split = (text: string, separator = "+") => {
    const found = splitDetail(Either.getOrThrow(parseAddress(text)), separator)
    return found === null ? null : [canonicalAddress(found.base), found.detail]
  }

  it("is cut at the first separator and keeps the case of its detail", () => {
    assert.deepStrictEqual(split("Alice+Lists+Effect@demo.test"), ["alice@demo.test", "Lists+Effect"])
    assert.deepStrictEqual(split("alice+@demo.test"), ["alice@demo.test", ""])
    assert.deepStrictEqual(split('"al ice+x y"@demo.test'), ['"al ice"@demo.test', "x y"])
  })

  it("needs something before the separator", () => {
    assert.isNull(split("+alice@demo.test"))
    assert.isNull(split("alice@demo.test"))
  })

  it("follows the configured separator, and none where it is empty", () => {
    assert.deepStrictEqual(split("alice-x@demo.test", "-"), ["alice@demo.test", "x"])
    assert.isNull(split("alice+x@demo.test", "-"))
    assert.isNull(split("alice+x@demo.test", ""))
  })
})
