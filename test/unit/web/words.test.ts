import { assert, describe, it } from "@effect/vitest"
import { IntlMessageFormat } from "intl-messageformat"
import { de } from "../../../web/src/i18n/de/catalog.ts"
import { en } from "../../../web/src/i18n/en/catalog.ts"
import { makeWords } from "../../../web/src/i18n/makeWords.ts"

/** Names of the values that a message takes. */
const valuesOf = (message: string): ReadonlyArray<string> => {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return
    // Of the parser's elements, 0 is a text and 7 is the # of a plural; all others name a value.
    if ("type" in value && "value" in value && value.type !== 0 && value.type !== 7)
      names.add(String(value.value))
    for (const part of Object.values(value)) visit(part)
  }
  visit(new IntlMessageFormat(message, "en").getAst())
  return [...names].sort()
}

describe("words", () => {
  it("German says what English says, with the same values", () => {
    for (const [key, message] of Object.entries(en)) {
      const translated = Object.entries(de).find(([name]) => name === key)?.[1] ?? ""
      assert.notStrictEqual(translated, "", key)
      assert.deepStrictEqual(valuesOf(translated), valuesOf(message), key)
    }
    assert.sameMembers(Object.keys(de), Object.keys(en))
  })

  it("counts as the language does", () => {
    const say = (count: number) => makeWords("de", de).say("ledger.off", { count })
    assert.include(say(1), "1 Empfänger")
    assert.include(say(2_000), "2.000 Empfänger")
  })

  it("tells lengths of time in the unit that fits", () => {
    const { duration } = makeWords("en", en)
    assert.deepStrictEqual([0, 118, 4_200, 61_000, 7_200_000, 90_000_000].map(duration), [
      "0 ms",
      "118 ms",
      "4.2 sec",
      "1 min",
      "2 hr",
      "1 day"
    ])
  })

  it("the pseudo language turns words round and leaves values alone", () => {
    const words = makeWords("ar-XB", en)
    assert.strictEqual(words.direction, "rtl")
    assert.include(words.say("flow.picture.top", { most: "12" }), "12")
    assert.include(words.say("flow.picture.top", { most: "12" }), "\u202emost\u202c")
  })
})
