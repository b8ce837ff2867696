import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { parseQuery } from "../../../src/storage/search/query/parse.ts"
import { wantedWords } from "../../../src/storage/search/query/Query.ts"
import { snippetOf } from "../../../src/storage/search/snippet.ts"

/** Matches in brackets; null where there is none. */
const snippet = (text: string, query: string): string | null => {
  const words = wantedWords(Either.getOrThrow(parseQuery(query, { now: 0, folders: [] })))
  const pieces = snippetOf(text, words)
  return pieces === null ? null : pieces.map(({ text, isMatch }) => (isMatch ? `[${text}]` : text)).join("")
}

const filler = "nothing to see here and ".repeat(20)

describe("a snippet", () => {
  it.each([
    ["The invoice is due.", "invoice", "The [invoice] is due."],
    ["Viele GRÜSSE aus  \r\n Köln", "grüße koln", "Viele [GRÜSSE] aus [Köln]"],
    ["invoices, Invoicing", "inv*", "[invoices], [Invoicing]"],
    ["kind words. Kind\n  regards, Bob", '"kind regards"', "kind words. [Kind regards], Bob"],
    ["kind words. Kind regards, Bob", '"kind reg*"', "kind words. [Kind regards], Bob"],
    ["see a.b@c.test for more", "b@c", "see a.[b@c].test for more"],
    ["明日の会議は東京都庁です", "東京", "明日の会議は[東京]都庁です"],
    ["in­visible x", "invisible", "[in­visible] x"],
    ["We were running home", "run", "We were [running] home"],
    ["Die Häuser am Fluss", "haus", "Die [Häuser] am Fluss"],
    ["run, and running", "run", "[run], and running"],
    ["one two", "two -one", "one [two]"],
    ["one two", "one OR two", "[one] [two]"]
  ])("of %s for %s", (text, query, expected) => {
    assert.strictEqual(snippet(text, query), expected)
  })

  it.each([
    ["nothing", "something"],
    ["from alice", "from:alice"],
    ["we were running", '"run"'],
    ["", "a"],
    ["one", "-one"]
  ])("of %s for %s is none", (text, query) => {
    assert.isNull(snippet(text, query))
  })

  it("shows what stands around a match, from word to word", () => {
    const found = snippet(`${filler}the Needle is here. ${filler}`, "needle") ?? ""
    assert.match(found, /^… \S.* the \[Needle\] is here\. nothing .*\S …$/)
    assert.isBelow(found.length, 230)
    assert.isAbove(found.length, 150)
  })

  it("shows a long match whole, and stays on one line", () => {
    const long = "x".repeat(500)
    assert.include(snippet(`a\n${long}\nb`, long) ?? "", `[${long}]`)
  })

  it("is found in reasonable time in a text without end", () => {
    assert.isNull(snippet("ab ".repeat(1_000_000), "needle thread OR ab*c"))
  })
})
