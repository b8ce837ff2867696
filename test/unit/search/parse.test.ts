import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import fc from "fast-check"
import type { Folder, FolderRole } from "../../../src/domain/Folder.ts"
import { FolderId, ModSeq, Uid } from "../../../src/domain/ids.ts"
import { parseQuery, queryLimits } from "../../../src/storage/search/query/parse.ts"
import { everyWord, type Query, wantedWords } from "../../../src/storage/search/query/Query.ts"

const now = Date.UTC(2026, 2, 15, 12)

const folder = (
  id: number,
  name: string,
  role: FolderRole = "user",
  parentId: number | null = null
): Folder => ({
  id: FolderId(id),
  parentId: parentId === null ? null : FolderId(parentId),
  name,
  role,
  uidValidity: 1,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: ModSeq(0)
})

const folders = [
  folder(1, "Inbox", "inbox"),
  folder(3, "Sent Items", "sent"),
  folder(4, "Deleted Items", "deleted"),
  folder(8, "Übersicht"),
  folder(9, "2026", "user", 8),
  folder(10, "2026")
]

/** A query in short: `from:"a b"`, `-x`, `(a | b)`, `a*`; filters by their values. */
const short = (query: Query): string => {
  switch (query._tag) {
    case "And":
      return `(${query.all.map(short).join(" & ")})`
    case "Or":
      return `(${query.any.map(short).join(" | ")})`
    case "Not":
      return `-${short(query.query)}`
    case "Words": {
      const words = query.words.join(" ") + (query.isPrefix ? "*" : "")
      const text = query.isExact ? `"${words}"` : query.words.length > 1 ? `<${words}>` : words
      return query.field === null ? text : `${query.field}:${text}`
    }
    default: {
      const { _tag, ...values } = query
      return `${_tag}[${Object.values(values).flat().join(",")}]`
    }
  }
}

const parse = (text: string) => Either.map(parseQuery(text, { now, folders }), short)
const date = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day)

const refused = (text: string, why: RegExp) => {
  const parsed = parseQuery(text, { now, folders })
  if (Either.isRight(parsed)) assert.fail(`read as ${short(parsed.right)}`)
  assert.strictEqual(parsed.left._tag, "InvalidRequest")
  assert.match(parsed.left.message, why)
}

