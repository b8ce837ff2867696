import { assert, describe, it } from "@effect/vitest"
import { FolderId, MessageId, ThreadId } from "../../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../../src/domain/Message.ts"
import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { messageRow } from "../../../../src/protocols/owa/rows.ts"
import { addressOf, shownAt } from "../../../../web/src/mail/page/address.ts"
import { linesOf } from "../../../../web/src/mail/page/conversations.ts"
import { indexAfter } from "../../../../web/src/mail/page/listKeys.ts"
import { peopleOf } from "../../../../web/src/mail/page/people.ts"
import { rowAt } from "../../../../web/src/mail/page/rowAt.ts"
import { summary } from "../../../support/alice.ts"

const row = (n: number, parts: Partial<MessageSummary> = {}): MessageRow => messageRow(summary(n, parts))

const rows = (...all: ReadonlyArray<MessageRow>) => ({
  ids: all.map(({ id }) => id),
  messages: new Map(all.map((one) => [one.id, one]))
})

const threaded = (n: number, thread: number, name = "Ann") =>
  row(n, { threadId: ThreadId(thread), from: [{ name, address: `${name}@example.org` }] })

describe("lines of a list of messages", () => {
  const { ids, messages } = rows(threaded(5, 1, "Bob"), threaded(4, 2), threaded(3, 1), threaded(2, 1, "Bob"))

  it("are the messages where nothing is grouped", () => {
    const lines = linesOf(ids, messages, false)
    assert.deepStrictEqual(
      lines.map(({ key }) => key),
      ["m5", "m4", "m3", "m2"]
    )
  })

  it("are conversations in the order of their newest messages, and name each who wrote once, the first first", () => {
    const lines = linesOf(ids, messages, true)
    assert.deepStrictEqual(
      lines.map((line) => [line.key, line.newest.id, line.messages.length, peopleOf(line)]),
      [
        ["t1", MessageId(5), 3, "Bob, Ann"],
        ["t2", MessageId(4), 1, "Ann"]
      ]
    )
  })

  it("stand at the rows of their newest messages, with as many rows above and below as the store says", () => {
    const lines = linesOf(ids, messages, true)
    const window = { above: 10, ids }
    assert.deepStrictEqual(
      [3, 10, 11, 12, 20].map((index) => rowAt(index, window, lines)),
      [3, 10, 11, 14, 22]
    )
  })

  it("are walked by keys within the list", () => {
    const at = { at: 4, last: 9, perPage: 6 }
    const led = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "x"].map((key) =>
      indexAfter(key, at)
    )
    assert.deepStrictEqual(led, [5, 3, 9, 0, 0, 9, undefined])
    assert.strictEqual(indexAfter("ArrowDown", { at: -1, last: 3, perPage: 2 }), 0)
  })
})

describe("the address of what is shown", () => {
  it("is read as it was written", () => {
    const shown = { folderId: FolderId(3), messageId: MessageId(12) }
    assert.deepStrictEqual(shownAt(addressOf(shown.folderId, shown.messageId)), shown)
    assert.deepStrictEqual(shownAt(addressOf(shown.folderId)), { ...shown, messageId: null })
  })

  it("is the inbox where it says nothing that can be", () => {
    for (const path of [
      "/mail",
      "/mail/",
      "/mail/x",
      "/mail/0",
      "/mail/-1",
      "/mail/1/2/3",
      "/mail/99999999999999999"
    ])
      assert.deepStrictEqual(shownAt(path), { folderId: null, messageId: null }, path)
  })
})
