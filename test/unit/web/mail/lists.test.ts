import { assert, describe, it } from "@effect/vitest"
import { FolderId, MessageId, ModSeq } from "../../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../../src/domain/Message.ts"
import type { ListFilter, ListStart } from "../../../../src/domain/MessageList.ts"
import type { MessageRow, News, Page } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { messageRow } from "../../../../src/protocols/owa/rows.ts"
import { openedAnew, swept, withPage } from "../../../../web/src/mail/store/lists.ts"
import {
  emptyState,
  type ListWindow,
  listKey,
  type MailList,
  type MailState
} from "../../../../web/src/mail/store/MailState.ts"
import { withCommand } from "../../../../web/src/mail/store/optimistic.ts"
import { withTold } from "../../../../web/src/mail/store/told.ts"
import type { Command } from "../../../../web/src/mail/wire/calls.ts"
import { summary } from "../../../support/alice.ts"

const inbox = FolderId(1)
const archive = FolderId(6)
const list = (filter: ListFilter = "all", folderId = inbox): MailList => ({ folderId, filter })

/** The message `n`, received at `n` seconds unless something else is said. */
const row = (n: number, parts: Partial<MessageSummary> = {}): MessageRow =>
  messageRow(summary(n, { receivedAt: n * 1_000, ...parts }))
const rows = (from: number, to: number): ReadonlyArray<MessageRow> =>
  Array.from({ length: from - to + 1 }, (_, at) => row(from - at))

const top: ListStart = { _tag: "Skip", count: 0 }
const older = (n: number): ListStart => ({ _tag: "OlderThan", place: row(n) })
const newer = (n: number): ListStart => ({ _tag: "NewerThan", place: row(n) })

const page = (messages: ReadonlyArray<MessageRow>, parts: Partial<Page> = {}): Page => ({
  messages,
  older: null,
  newer: null,
  counts: null,
  modSeq: ModSeq(10),
  ...parts
})

const news = (...messages: ReadonlyArray<MessageRow>): News => ({
  _tag: "News",
  modSeq: ModSeq(5_000),
  more: false,
  messages,
  goneMessages: [],
  folders: [],
  goneFolders: []
})

const changed = (n: number, parts: Partial<MessageSummary>) => row(n, { modSeq: ModSeq(5_000), ...parts })

const greeted = withTold(emptyState, {
  _tag: "Hello",
  modSeq: ModSeq(10),
  folders: [inbox, archive].map((id) => ({ id, parentId: null, name: "", role: "user", total: 0, unread: 0 }))
})

const windowOf = (state: MailState, of = list()): ListWindow => {
  const window = state.windows.get(listKey(of))
  if (window === undefined) return assert.fail(`there is no list ${listKey(of)}`)
  return window
}
const idsOf = (state: MailState, of = list()): ReadonlyArray<number> => windowOf(state, of).ids
const shape = (state: MailState, of = list()) => {
  const { above, ids, below } = windowOf(state, of)
  return [above, ids[0] ?? 0, ids.at(-1) ?? 0, below]
}

const marks = { addFlags: [], removeFlags: [], addCategories: [], removeCategories: [] }
const read = (...ids: ReadonlyArray<number>): Command => ({
  tag: "ChangeFlags",
  payload: { ...marks, messageIds: ids.map((id) => MessageId(id)), addFlags: ["\\Seen"] }
})

describe("a list by date", () => {
  const state = withPage(greeted, { list: list(), from: top, page: page([row(9), row(5), row(3)]) })

  it("has a message at its date, whenever it came into the folder", () => {
    const next = withTold(state, news(row(20, { receivedAt: 4_000 }), row(21, { receivedAt: 30_000 })))
    assert.deepStrictEqual(idsOf(next), [21, 9, 5, 20, 3])
  })

  it("has of one moment the message first that was added last", () => {
    const next = withTold(state, news(row(20, { receivedAt: 5_000 }), row(4, { receivedAt: 5_000 })))
    assert.deepStrictEqual(idsOf(next), [9, 20, 5, 4, 3])
  })

  it("gets a message that is moved into it at once where it belongs", () => {
    const both = withPage(state, {
      list: list("all", archive),
      from: top,
      page: page([row(8, { folderId: archive }), row(1, { folderId: archive })])
    })
    const next = withCommand(both, {
      tag: "Move",
      payload: { messageIds: [MessageId(5)], toFolderId: archive }
    })
    assert.deepStrictEqual(
      [idsOf(next), idsOf(next, list("all", archive))],
      [
        [9, 3],
        [8, 5, 1]
      ]
    )
  })
})

