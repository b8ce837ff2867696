import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { contrast, lifted, paints, readRgb } from "../../../web/src/mail/body/colours.ts"
import { directionOfText } from "../../../web/src/mail/body/direction.ts"
import { linkTarget } from "../../../web/src/mail/body/linkTarget.ts"
import { splitLinks } from "../../../web/src/mail/body/textLinks.ts"

const linksOf = (text: string) => splitLinks(text).flatMap(({ href }) => (href === null ? [] : [href]))

describe("addresses in plain text", () => {
  for (const [text, links] of [
    ["see https://example.org/a?b=c#d.", ["https://example.org/a?b=c#d"]],
    ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
    ["<http://example.org/x>, [www.example.org/y]", ["http://example.org/x", "https://www.example.org/y"]],
    ["Ann <ann.b+c@mail.example.org>!", ["mailto:ann.b+c@mail.example.org"]],
    ["javascript:alert(1) file:///etc/passwd data:text/html,x", []],
    ["a@b @example.org example.org 1.2.3", []],
    ["https:// http://", []]
  ] as const) {
    it(`of "${text}" are ${links.join(" and ") || "none"}`, () =>
      assert.deepStrictEqual(linksOf(text), [...links]))
  }

  it("stand where they stood: the pieces are the text", () => {
    const words = fc.constantFrom("https://", "www.", "a@b.c", ")", "(", ".", " ", "\n", "x", "é", ">", "@")
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        const text = parts.join("")
        assert.strictEqual(
          splitLinks(text)
            .map((piece) => piece.text)
            .join(""),
          text
        )
      })
    )
  })

  it("are found in a moment in whatever is long", () => {
    for (const text of [
      "a".repeat(200_000),
      "a@".repeat(100_000),
      "www.".repeat(50_000),
      `https://${")".repeat(5000)}`
    ]) {
      const before = performance.now()
      splitLinks(text)
      assert.isBelow(performance.now() - before, 2000)
    }
  })
})

describe("a link", () => {
  for (const [href, text, claimed] of [
    ["https://evil.test/", "www.bank.test", "www.bank.test"],
    ["https://evil.test/", "https://bank.test/login?x", "bank.test"],
    ["https://bank.test.evil.test/", "bank.test", "bank.test"],
    ["https://bаnk.test/", "bank.test", "bank.test"],
    ["https://www.bank.test/deep", "bank.test", null],
    ["https://tracker.test/", "Read on", null],
    ["https://tracker.test/", "Version 2.0", null],
    ["mailto:ann@bank.test", "bank.test", null]
  ] as const) {
    it(`to ${href} that says "${text}" ${claimed === null ? "is believed" : "is not"}`, () =>
      assert.strictEqual(linkTarget(href, text).claimedHost, claimed))
  }

  it("shows letters that look like others as what they are", () =>
    assert.strictEqual(linkTarget("https://bаnk.test/", "x").host, "xn--bnk-6cd.test"))
})

describe("the direction of a text", () => {
  for (const [text, direction] of [
    ["", "ltr"],
    ["123 !?", "ltr"],
    ["Hello שלום you there", "ltr"],
    ["Re: שלום לכולם", "rtl"],
    ["ann@example.org كتب: شكرا جزيلا لك على الرسالة", "rtl"]
  ] as const) {
    it(`"${text}" is ${direction}`, () => assert.strictEqual(directionOfText(text), direction))
  }
})

describe("colours in the dark theme", () => {
  const ground = [23, 29, 39] as const

  it("are readable, whatever they were", () => {
    const part = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(fc.tuple(part, part, part), (colour) =>
        assert.isAtLeast(contrast(lifted(colour, ground), ground), 4.5)
      )
    )
  })

  it("keep their order: what was blacker on white is whiter on black", () => {
    const black = lifted([0, 0, 0], ground)
    const grey = lifted([110, 110, 110], ground)
    assert.isAbove(contrast(black, ground), contrast(grey, ground))
    assert.deepStrictEqual(lifted([230, 230, 230], ground), [230, 230, 230])
  })

  it("keep their hue and most of their colour: navy is blue, not a pale grey", () => {
    const [red, green, blue] = lifted([0, 0, 128], ground)
    assert.strictEqual(red, green)
    assert.isAbove(blue - red, 90)
    assert.strictEqual(blue, 255)
  })

  it("are read as browsers write them", () => {
    assert.deepStrictEqual(readRgb("rgb(1, 2, 3)"), [1, 2, 3])
    assert.deepStrictEqual(readRgb("rgba(1, 2, 3, 0.5)"), [1, 2, 3])
    assert.isNull(readRgb("color(srgb 0 0 0)"))
  })

  for (const [rules, does] of [
    ["background: #fc0", true],
    ["color: red; BACKGROUND-COLOR : navy !important", true],
    ["a{background-image:url(x)}", true],
    ["background: white", false],
    ["background-color: #FFFFFF !important", false],
    ["background: transparent; color: red", false],
    ["my-background: red", false],
    ["color: red", false]
  ] as const) {
    it(`"${rules}" ${does ? "is" : "is not"} a ground of its own`, () =>
      assert.strictEqual(paints(rules), does))
  }
})
