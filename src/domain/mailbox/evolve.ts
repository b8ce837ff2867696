import { type Change, type FolderCreated, isOfHierarchy } from "../Change.ts"
import { isSeen } from "../Flags.ts"
import type { Folder } from "../Folder.ts"
import { FolderId, MessageId, ModSeq, Uid } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { MailboxState } from "./State.ts"

/** The state after a change; the change takes the next ModSeq. Total: a change that was committed always applies. */
export const evolve = (state: MailboxState, change: Change): MailboxState => evolveAll(state, [change])

/** The state after changes in order, each at its own ModSeq. Copies the folders once, however many the changes. */
export const evolveAll = (state: MailboxState, changes: ReadonlyArray<Change>): MailboxState => {
  if (changes.length === 0) return state
  const next: Next = { ...state, folders: new Map(state.folders) }
  for (const change of changes) {
    next.modSeq = ModSeq(next.modSeq + 1)
    if (isOfHierarchy(change)) next.hierarchyModSeq = next.modSeq
    apply(next, change)
  }
  return next
}

/** A state of which this file alone holds a reference, while it is being made. */
type Next = { -readonly [K in keyof MailboxState]: MailboxState[K] } & {
  readonly folders: Map<FolderId, Folder>
}

const apply = (next: Next, change: Change): void => {
  const { modSeq } = next
  switch (change._tag) {
    case "MessageAdded":
      next.nextMessageId = MessageId(Math.max(next.nextMessageId, change.messageId + 1))
      next.usedBytes += change.sizeBytes
      update(next, change.folderId, (folder) =>
        arrive(folder, { ...change, seen: isSeen(change.flags), modSeq })
      )
      return
    case "FlagsChanged": {
      const unread = Number(change.wasSeen) - Number(isSeen(change.flags))
      update(next, change.folderId, (folder) => ({
        ...folder,
        unread: folder.unread + unread,
        highestModSeq: modSeq
      }))
      return
    }
    case "MessageMoved":
      update(next, change.fromFolderId, (folder) => leave(folder, { ...change, modSeq }))
      update(next, change.folderId, (folder) => arrive(folder, { ...change, modSeq }))
      return
    case "Expunged":
      next.usedBytes -= change.sizeBytes
      update(next, change.folderId, (folder) => leave(folder, { ...change, modSeq }))
      return
    case "FolderCreated":
      next.nextFolderId = FolderId(Math.max(next.nextFolderId, change.folderId + 1))
      next.folders.set(change.folderId, newFolder(change, modSeq))
      return
    case "FolderRenamed":
      update(next, change.folderId, (folder) => ({
        ...folder,
        name: change.name,
        highestModSeq: modSeq
      }))
      return
    case "FolderMoved":
      update(next, change.folderId, (folder) => ({
        ...folder,
        parentId: change.parentId,
        highestModSeq: modSeq
      }))
      return
    case "FolderDeleted":
      next.folders.delete(change.folderId)
      return
  }
}

const update = ({ folders }: Next, id: FolderId, change: (folder: Folder) => Folder): void => {
  const folder = folders.get(id)
  if (folder !== undefined) folders.set(id, change(folder))
}

const newFolder = (change: FolderCreated, modSeq: ModSeq): Folder => ({
  id: change.folderId,
  parentId: change.parentId,
  name: change.name,
  role: change.role,
  uidValidity: change.uidValidity,
  uidNext: Uid(1),
  total: 0,
  unread: 0,
  sizeBytes: 0,
  highestModSeq: modSeq
})

/** The message after a change of it, or undefined where it is gone. */
export const evolveMessage = (message: StoredMessage, change: Change): StoredMessage | undefined => {
  switch (change._tag) {
    case "FlagsChanged": {
      const { followUp: _planned, lastVerb: _done, ...rest } = message
      const { flags, categories, followUp, lastVerb } = change
      return {
        ...rest,
        flags,
        categories,
        ...(followUp === undefined ? {} : { followUp }),
        ...(lastVerb === undefined ? {} : { lastVerb })
      }
    }
    case "MessageMoved":
      return { ...message, folderId: change.folderId, uid: change.uid }
    case "Expunged":
      return undefined
    default:
      return message
  }
}

interface Passage {
  readonly uid: Uid
  readonly seen: boolean
  readonly sizeBytes: number
  readonly modSeq: ModSeq
}

const arrive = (folder: Folder, passage: Passage): Folder => ({
  ...folder,
  uidNext: Uid(Math.max(folder.uidNext, passage.uid + 1)),
  total: folder.total + 1,
  unread: folder.unread + Number(!passage.seen),
  sizeBytes: folder.sizeBytes + passage.sizeBytes,
  highestModSeq: passage.modSeq
})

const leave = (folder: Folder, passage: Omit<Passage, "uid">): Folder => ({
  ...folder,
  total: folder.total - 1,
  unread: folder.unread - Number(!passage.seen),
  sizeBytes: folder.sizeBytes - passage.sizeBytes,
  highestModSeq: passage.modSeq
})
