import { assert, describe, it } from "@effect/vitest"
import type { Command as DomainCommand } from "../../../../src/domain/Command.ts"
import { FolderId, MessageId, ModSeq } from "../../../../src/domain/ids.ts"
import { folderRow, messageRow } from "../../../../src/protocols/owa/rows.ts"
import { withPage } from "../../../../web/src/mail/store/lists.ts"
import { emptyState, type MailState } from "../../../../web/src/mail/store/MailState.ts"
import { withCommand } from "../../../../web/src/mail/store/optimistic.ts"
import { type Pending, shown, untold } from "../../../../web/src/mail/store/pending.ts"
import { withTold } from "../../../../web/src/mail/store/told.ts"
import type { Command } from "../../../../web/src/mail/wire/calls.ts"
import { deliver } from "../../../support/domain.ts"
import { type CoreTwin, deletedItems, inbox, makeCoreTwin } from "../../../support/owa/coreTwin.ts"

const work = FolderId(8)
const below = FolderId(9)

const mailbox = (...more: ReadonlyArray<DomainCommand>) =>
  makeCoreTwin(
    deliver(),
    deliver(),
    deliver(),
    { _tag: "CreateFolder", name: "Work", parentId: null },
    { _tag: "CreateFolder", name: "Below", parentId: work },
    ...more
  )

/** All of a mailbox, with every list read to its end. */
const stateOf = (twin: CoreTwin): MailState => {
  const folders = [...twin.model().state.folders.values()]
  const { modSeq } = twin.model().state
  return folders.reduce(
    (state, { id }) =>
      withPage(state, {
        list: { folderId: id, filter: "all" },
        from: { _tag: "Skip", count: 0 },
        page: { messages: twin.listed(id).map(messageRow), older: null, newer: null, counts: null, modSeq }
      }),
    withTold(emptyState, { _tag: "Hello", modSeq, folders: folders.map(folderRow) })
  )
}

/** What can be seen. */
const seenOf = ({ folders, windows, messages }: MailState) => ({
  folders: [...folders.values()].sort((a, b) => a.id - b.id),
  lists: [...windows].sort(([a], [b]) => a.localeCompare(b)).map(([id, { ids }]) => [id, ids]),
  marks: [...messages.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, folderId, flags, categories }) => [id, folderId, flags, categories])
})

const messageIds = [MessageId(1), MessageId(3)]
const marks = { addFlags: [], removeFlags: [], addCategories: [], removeCategories: [] }

/** What a page orders, and what the mailbox does then. */
const pairs: ReadonlyArray<{
  readonly order: Command
  readonly does: DomainCommand
  /** What was before. */
  readonly after?: ReadonlyArray<DomainCommand>
}> = [
  {
    order: {
      tag: "ChangeFlags",
      payload: { ...marks, messageIds, addFlags: ["\\Seen"], addCategories: ["Blue"] }
    },
    does: { _tag: "ChangeFlags", ...marks, messageIds, addFlags: ["\\Seen"], addCategories: ["Blue"] }
  },
  {
    order: { tag: "ChangeFlags", payload: { ...marks, messageIds, removeFlags: ["\\Seen"] } },
    does: { _tag: "ChangeFlags", ...marks, messageIds, removeFlags: ["\\Seen"] },
    after: [{ _tag: "ChangeFlags", ...marks, messageIds, addFlags: ["\\Seen", "\\Flagged"] }]
  },
  {
    order: { tag: "MarkAllRead", payload: { folderId: inbox } },
    does: { _tag: "MarkAllRead", folderId: inbox }
  },
  {
    order: { tag: "Move", payload: { messageIds, toFolderId: work } },
    does: { _tag: "MoveMessages", messageIds, toFolderId: work }
  },
  { order: { tag: "Delete", payload: { messageIds } }, does: { _tag: "DeleteMessages", messageIds } },
  { order: { tag: "Expunge", payload: { messageIds } }, does: { _tag: "ExpungeMessages", messageIds } },
  {
    order: { tag: "EmptyFolder", payload: { folderId: inbox } },
    does: { _tag: "EmptyFolder", folderId: inbox, permanently: false }
  },
  {
    order: { tag: "EmptyFolder", payload: { folderId: deletedItems } },
    does: { _tag: "EmptyFolder", folderId: deletedItems, permanently: false },
    after: [{ _tag: "DeleteMessages", messageIds }]
  },
  {
    order: { tag: "RenameFolder", payload: { folderId: work, name: "Play" } },
    does: { _tag: "RenameFolder", folderId: work, name: "Play" }
  },
  {
    order: { tag: "MoveFolder", payload: { folderId: below, toFolderId: null } },
    does: { _tag: "MoveFolder", folderId: below, parentId: null }
  },
  {
    order: { tag: "DeleteFolder", payload: { folderId: work } },
    does: { _tag: "DeleteFolder", folderId: work, permanently: false },
    after: [{ _tag: "MoveMessages", messageIds, toFolderId: below }]
  }
]

