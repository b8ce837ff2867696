import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import type { Folder } from "../../../../../src/domain/Folder.ts"
import { FolderId, ModSeq, Uid } from "../../../../../src/domain/ids.ts"
import { messageRow } from "../../../../../src/protocols/owa/rows.ts"
import { parseQuery } from "../../../../../src/storage/search/query/parse.ts"
import { operators, piecesOf, quoted, toggled, without } from "../../../../../web/src/mail/search/pieces.ts"
import {
  type Known,
  searchName,
  suggestionsFor,
  taken,
  valuesOf
} from "../../../../../web/src/mail/search/suggestions.ts"
import { summary } from "../../../../support/alice.ts"

const roles = ["inbox", "drafts", "sent", "deleted", "junk", "archive", "outbox", "user"] as const

const folders: ReadonlyArray<Folder> = roles.map((role, at) => ({
  id: FolderId(at + 1),
  parentId: null,
  name: role === "user" ? "Züge (alt) \u201cx\u201d" : `system ${at}`,
  role,
  uidValidity: 1,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: ModSeq(0)
}))

const from = (name: string, address: string) => messageRow(summary(1, { from: [{ name, address }] }))

const known: Known = {
  folders: [
    { name: "inbox", label: "Posteingang" },
    { name: "My Trains", label: "My Trains" }
  ],
  messages: [from("Bob", "bob@x.test"), from("Ann", "ann@x.test"), from("Ann", "ann@x.test")]
}

const texts = (text: string, caret = text.length) =>
  suggestionsFor(text, caret, known).map((suggestion) => suggestion.text)

describe("what a search may go on with", () => {
  it("is understood by the server, all of it", () => {
    const context = { now: Date.UTC(2026, 0, 31), folders }
    const understood = (query: string) => Either.getRight(parseQuery(query, context))
    const samples = operators.flatMap((operator) =>
      (valuesOf[operator] ?? (operator === "in" ? ["inbox"] : ["x"])).map(
        (value) => `${operator}:${quoted(value)}`
      )
    )
    for (const sample of samples) {
      const query = Option.getOrNull(understood(sample))
      assert.isNotNull(query, sample)
      // A name that it did not know would be a word like any other.
      assert.notDeepInclude(query, { _tag: "Words", field: null })
    }
    assert.isTrue(Option.isNone(understood("in:nowhere")))
    for (const folder of folders.filter(({ role }) => role !== "user"))
      assert.isTrue(Option.isSome(understood(`in:${quoted(searchName(folder))}`)), folder.role)
  })

  it("is operators, while one is being typed", () => {
    assert.includeMembers([...texts("")], ["from:", "in:", "is:"])
    assert.deepStrictEqual(texts("fr"), ["from:"])
    assert.deepStrictEqual(texts("report -FR"), ["-from:"])
    assert.deepStrictEqual(texts("hello"), [])
    assert.deepStrictEqual(texts('"fr'), [])
    assert.include(texts("report "), "from:")
  })

  it("is values behind a colon: people who write most first, folders by any of their names", () => {
    assert.deepStrictEqual(texts("from:"), ["from:ann@x.test ", "from:bob@x.test "])
    assert.deepStrictEqual(texts("from:bo"), ["from:bob@x.test "])
    assert.deepStrictEqual(texts("in:postein"), ["in:inbox "])
    assert.deepStrictEqual(texts("in:trains"), ['in:"My Trains" '])
    assert.deepStrictEqual(texts("-is:unr"), ["-is:unread "])
    assert.deepStrictEqual(texts('in:"My Tr'), ['in:"My Trains" '])
  })

  it("takes the place of what is being typed, wherever that is", () => {
    const [suggestion] = suggestionsFor("a fr b", 4, known)
    if (suggestion === undefined) return assert.fail("there is none")
    assert.deepStrictEqual(taken("a fr b", 4, suggestion), { text: "a from:b", caret: 7 })
    assert.deepStrictEqual(taken("a", 1, { ...suggestion, text: "from:ann " }), {
      text: "from:ann ",
      caret: 9
    })
    assert.deepStrictEqual(taken("a ", 2, suggestion), { text: "a from:", caret: 7 })
  })
})

describe("the pieces of a search", () => {
  it("are words, quoted texts, and what stands behind a colon that means something", () => {
    const pieces = piecesOf('ann -from:"Bob B" http://x is:unread in: “a b”')
    assert.deepStrictEqual(
      pieces.map(({ operator, value }) => [operator, value]),
      [
        [null, "ann"],
        ["from", "Bob B"],
        [null, "//x"],
        ["is", "unread"],
        ["in", ""],
        [null, "a b"]
      ]
    )
  })

  it("can be taken out, put in and switched", () => {
    const text = 'ann from:"Bob B" is:unread'
    const [, from] = piecesOf(text)
    if (from === undefined) return assert.fail("there is none")
    assert.strictEqual(without(text, from), "ann is:unread")
    assert.strictEqual(toggled(text, "is:unread"), 'ann from:"Bob B"')
    assert.strictEqual(toggled("ann", "is:unread"), "ann is:unread")
    assert.strictEqual(toggled("", "is:unread"), "is:unread")
  })
})
