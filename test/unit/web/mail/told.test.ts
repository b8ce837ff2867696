import { assert, describe, it } from "@effect/vitest"
import { FolderId, MessageId, ModSeq, Uid } from "../../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../../src/domain/Message.ts"
import type { ListStart } from "../../../../src/domain/MessageList.ts"
import type { FolderRow, MessageRow, News } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { messageRow } from "../../../../src/protocols/owa/rows.ts"
import { withPage } from "../../../../web/src/mail/store/lists.ts"
import {
  emptyState,
  listKey,
  type MailList,
  type MailState
} from "../../../../web/src/mail/store/MailState.ts"
import { forgotten, withRows, withTold } from "../../../../web/src/mail/store/told.ts"
import { summary } from "../../../support/alice.ts"

const inbox = FolderId(1)
const archive = FolderId(6)

const row = (n: number, parts: Partial<MessageSummary> = {}): MessageRow => messageRow(summary(n, parts))

const folder = (id: FolderId, parts: Partial<FolderRow> = {}): FolderRow => ({
  id,
  parentId: null,
  name: `folder ${id}`,
  role: "user",
  total: 0,
  unread: 0,
  ...parts
})

const news = (modSeq: number, parts: Partial<News>): News => ({
  _tag: "News",
  modSeq: ModSeq(modSeq),
  more: false,
  messages: [],
  goneMessages: [],
  folders: [],
  goneFolders: [],
  ...parts
})

const list = (folderId: FolderId): MailList => ({ folderId, filter: "all" })

/** A page of a folder: its beginning, or what comes behind a message. */
const read = (
  state: MailState,
  folderId: FolderId,
  messages: ReadonlyArray<MessageRow>,
  { behind, isMore = false }: { readonly behind?: number; readonly isMore?: boolean } = {}
): MailState => {
  const older = isMore ? (messages.at(-1) ?? null) : null
  const from: ListStart =
    behind === undefined ? { _tag: "Skip", count: 0 } : { _tag: "OlderThan", place: row(behind) }
  const page = { messages, older, newer: null, counts: null, modSeq: ModSeq(10) }
  return withPage(state, { list: list(folderId), from, page })
}

const greeted = withTold(emptyState, {
  _tag: "Hello",
  modSeq: ModSeq(10),
  folders: [folder(inbox), folder(archive)]
})

/** The Inbox down to the third message; there are older ones. */
const opened = read(greeted, inbox, [row(5), row(4), row(3)], { isMore: true })

const idsOf = (state: MailState, folderId = inbox): ReadonlyArray<number> | undefined =>
  state.windows.get(listKey(list(folderId)))?.ids

describe("a list of a folder", () => {
  it("is what lies in it, newest first, down to where it was read", () => {
    assert.deepStrictEqual(idsOf(opened), [5, 4, 3])
    const longer = read(opened, inbox, [row(2), row(1)], { behind: 3 })
    assert.deepStrictEqual(idsOf(longer), [5, 4, 3, 2, 1])
    assert.isNull(longer.windows.get(listKey(list(inbox)))?.floor)
  })

  it("gets what comes in, and nothing of what lies below where it was read", () => {
    const next = withTold(opened, news(13, { messages: [row(1), row(7), row(6)] }))
    assert.deepStrictEqual(idsOf(next), [7, 6, 5, 4, 3])
    // What is known already takes its place once the list comes so far.
    assert.deepStrictEqual(idsOf(read(next, inbox, [row(2), row(1)], { behind: 3 })), [7, 6, 5, 4, 3, 2, 1])
  })

  it("loses what is moved away or gone, and keeps the place of what is changed", () => {
    const moved = row(4, { folderId: archive, uid: Uid(1), modSeq: ModSeq(11) })
    const seen = row(3, { flags: ["\\Seen"], modSeq: ModSeq(12) })
    const next = withTold(opened, news(13, { messages: [moved, seen], goneMessages: [MessageId(5)] }))
    assert.deepStrictEqual(idsOf(next), [3])
    assert.deepStrictEqual(next.messages.get(MessageId(3))?.flags, ["\\Seen"])
    assert.deepStrictEqual(idsOf(read(next, archive, []), archive), [4])
  })

  it("of another folder is the same object as before", () => {
    const both = read(opened, archive, [])
    const next = withTold(both, news(11, { messages: [row(6)] }))
    assert.strictEqual(next.windows.get(listKey(list(archive))), both.windows.get(listKey(list(archive))))
    assert.strictEqual(withTold(next, news(12, {})).windows, next.windows)
  })
})

describe("a page that was read before what is known", () => {
  it("does not bring back what is gone", () => {
    const next = withTold(greeted, news(11, { goneMessages: [MessageId(4)] }))
    assert.deepStrictEqual(idsOf(read(next, inbox, [row(5), row(4)])), [5])
    assert.isUndefined(withRows(next, [row(4)]).messages.get(MessageId(4)))
  })

  it("does not take back what was changed or moved", () => {
    const seen = row(5, { flags: ["\\Seen"], modSeq: ModSeq(11) })
    const moved = row(4, { folderId: archive, uid: Uid(1), modSeq: ModSeq(12) })
    const next = withTold(greeted, news(12, { messages: [seen, moved] }))
    const late = read(next, inbox, [row(5), row(4), row(3)])
    assert.deepStrictEqual(idsOf(late), [5, 3])
    assert.deepStrictEqual(late.messages.get(MessageId(5))?.flags, ["\\Seen"])
  })

  it("does not make a list shorter", () => {
    const longer = read(opened, inbox, [row(2), row(1)], { behind: 3 })
    assert.deepStrictEqual(idsOf(read(longer, inbox, [row(3)], { behind: 4, isMore: true })), [5, 4, 3, 2, 1])
  })
})

describe("what is told of folders", () => {
  it("counts at once; one that is gone takes its list with it", () => {
    const both = read(opened, archive, [])
    const next = withTold(both, news(11, { folders: [folder(inbox, { unread: 3 })], goneFolders: [archive] }))
    assert.deepStrictEqual([...next.folders.keys()], [inbox])
    assert.strictEqual(next.folders.get(inbox)?.unread, 3)
    assert.isFalse(next.windows.has(listKey(list(archive))))
  })

  it("after an absence is all of them, and the changes go on from before it", () => {
    const back = withTold(opened, {
      _tag: "Hello",
      modSeq: ModSeq(10),
      folders: [folder(inbox, { total: 9 })]
    })
    assert.deepStrictEqual([...back.folders.values()], [folder(inbox, { total: 9 })])
    assert.deepStrictEqual([back.modSeq, idsOf(back)], [ModSeq(10), [5, 4, 3]])
  })

  it("is all that is left where the changes cannot go on", () => {
    const afresh = forgotten(withTold(opened, news(11, { goneMessages: [MessageId(5)] })))
    assert.deepStrictEqual(
      [afresh.folders.size, afresh.messages.size, afresh.windows.size, afresh.gone.size, afresh.modSeq],
      [2, 0, 0, 0, null]
    )
  })
})
