import type { Flag } from "../../../../src/domain/Flags.ts"
import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { folderOfRole } from "../store/MailState.ts"
import type { MailStore } from "../store/MailStore.ts"
import type { Command } from "../wire/calls.ts"

/** Of one call (`OwaRpcs`). */
const atOnce = 1_000

/** What was ordered, to be undone together. */
export type Ordered = ReadonlyArray<string>

/** What one does with messages. Each answers by what names it can be undone, empty where there was nothing to do. */
export const actionsOn = (mail: MailStore) => {
  const each = (
    messageIds: ReadonlyArray<MessageId>,
    command: (messageIds: ReadonlyArray<MessageId>) => Command
  ): Ordered =>
    Array.from({ length: Math.ceil(messageIds.length / atOnce) }, (_, index) =>
      mail.order(command(messageIds.slice(index * atOnce, (index + 1) * atOnce)))
    )

  const changeFlags = (
    messageIds: ReadonlyArray<MessageId>,
    change: { readonly add?: ReadonlyArray<Flag>; readonly remove?: ReadonlyArray<Flag> }
  ): Ordered =>
    each(messageIds, (some) => ({
      tag: "ChangeFlags",
      payload: {
        messageIds: some,
        addFlags: change.add ?? [],
        removeFlags: change.remove ?? [],
        addCategories: [],
        removeCategories: []
      }
    }))

  const move = (messageIds: ReadonlyArray<MessageId>, toFolderId: FolderId): Ordered =>
    each(messageIds, (some) => ({ tag: "Move", payload: { messageIds: some, toFolderId } }))

  const moveToRole = (messageIds: ReadonlyArray<MessageId>, role: FolderRow["role"]): Ordered => {
    const folder = folderOfRole(mail.state.get().folders, role)
    return folder === undefined ? [] : move(messageIds, folder.id)
  }

  return {
    markRead: (ids: ReadonlyArray<MessageId>) => changeFlags(ids, { add: ["\\Seen"] }),
    markUnread: (ids: ReadonlyArray<MessageId>) => changeFlags(ids, { remove: ["\\Seen"] }),
    flag: (ids: ReadonlyArray<MessageId>) => changeFlags(ids, { add: ["\\Flagged"] }),
    unflag: (ids: ReadonlyArray<MessageId>) => changeFlags(ids, { remove: ["\\Flagged"] }),
    move,
    archive: (ids: ReadonlyArray<MessageId>) => moveToRole(ids, "archive"),
    junk: (ids: ReadonlyArray<MessageId>) => moveToRole(ids, "junk"),
    notJunk: (ids: ReadonlyArray<MessageId>) => moveToRole(ids, "inbox"),
    /** To Deleted Items. */
    remove: (ids: ReadonlyArray<MessageId>) =>
      each(ids, (messageIds) => ({ tag: "Delete", payload: { messageIds } })),
    /** For good: there is no undo. */
    expunge: (ids: ReadonlyArray<MessageId>) =>
      each(ids, (messageIds) => ({ tag: "Expunge", payload: { messageIds } })),
    markAllRead: (folderId: FolderId): Ordered => [mail.order({ tag: "MarkAllRead", payload: { folderId } })],
    emptyFolder: (folderId: FolderId): Ordered => [mail.order({ tag: "EmptyFolder", payload: { folderId } })],
    /** The last first, so that each finds what it left. */
    undo: (ordered: Ordered): Ordered =>
      ordered.toReversed().map((undoes) => mail.order({ tag: "Undo", payload: { undoes } }))
  }
}

export type Actions = ReturnType<typeof actionsOn>
