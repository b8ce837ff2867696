import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import fc from "fast-check"
import { MailboxId, MessageId } from "../../../src/domain/ids.ts"
import { question } from "../../../src/storage/search/meili/question.ts"
import { meiliWord } from "../../../src/storage/search/meili/words.ts"
import { parseQuery } from "../../../src/storage/search/query/parse.ts"
import { foldedWords } from "../../../src/storage/search/words.ts"

const mailboxId = MailboxId("5e0b9a52-0e5c-4a55-9a0e-0d126c2bafcc")

const asked = (text: string, forms: ReadonlyMap<string, ReadonlyArray<string>> = new Map()) =>
  Either.match(parseQuery(text, { now: 0, folders: [] }), {
    onLeft: () => null,
    onRight: (query) => {
      const after = { messageId: MessageId(7), receivedAt: 1_000 }
      return question(mailboxId, { query, folderIds: null, after, limit: 5_000 }, forms)
    }
  })

/** What somebody types who has heard of filters. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        "'",
        "\\",
        " OR ",
        " AND ",
        "NOT ",
        "mailbox",
        " = ",
        "mailbox != x",
        "(",
        ")",
        "[",
        "]",
        ",",
        "*",
        "-",
        "_geoRadius(1,2,3)",
        "at > 0",
        '"] }',
        "\u0000",
        "ｍａｉｌｂｏｘ",
        "＝",
        "“",
        "secret",
        "size >",
        "after:1970",
        "larger:1K"
      ),
      { maxLength: 12 }
    )
    .map((pieces) => pieces.join(""))
)

describe("a question to Meilisearch", () => {
  it("holds nothing that was typed but letters and digits, and always the mailbox", () => {
    let count = 0
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { q, filter, limit } of asked(text) ?? []) {
          count += 1
          assert.match(q, /^[a-z0-9" ]*$/)
          assert.strictEqual((q.match(/"/g) ?? []).length % 2, 0)
          assert.strictEqual(filter[0], `mailbox = "${mailboxId}"`)
          for (const one of filter.slice(1)) {
            assert.match(
              one,
              /^(at|size) (<|>|>=) \d+$|^(attachment|long) = true$|^at < 1000 OR \(at = 1000 AND message < 7\)$/
            )
          }
          assert.isAtMost(limit, 1_000)
        }
      }),
      { numRuns: 5_000 }
    )
    assert.isAbove(count, 1_000)
  })

  it("asks for long messages by their words, because there is no order in them", () => {
    assert.deepStrictEqual(
      asked('"kind regards" letter')?.map(({ q, filter }) => [q, filter.at(-1) === "long = true"]),
      [
        ['"kind regards" letter ', false],
        ["kind regards letter ", true]
      ]
    )
  })

  it("is several where a word has several forms, and none where that were too many", () => {
    const forms = new Map([["run", ["runn", "renn"]]])
    assert.deepStrictEqual(
      asked("run", forms)?.map(({ q }) => q),
      ["run ", "runn ", "renn "]
    )
    assert.isNull(asked("run run run", forms))
    const many = new Map([["run", Array.from({ length: 20 }, (_, n) => `run${n}`)]])
    assert.isNull(asked("run ".repeat(10), many))
    for (const text of ["a b c d e f g h i j k", "from:a", "a OR b", "-a", "begin*", "a* b*", "is:read"]) {
      assert.isNull(asked(text), text)
    }
  })
})

describe("words for Meilisearch", () => {
  it("are letters and digits of ASCII, and begin alike where words do", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const word of foldedWords(text)) {
          assert.match(meiliWord(word), /^[a-z0-9]{1,240}$/)
          const beginning = [...word].slice(0, 3).join("")
          assert.isTrue(meiliWord(word).startsWith(meiliWord(beginning)))
        }
      }),
      { numRuns: 2_000 }
    )
  })
})