describe("a search as people type it", () => {
  it.each([
    ["invoice", "invoice"],
    ["Grüße  an\talle", "(grusse & an & alle)"],
    ['"Kind Regards" you', '("kind regards" & you)'],
    ["„Kind Regards“ “you”", '("kind regards" & "you")'],
    ["inv* in*voice *oice", "(inv* & <in voice> & oice)"],
    ['"kind reg*" "kind reg"*', '("kind reg*" & "kind reg*")'],
    ["foo.* foo-*", "(foo & foo)"],
    ["from:alice", "from:alice"],
    ["FROM:Alice@Demo.Test", "from:<alice demo test>"],
    ['from:"Alice Smith" to: bob', '(from:"alice smith" & to:bob)'],
    ["subject:(weekly report*)", "(subject:weekly & subject:report*)"],
    ["subject:(a OR b) cc:c bcc:d filename:e.pdf", "((subject:a | subject:b) & cc:c & bcc:d & file:<e pdf>)"],
    ["-draft", "-draft"],
    ["a --b ---- - c", "(a & -b & c)"],
    ["well-known -well-known", "(<well known> & -<well known>)"],
    ['-"a b" -(c d) -from:x', '(-"a b" & -(c & d) & -from:x)'],
    ["NOT a", "-a"],
    ["NOT -a NOT NOT b", "(--a & --b)"],
    ["a OR b OR c", "(a | b | c)"],
    ["a b OR c d", "(a & (b | c) & d)"],
    ["a AND b", "(a & b)"],
    ["a or b", "(a & or & b)"],
    ["OR", "or"],
    ["NOT", "not"],
    ["a OR", "(a & or)"],
    ["(a OR b) (c)", "((a | b) & c)"],
    ["東京 都*", "(<東 京> & 都*)"],
    ["re: http://x.test/a?b", "(re & <http x test a b>)"],
    ["12:30", "<12 30>"],
    ["a !!! € b", "(a & b)"],
    ["a OR !!!", "a"],
    ["- a", "a"],
    ["is:unread", "-Flagged[\\Seen]"],
    ["is:Read is:flagged is:starred", "(Flagged[\\Seen] & Flagged[\\Flagged] & Flagged[\\Flagged])"],
    ["-is:unread", "--Flagged[\\Seen]"],
    ["has:attachment", "WithAttachment[]"],
    ["in:inbox", "InFolder[1]"],
    ["in:sent OR in:trash", "(InFolder[3] | InFolder[4])"],
    ['in:"sent items"', "InFolder[3]"],
    ["folder:ubersicht", "InFolder[8]"],
    ["in:2026", "InFolder[9,10]"],
    ["in:Übersicht/2026", "InFolder[9]"],
    ['label:"Zu Tun"', "InCategory[zu tun]"],
    ["before:2026-01-31", `Received[,${date(2026, 1, 31)}]`],
    ["before:2026-01-31T10:00:00.500Z", `Received[,${date(2026, 1, 31) + 36_000_500}]`],
    ["after:2026-01-31T10:00:00Z", `Received[${date(2026, 1, 31) + 36_000_000},]`],
    ["after:2026/1/5", `Received[${date(2026, 1, 5)},]`],
    ["since:2026.02", `Received[${date(2026, 2, 1)},]`],
    ["on:2024-02", `Received[${date(2024, 2, 1)},${date(2024, 3, 1)}]`],
    ["on:2025", `Received[${date(2025, 1, 1)},${date(2026, 1, 1)}]`],
    ["on:today", `Received[${date(2026, 3, 15)},${date(2026, 3, 16)}]`],
    ["newer_than:2d", `Received[${now - 2 * 86_400_000},]`],
    ["older_than:1y", `Received[,${now - 365 * 86_400_000}]`],
    ["larger:5M", "Larger[5242880]"],
    ["larger:1.5kb smaller:100", "(Larger[1536] & Smaller[100])"],
    ["larger:999999999999G", "Larger[9007199254740991]"]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(parse(text), Either.right(expected))
  })

  it.each([
    ["", /nothing/],
    ["   ", /nothing/],
    ["!!! €", /nothing/],
    ["-!!!", /nothing/],
    ["()", /nothing/],
    ['"open', /quotation/],
    ["a “open", /quotation/],
    ["(a", /not closed/],
    ["a)", /not opened/],
    ["-()(", /not closed/],
    ["-", /nothing/],
    ['NOT -"', /quotation/],
    ["subject:", /after subject:/],
    ["from:-", /nothing/],
    ["is:purple", /is: comes one of read, unread/],
    ["is:constructor", /is: comes one of read, unread/],
    ["is:__proto__", /is: comes one of read, unread/],
    ["has:legs", /attachment/],
    ["in:nowhere", /no folder/],
    ["before:soon", /date/],
    ["before:2026-02-30", /date/],
    ["after:2026-13", /date/],
    ["after:2026-01-31T25:00:00Z", /date/],
    ["after:1969-01-31T10:00:00Z", /date/],
    ["on:1969", /date/],
    ["larger:big", /size/],
    ["larger:-1", /size/],
    ["newer_than:5", /age/],
    ["is:", /after is:/],
    ["is:(read)", /after is:/]
  ])("refuses %s", refused)

  it("refuses what is too much", () => {
    refused("x".repeat(queryLimits.length + 1), /2000 characters/)
    refused(Array.from({ length: 10_000 }, (_, n) => `t${n}`).join(" "), /2000 characters/)
    refused("a ".repeat(queryLimits.clauses + 1), /50 parts/)
    refused("-".repeat(1_000) + "( -".repeat(300), /parts|brackets/)
    refused("語".repeat(queryLimits.words + 1), /200 words/)
    refused(`${"(".repeat(30)}a${")".repeat(30)}`, /brackets/)
  })

  it("is read or refused, whatever it is, and within its limits", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 10 }),
      fc.constantFrom("(", ")", '"', "-", "OR", "NOT", "AND", "from:", "is:", "in:inbox", "*", ":", "a", " ")
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom("", " "), (pieces, between) => {
        const parsed = parseQuery(pieces.join(between), { now, folders })
        if (Either.isLeft(parsed)) return
        const words = everyWord(parsed.right)
        assert.isAtMost(words.flatMap((leaf) => leaf.words).length, queryLimits.words)
        assert.isTrue(words.every((leaf) => leaf.words.length > 0 && leaf.words.every((word) => word !== "")))
        assert.includeMembers([...words], [...wantedWords(parsed.right)])
      }),
      { numRuns: 3_000 }
    )
  })
})
