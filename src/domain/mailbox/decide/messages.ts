import { Either } from "effect"
import type { Change, Expunged } from "../../Change.ts"
import type { Append, ChangeFlags, CopyMessages, Deliver, MoveMessages } from "../../Command.ts"
import { InvalidRequest, LimitExceeded, NotFound } from "../../errors.ts"
import { isSeen, maxCategories, maxCategoryCharacters, normalise } from "../../Flags.ts"
import type { Folder } from "../../Folder.ts"
import { type FolderId, MessageId, Uid } from "../../ids.ts"
import type { StoredMessage } from "../../Message.ts"
import { folderByRole } from "../State.ts"
import { changedMarks, fitsMessage } from "./marks.ts"
import { type Decided, decided, existingFolder, pick, type View } from "./View.ts"

/** Accepted mail is always taken: the quota is asked at RCPT, before the 250. Who sent it has read it. */
export const deliver = (view: View, command: Deliver): Decided => {
  const folder = folderByRole(view.state, command.target) ?? folderByRole(view.state, "inbox")
  if (folder === undefined) return Either.left(new NotFound({ what: "folder" }))
  return decided([
    {
      _tag: "MessageAdded",
      messageId: view.state.nextMessageId,
      folderId: folder.id,
      uid: folder.uidNext,
      flags: command.target === "sent" ? ["\\Seen"] : [],
      categories: [],
      sizeBytes: command.message.sizeBytes
    }
  ])
}

export const append = (view: View, command: Append): Decided =>
  existingFolder(view, command.folderId).pipe(
    Either.flatMap((folder) => {
      const over = overQuota(view, command.message.sizeBytes)
      if (over !== undefined) return Either.left(over)
      return decided([
        {
          _tag: "MessageAdded",
          messageId: view.state.nextMessageId,
          folderId: folder.id,
          uid: folder.uidNext,
          flags: normalise(command.flags),
          categories: normalise(command.categories),
          sizeBytes: command.message.sizeBytes,
          ...(command.followUp === undefined ? {} : { followUp: command.followUp })
        }
      ])
    })
  )

export const changeFlags = (view: View, command: ChangeFlags): Decided => {
  const { found, missing } = pick(view, command.messageIds)
  const changes: Array<Change> = []
  for (const message of found) {
    const change = changedMarks(message, command)
    if (change === undefined) continue
    if (!fitsMessage(change.categories)) {
      return Either.left(
        new InvalidRequest({
          message: `A message has at most ${maxCategories} categories of ${maxCategoryCharacters} characters together.`
        })
      )
    }
    changes.push(change)
  }
  return decided(changes, { missing })
}

export const moveMessages = (view: View, command: MoveMessages): Decided =>
  Either.map(existingFolder(view, command.toFolderId), (folder) => {
    const { found, missing } = pick(view, command.messageIds)
    return { changes: moves(found, folder), copies: new Map(), missing, more: false }
  })

export const copyMessages = (view: View, command: CopyMessages): Decided =>
  existingFolder(view, command.toFolderId).pipe(
    Either.flatMap((folder) => {
      const { found, missing } = pick(view, command.messageIds)
      const over = overQuota(
        view,
        found.reduce((sum, message) => sum + message.sizeBytes, 0)
      )
      if (over !== undefined) return Either.left(over)
      const copies = new Map<MessageId, MessageId>()
      const changes = found.map((message, index): Change => {
        const messageId = MessageId(view.state.nextMessageId + index)
        copies.set(messageId, message.id)
        return {
          _tag: "MessageAdded",
          messageId,
          folderId: folder.id,
          uid: Uid(folder.uidNext + index),
          flags: message.flags,
          categories: message.categories,
          sizeBytes: message.sizeBytes,
          ...(message.followUp === undefined ? {} : { followUp: message.followUp }),
          ...(message.lastVerb === undefined ? {} : { lastVerb: message.lastVerb })
        }
      })
      return decided(changes, { copies, missing })
    })
  )

/** Moves into `folder`, numbered in order; messages that lie there already stay as they are. */
export const moves = (messages: ReadonlyArray<StoredMessage>, folder: Folder): ReadonlyArray<Change> =>
  messages
    .filter((message) => message.folderId !== folder.id)
    .map((message, index) => ({
      _tag: "MessageMoved",
      messageId: message.id,
      folderId: folder.id,
      uid: Uid(folder.uidNext + index),
      fromFolderId: message.folderId,
      fromUid: message.uid,
      seen: isSeen(message.flags),
      sizeBytes: message.sizeBytes,
      receivedAt: message.receivedAt
    }))

export const expunge = (message: StoredMessage): Expunged => ({
  _tag: "Expunged",
  messageId: message.id,
  folderId: message.folderId,
  uid: message.uid,
  seen: isSeen(message.flags),
  sizeBytes: message.sizeBytes,
  receivedAt: message.receivedAt
})

/** Messages of the view that lie in one of the folders, oldest first, and whether some were left out. */
export const inFolders = (
  view: View,
  folderIds: ReadonlySet<FolderId>,
  wanted: (message: StoredMessage) => boolean = () => true
): { readonly messages: ReadonlyArray<StoredMessage>; readonly more: boolean } => {
  const all = [...view.messages.values()]
    .filter((message) => folderIds.has(message.folderId) && wanted(message))
    .sort((a, b) => a.id - b.id)
  // `select` reads one message more than a chunk takes, so a full chunk knows whether it was the last.
  return { messages: all.slice(0, view.limits.bulkChunk), more: all.length > view.limits.bulkChunk }
}

const overQuota = (view: View, sizeBytes: number): LimitExceeded | undefined => {
  const { quotaBytes, usedBytes } = view.state
  return quotaBytes !== null && usedBytes + sizeBytes > quotaBytes
    ? new LimitExceeded({ limit: "quota", max: quotaBytes })
    : undefined
}
