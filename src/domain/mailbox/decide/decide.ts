import { Either } from "effect"
import type { Command, Selection } from "../../Command.ts"
import { InvalidRequest, LimitExceeded } from "../../errors.ts"
import { isCategory, maxCategories, maxCategoryLength } from "../../Flags.ts"
import type { MessageId } from "../../ids.ts"
import { type MailboxLimits, type MailboxState, subtree } from "../State.ts"
import { createFolder, createMailbox, deleteFolder, moveFolder, renameFolder } from "./folders.ts"
import { append, changeFlags, copyMessages, deliver, moveMessages } from "./messages.ts"
import { deleteMessages, emptyFolder, expungeMessages, markAllRead } from "./removal.ts"
import type { Decided, Refusal, View } from "./View.ts"

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
  }
}

const checkShape = (command: Command, limits: MailboxLimits): Either.Either<void, Refusal> => {
  if ("messageIds" in command && tooMany(command.messageIds, limits)) {
    return Either.left(new LimitExceeded({ limit: "batch", max: limits.maxBatch }))
  }
  const added = addedCategories(command)
  if (added.length > maxCategories || !added.every(isCategory)) {
    return Either.left(
      new InvalidRequest({
        message: `A category has 1 to ${maxCategoryLength} characters and no control characters; at most ${maxCategories}.`
      })
    )
  }
  return Either.void
}

const addedCategories = (command: Command): ReadonlyArray<string> => {
  if (command._tag === "ChangeFlags") return command.addCategories
  return command._tag === "Append" ? command.categories : []
}

const tooMany = (ids: ReadonlyArray<MessageId>, limits: MailboxLimits): boolean =>
  ids.length > limits.maxBatch
