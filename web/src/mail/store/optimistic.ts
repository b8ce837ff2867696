import { edit, isSeen } from "../../../../src/domain/Flags.ts"
import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Command } from "../wire/calls.ts"
import { edited, folderOfRole, type MailState } from "./MailState.ts"

type PayloadOf<T extends Command["tag"]> = Extract<Command, { readonly tag: T }>["payload"]

/**
 * The state as it will be, where nothing comes between. What has been done already is not done again, so it may be told
 * of the command before its answer. A copy and a new folder have no number yet: they are waited for.
 */
export const withCommand = (state: MailState, command: Command): MailState => {
  switch (command.tag) {
    case "ChangeFlags":
      return withRowsOf(state, rowsOf(state, command.payload.messageIds).map(marked(command.payload)))
    case "MarkAllRead":
      return withAllRead(state, command.payload.folderId)
    case "Move":
      return moved(state, rowsOf(state, command.payload.messageIds), command.payload.toFolderId)
    case "Delete":
      return moved(
        state,
        rowsOf(state, command.payload.messageIds),
        folderOfRole(state.folders, "deleted")?.id
      )
    case "Expunge":
      return expunged(state, rowsOf(state, command.payload.messageIds))
    case "EmptyFolder":
      return emptied(state, command.payload.folderId)
    case "RenameFolder":
      return withFolder(state, command.payload.folderId, { name: command.payload.name })
    case "MoveFolder":
      return withFolder(state, command.payload.folderId, { parentId: command.payload.toFolderId })
    case "DeleteFolder":
      return withoutFolder(state, command.payload.folderId)
    default:
      return state
  }
}

const rowsOf = ({ messages }: MailState, ids: ReadonlyArray<MessageId>): ReadonlyArray<MessageRow> =>
  ids.flatMap((id) => messages.get(id) ?? [])

const rowsIn = ({ messages }: MailState, folderId: FolderId): ReadonlyArray<MessageRow> =>
  [...messages.values()].filter((row) => row.folderId === folderId)

const marked =
  ({ addFlags, removeFlags, addCategories, removeCategories }: PayloadOf<"ChangeFlags">) =>
  (row: MessageRow): MessageRow => ({
    ...row,
    flags: edit(row.flags, { add: addFlags, remove: removeFlags }),
    categories: edit(row.categories, { add: addCategories, remove: removeCategories })
  })

const withAllRead = (state: MailState, folderId: FolderId): MailState => {
  const read = marked({
    messageIds: [],
    addFlags: ["\\Seen"],
    removeFlags: [],
    addCategories: [],
    removeCategories: []
  })
  const next = withRowsOf(
    state,
    rowsIn(state, folderId)
      .filter((row) => !isSeen(row.flags))
      .map(read)
  )
  return withFolder(next, folderId, { unread: 0 })
}

const moved = (state: MailState, rows: ReadonlyArray<MessageRow>, to: FolderId | undefined): MailState => {
  if (to === undefined || !state.folders.has(to)) return state
  const going = rows.filter(({ folderId }) => folderId !== to)
  return withRowsOf(
    state,
    going.map((row) => ({ ...row, folderId: to }))
  )
}

const expunged = (state: MailState, rows: ReadonlyArray<MessageRow>): MailState => {
  const next = edited(state, { put: [], drop: rows.map(({ id }) => id) })
  return counted(next, rows, -1)
}

const emptied = (state: MailState, folderId: FolderId): MailState => {
  const folder = state.folders.get(folderId)
  const rows = rowsIn(state, folderId)
  const next =
    folder?.role === "deleted" || folder?.role === "junk"
      ? expunged(state, rows)
      : moved(state, rows, folderOfRole(state.folders, "deleted")?.id)
  return withFolder(next, folderId, { total: 0, unread: 0 })
}

/** Other rows of known messages, and the folders' counts as these make them. */
const withRowsOf = (state: MailState, rows: ReadonlyArray<MessageRow>): MailState => {
  const before = rows.flatMap(({ id }) => state.messages.get(id) ?? [])
  return counted(counted(edited(state, { put: rows, drop: [] }), before, -1), rows, 1)
}

const counted = (state: MailState, rows: ReadonlyArray<MessageRow>, by: 1 | -1): MailState => {
  if (rows.length === 0) return state
  const folders = new Map(state.folders)
  for (const { folderId, flags } of rows) {
    const folder = folders.get(folderId)
    if (folder === undefined) continue
    const unread = folder.unread + (isSeen(flags) ? 0 : by)
    folders.set(folderId, { ...folder, total: folder.total + by, unread })
  }
  return { ...state, folders }
}

const withFolder = (state: MailState, folderId: FolderId, change: Partial<FolderRow>): MailState => {
  const folder = state.folders.get(folderId)
  if (folder === undefined) return state
  return { ...state, folders: new Map([...state.folders, [folder.id, { ...folder, ...change }]]) }
}

/** To Deleted Items; from there it goes for good, which is waited for. */
const withoutFolder = (state: MailState, folderId: FolderId): MailState => {
  const folder = state.folders.get(folderId)
  const deleted = folderOfRole(state.folders, "deleted")
  if (folder === undefined || deleted === undefined || isBelow(state, folder, deleted.id)) return state
  return withFolder(state, folderId, { parentId: deleted.id })
}

const isBelow = ({ folders }: MailState, folder: FolderRow, above: FolderId): boolean => {
  // A circle, which no mailbox has, ends with the folders.
  let at: FolderRow | undefined = folder
  for (let steps = 0; at !== undefined && at.parentId !== null && steps <= folders.size; steps++) {
    if (at.parentId === above) return true
    at = folders.get(at.parentId)
  }
  return false
}
