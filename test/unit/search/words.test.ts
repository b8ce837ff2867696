import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { foldedWords, hiddenRows, maxWordLength } from "../../../src/storage/search/words.ts"

describe("words", () => {
  it.each([
    ["Grüße aus MÜNCHEN", "grusse aus munchen"],
    ["l’Été, où “ça” va?", "l ete ou ca va"],
    ["Łódź Øre Þór ĳs ﬁne", "lodz ore thor ijs fine"],
    ["İSTANBUL ısı", "istanbul isi"],
    ["ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"],
    ["Ёлка й ѝ за́мок", "елка й и замок"],
    ["שָׁלוֹם כִּתָב", "שלום כתב"],
    ["كِتَابٌ كتـــاب", "كتاب كتاب"],
    ["foo_bar foo-bar a.b@c.test", "foo bar foo bar a b c test"],
    ["x² 1º ½ Foo™ №5 20℃", "x2 1o 1 2 foo tm no 5 20 c"],
    ["東京ABC12 ｶﾞﾗｽ 한국은", "東 京 abc12 ガ ラ ス 한 국 은"],
    ["हिन्दी ไทย", "ह ि न ् द ी ไ ท ย"],
    ["co\u00adoperate \u202eevil\u202c", "cooperate evil"],
    ["👍🏽 ok", "👍 ok"],
    ["--- € +++", ""]
  ])("of %s", (text, words) => {
    assert.strictEqual(foldedWords(text).join(" "), words)
  })

  it("composed and decomposed letters are the same", () => {
    const text = "Crème brûlée Ångström й가ガ"
    assert.deepStrictEqual(foldedWords(text.normalize("NFD")), foldedWords(text.normalize("NFC")))
  })

  it("pieces between invisible characters are words too", () => {
    assert.deepStrictEqual(hiddenRows("to co\u00adoperate or كِتَاب"), [
      ["co", "operate"],
      ["ك", "ت", "اب"]
    ])
    assert.deepStrictEqual(hiddenRows("cooperate, e\u0301t\u00e9"), [])
  })

  it("a long word counts with its beginning, cut between characters", () => {
    assert.deepStrictEqual(foldedWords("a".repeat(5000)), ["a".repeat(maxWordLength)])
    const [word = ""] = foldedWords(`${"a".repeat(maxWordLength - 1)}𐐨𐐨`)
    assert.strictEqual(word, "a".repeat(maxWordLength - 1))
  })

  it("once folded, a word stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const words = foldedWords(text)
        assert.deepStrictEqual(foldedWords(words.join(" ")), words)
      }),
      { numRuns: 2_000 }
    )
  })

  it("hold letters and digits only, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const word of [...foldedWords(text), ...hiddenRows(text).flat()]) {
          assert.match(word, /^(?:[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic})$/u)
        }
      }),
      { numRuns: 2_000 }
    )
  })
})