describe("a filtered list", () => {
  const unread = list("unread")
  const state = withPage(greeted, { list: unread, from: top, page: page([row(9), row(5), row(3)]) })

  it("has what passes, and keeps what is read until it is opened anew", () => {
    const ordered = withCommand(state, read(5))
    assert.deepStrictEqual(idsOf(ordered, unread), [9, 5, 3])
    const told = withTold(state, news(changed(5, { flags: ["\\Seen"] }), changed(4, { flags: ["\\Seen"] })))
    assert.deepStrictEqual(idsOf(told, unread), [9, 5, 3])
    assert.deepStrictEqual(idsOf(openedAnew(told, unread), unread), [9, 3])
    assert.strictEqual(openedAnew(state, unread), state)
  })

  it("keeps it also where more of the list is read", () => {
    const longer = withPage(state, { list: unread, from: top, page: page(rows(9, 7), { older: row(7) }) })
    const seen = withTold(longer, news(changed(8, { flags: ["\\Seen"] })))
    const next = withPage(seen, { list: unread, from: older(7), page: page([row(6)]) })
    assert.include(idsOf(next, unread), 8)
  })

  it("gets what comes to pass, and loses at once what leaves the folder", () => {
    const next = withTold(state, news(changed(7, { flags: [] }), changed(3, { folderId: archive })))
    assert.deepStrictEqual(idsOf(next, unread), [9, 7, 5])
  })

  it("goes by flag and by attachments, too", () => {
    const of = (filter: ListFilter, parts: Partial<MessageSummary>) =>
      idsOf(
        withTold(
          withPage(greeted, { list: list(filter), from: top, page: page([]) }),
          news(row(1), row(2, parts))
        ),
        list(filter)
      )
    assert.deepStrictEqual(of("flagged", { flags: ["\\Flagged"] }), [2])
    assert.deepStrictEqual(of("attachments", { hasAttachments: true }), [2])
  })
})

describe("a piece of a long list", () => {
  /** From the 51st of a thousand on. */
  const state = withPage(greeted, {
    list: list(),
    from: { _tag: "Skip", count: 50 },
    page: page(rows(950, 901), { newer: row(950), older: row(901), counts: { total: 1_000, skipped: 50 } })
  })

  it("knows how much there is above it and below it", () => {
    assert.deepStrictEqual(shape(state), [50, 950, 901, 900])
  })

  it("grows at both ends, until it is all of it", () => {
    const down = withPage(state, {
      list: list(),
      from: older(901),
      page: page(rows(900, 801), { older: row(801) })
    })
    assert.deepStrictEqual(shape(down), [50, 950, 801, 800])
    const up = withPage(down, { list: list(), from: newer(950), page: page(rows(1_000, 951)) })
    assert.deepStrictEqual(shape(up), [0, 1_000, 801, 800])
    const all = withPage(up, { list: list(), from: older(801), page: page(rows(800, 1)) })
    assert.deepStrictEqual(shape(all), [0, 1_000, 1, 0])
    assert.deepStrictEqual([windowOf(all).top, windowOf(all).floor], [null, null])
  })

  it("has nothing of what comes in above it or below it", () => {
    const next = withTold(state, news(row(2_000), changed(900, {}), changed(940, { flags: ["\\Flagged"] })))
    assert.deepStrictEqual(idsOf(next), idsOf(state))
    // That is known, and takes its place once the list comes so far.
    const up = withPage(next, { list: list(), from: newer(950), page: page(rows(1_000, 951)) })
    assert.deepStrictEqual(shape(up), [0, 2_000, 901, 900])
  })

  it("takes no page of where it does not end any more", () => {
    const late = withPage(state, { list: list(), from: older(800), page: page(rows(799, 700)) })
    assert.deepStrictEqual(windowOf(late), windowOf(state))
  })

  it("lets go of what is far from where somebody reads, and of messages that stand in no list, in time", () => {
    const steps = Array.from({ length: 80 }, (_, n) => 20_000 - n * 100)
    const start = withPage(greeted, {
      list: list(),
      from: top,
      page: page(rows(20_100, 20_000), { older: row(20_000), counts: { total: 20_100, skipped: 0 } })
    })
    const down = steps.reduce(
      (at, n) =>
        withPage(at, {
          list: list(),
          from: older(n),
          page: page(rows(n - 1, n - 100), { older: row(n - 100) })
        }),
      start
    )
    assert.deepStrictEqual(shape(down), [6_101, 13_999, 12_000, 11_999])
    assert.strictEqual(swept(down).messages.size, 2_000 + 5_000)
    assert.deepStrictEqual(windowOf(swept(down)), windowOf(down))
    const up = withPage(swept(down), {
      list: list(),
      from: newer(13_999),
      page: page(rows(14_099, 14_000), { newer: row(14_099) })
    })
    assert.deepStrictEqual(shape(up), [6_001, 14_099, 12_100, 12_099])
  })
})
