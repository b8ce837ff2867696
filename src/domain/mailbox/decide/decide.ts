import { Either } from "effect"
import type { Command, Selection } from "../../Command.ts"
import { decideSync, messagesNamed } from "../../sync/decideSync.ts"
import { type MailboxState, subtree } from "../State.ts"
import { createFolder, createMailbox, deleteFolder, moveFolder, renameFolder } from "./folders.ts"
import { append, changeFlags, copyMessages, deliver, moveMessages } from "./messages.ts"
import { deleteMessages, emptyFolder, expungeMessages, markAllRead } from "./removal.ts"
import { checkShape } from "./shape.ts"
import { undo } from "./undo.ts"
import type { Decided, View } from "./View.ts"

/** The messages that must be in the view before this command can be decided. */
export const select = (state: MailboxState, command: Command): Selection => {
  switch (command._tag) {
    case "ChangeFlags":
    case "MoveMessages":
    case "CopyMessages":
    case "DeleteMessages":
    case "ExpungeMessages":
      return { _tag: "Ids", ids: command.messageIds }
    case "MarkAllRead":
      return { _tag: "Folders", folderIds: [command.folderId], unseenOnly: true }
    case "EmptyFolder":
      return { _tag: "Folders", folderIds: [command.folderId], unseenOnly: false }
    case "DeleteFolder":
      return {
        _tag: "Folders",
        folderIds: subtree(state, command.folderId).map(({ id }) => id),
        unseenOnly: false
      }
    case "Synchronise":
      return { _tag: "Ids", ids: messagesNamed(command.wish) }
    default:
      return { _tag: "None" }
  }
}

/** What a command does to a mailbox: changes in order, or why not. Pure; the first refusal changes nothing. */
export const decide = (view: View, command: Command): Decided =>
  Either.flatMap(checkShape(command, view.limits), () => dispatch(view, command))

const dispatch = (view: View, command: Command): Decided => {
  switch (command._tag) {
    case "CreateMailbox":
      return createMailbox(view)
    case "Deliver":
      return deliver(view, command)
    case "Append":
      return append(view, command)
    case "ChangeFlags":
      return changeFlags(view, command)
    case "MoveMessages":
      return moveMessages(view, command)
    case "CopyMessages":
      return copyMessages(view, command)
    case "DeleteMessages":
      return deleteMessages(view, command)
    case "ExpungeMessages":
      return expungeMessages(view, command)
    case "CreateFolder":
      return createFolder(view, command)
    case "RenameFolder":
      return renameFolder(view, command)
    case "MoveFolder":
      return moveFolder(view, command)
    case "DeleteFolder":
      return deleteFolder(view, command)
    case "MarkAllRead":
      return markAllRead(view, command)
    case "EmptyFolder":
      return emptyFolder(view, command)
    case "Undo":
      return undo(view, command)
    default:
      return decideSync(view, command)
  }
}
