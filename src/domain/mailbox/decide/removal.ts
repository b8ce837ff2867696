import { Array as Arrays, Either } from "effect"
import type { ChangeFlags, DeleteMessages, EmptyFolder, ExpungeMessages, MarkAllRead } from "../../Command.ts"
import { NotAllowed, NotFound } from "../../errors.ts"
import { isSeen } from "../../Flags.ts"
import { folderByRole } from "../State.ts"
import { changedMarks } from "./marks.ts"
import { expunge, inFolders, moves } from "./messages.ts"
import { type Decided, decided, existingFolder, pick, type View } from "./View.ts"

export const deleteMessages = (view: View, command: DeleteMessages): Decided => {
  const deleted = folderByRole(view.state, "deleted")
  if (deleted === undefined) return Either.left(new NotFound({ what: "folder" }))
  const { found, missing } = pick(view, command.messageIds)
  return decided(moves(found, deleted), { missing })
}

export const expungeMessages = (view: View, command: ExpungeMessages): Decided => {
  const { folderId } = command
  const { found, missing } = pick(view, command.messageIds)
  const [elsewhere, here] = Arrays.partition(
    found,
    (message) => folderId === undefined || message.folderId === folderId
  )
  return decided(here.map(expunge), { missing: [...missing, ...elsewhere.map(({ id }) => id)] })
}

export const markAllRead = (view: View, command: MarkAllRead): Decided =>
  Either.map(existingFolder(view, command.folderId), (folder) => {
    const { messages, more } = inFolders(view, new Set([folder.id]), (message) => !isSeen(message.flags))
    const changes = messages.flatMap((message) => changedMarks(message, readThem) ?? [])
    return { changes, copies: new Map(), missing: [], more }
  })

const readThem: ChangeFlags = {
  _tag: "ChangeFlags",
  messageIds: [],
  addFlags: ["\\Seen"],
  removeFlags: [],
  addCategories: [],
  removeCategories: []
}

export const emptyFolder = (view: View, command: EmptyFolder): Decided =>
  existingFolder(view, command.folderId).pipe(
    Either.flatMap((folder) => {
      const { messages, more } = inFolders(view, new Set([folder.id]))
      if (command.permanently || folder.role === "deleted" || folder.role === "junk") {
        return decided(messages.map(expunge), { more })
      }
      const deleted = folderByRole(view.state, "deleted")
      if (deleted === undefined) {
        return Either.left(new NotAllowed({ message: "This mailbox has no Deleted Items folder." }))
      }
      return decided(moves(messages, deleted), { more })
    })
  )