describe("a command that is on its way", () => {
  for (const { order, does, after = [] } of pairs)
    it(`shows what the mailbox will be: ${order.tag}${after.map(({ _tag }) => ` after ${_tag}`).join("")}`, () => {
      const twin = mailbox(...after)
      const expected = withCommand(stateOf(twin), order)
      twin.phone(does)
      assert.deepStrictEqual(seenOf(expected), seenOf(stateOf(twin)))
      // And told of it before the answer, it shows no more than that.
      assert.deepStrictEqual(seenOf(withCommand(stateOf(twin), order)), seenOf(stateOf(twin)))
    })

  it("changes nothing where its message or folder is not known", () => {
    const state = stateOf(mailbox())
    const unknown = { messageIds: [MessageId(99)], folderId: FolderId(99), toFolderId: FolderId(98) }
    const orders: ReadonlyArray<Command> = [
      { tag: "Move", payload: unknown },
      { tag: "Move", payload: { messageIds, toFolderId: FolderId(98) } },
      { tag: "Delete", payload: unknown },
      { tag: "Expunge", payload: unknown },
      { tag: "RenameFolder", payload: { ...unknown, name: "x" } },
      { tag: "DeleteFolder", payload: unknown },
      { tag: "CreateFolder", payload: { name: "x", parentId: null } }
    ]
    for (const order of orders)
      assert.deepStrictEqual(seenOf(withCommand(state, order)), seenOf(state), order.tag)
  })

  it("that deletes a folder for good is waited for", () => {
    const state = stateOf(mailbox({ _tag: "DeleteFolder", folderId: work, permanently: false }))
    const order: Command = { tag: "DeleteFolder", payload: { folderId: below } }
    assert.deepStrictEqual(seenOf(withCommand(state, order)), seenOf(state))
  })

  it("is shown over what is known, in order, until the changes have come as far as its answer", () => {
    const state = stateOf(mailbox())
    const one = (operationId: string, add: boolean): Pending => ({
      operationId,
      command: {
        tag: "ChangeFlags",
        payload: { ...marks, messageIds, ...(add ? { addFlags: ["\\Seen"] } : { removeFlags: ["\\Seen"] }) }
      },
      doneAt: null
    })
    const flagsOf = (pending: ReadonlyArray<Pending>) =>
      shown(state, pending).messages.get(MessageId(1))?.flags
    assert.deepStrictEqual(flagsOf([one("1", true)]), ["\\Seen"])
    assert.deepStrictEqual(flagsOf([one("1", true), one("2", false)]), [])
    const answered = [{ ...one("1", true), doneAt: ModSeq(20) }, one("2", false)]
    assert.strictEqual(untold(answered, ModSeq(19)), answered)
    assert.strictEqual(untold(answered, null), answered)
    assert.deepStrictEqual(untold(answered, ModSeq(20)), [one("2", false)])
  })
})
