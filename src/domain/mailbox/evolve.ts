import type { Change } from "../Change.ts"
import { isSeen } from "../Flags.ts"
import type { Folder } from "../Folder.ts"
import { FolderId, MessageId, ModSeq, Uid } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { MailboxState } from "./State.ts"

/** The state after a change; the change takes the next ModSeq. Total: a change that was committed always applies. */
export const evolve = (state: MailboxState, change: Change): MailboxState => {
  const modSeq = ModSeq(state.modSeq + 1)
  switch (change._tag) {
    case "MessageAdded": {
      const folder = state.folders.get(change.folderId)
      return {
        ...state,
        modSeq,
        nextMessageId: MessageId(Math.max(state.nextMessageId, change.messageId + 1)),
        usedBytes: state.usedBytes + change.sizeBytes,
        folders: put(state, folder && arrive(folder, { ...change, seen: isSeen(change.flags), modSeq }))
      }
    }
    case "FlagsChanged": {
      const folder = state.folders.get(change.folderId)
      const unread = Number(change.wasSeen) - Number(isSeen(change.flags))
      return {
        ...state,
        modSeq,
        folders: put(state, folder && { ...folder, unread: folder.unread + unread, highestModSeq: modSeq })
      }
    }
    case "MessageMoved": {
      const from = state.folders.get(change.fromFolderId)
      const folders = put(state, from && leave(from, { ...change, modSeq }))
      const to = folders.get(change.folderId)
      return { ...state, modSeq, folders: put({ folders }, to && arrive(to, { ...change, modSeq })) }
    }
    case "Expunged": {
      const folder = state.folders.get(change.folderId)
      return {
        ...state,
        modSeq,
        usedBytes: state.usedBytes - change.sizeBytes,
        folders: put(state, folder && leave(folder, { ...change, modSeq }))
      }
    }
    case "FolderCreated":
      return {
        ...state,
        modSeq,
        nextFolderId: FolderId(Math.max(state.nextFolderId, change.folderId + 1)),
        folders: put(state, {
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
      }
    case "FolderRenamed": {
      const folder = state.folders.get(change.folderId)
      return {
        ...state,
        modSeq,
        folders: put(state, folder && { ...folder, name: change.name, highestModSeq: modSeq })
      }
    }
    case "FolderMoved": {
      const folder = state.folders.get(change.folderId)
      return {
        ...state,
        modSeq,
        folders: put(state, folder && { ...folder, parentId: change.parentId, highestModSeq: modSeq })
      }
    }
    case "FolderDeleted": {
      const folders = new Map(state.folders)
      folders.delete(change.folderId)
      return { ...state, modSeq, folders }
    }
  }
}

/** The message after a change of it, or undefined where it is gone. */
export const evolveMessage = (message: StoredMessage, change: Change): StoredMessage | undefined => {
  switch (change._tag) {
    case "FlagsChanged":
      return { ...message, flags: change.flags, categories: change.categories }
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

const put = (
  state: Pick<MailboxState, "folders">,
  folder: Folder | undefined
): ReadonlyMap<FolderId, Folder> => {
  if (folder === undefined) return state.folders
  return new Map(state.folders).set(folder.id, folder)
}
