import { Array as Arrays, Either } from "effect"
import type { DeleteMessages, EmptyFolder, ExpungeMessages, MarkAllRead } from "../../Command.ts"
import { NotAllowed, NotFound } from "../../errors.ts"
import { edit, isSeen } from "../../Flags.ts"
import { folderByRole } from "../State.ts"
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
    const changes = messages.map((message) => ({
      _tag: "FlagsChanged" as const,
      messageId: message.id,
      folderId: message.folderId,
      flags: edit(message.flags, { add: ["\\Seen"], remove: [] }),
      categories: message.categories,
      wasSeen: false,
      uid: message.uid
    }))
    return { changes, copies: new Map(), missing: [], more }
  })

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
