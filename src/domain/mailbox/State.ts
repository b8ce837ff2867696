import type { Folder, FolderRole } from "../Folder.ts"
import { FolderId, type MailboxId, MessageId, ModSeq } from "../ids.ts"

/** What an actor remembers of its mailbox: small, and never the message list. */
export interface MailboxState {
  readonly mailboxId: MailboxId
  readonly modSeq: ModSeq
  /** The newest change of the folders themselves: made, renamed, moved, removed. */
  readonly hierarchyModSeq: ModSeq
  readonly nextMessageId: MessageId
  readonly nextFolderId: FolderId
  readonly usedBytes: number
  /** null = no quota. */
  readonly quotaBytes: number | null
  readonly folders: ReadonlyMap<FolderId, Folder>
}

/** The state before the first change. */
export const emptyState = (mailboxId: MailboxId, quotaBytes: number | null = null): MailboxState => ({
  mailboxId,
  modSeq: ModSeq(0),
  hierarchyModSeq: ModSeq(0),
  nextMessageId: MessageId(1),
  nextFolderId: FolderId(1),
  usedBytes: 0,
  quotaBytes,
  folders: new Map()
})

/** Limits of one mailbox; each is a setting. */
export interface MailboxLimits {
  readonly maxFolders: number
  readonly maxFolderDepth: number
  /** Messages that one command may name. */
  readonly maxBatch: number
  /** Messages that a bulk command changes in one commit before it says `more`. */
  readonly bulkChunk: number
  /** How old an operation may be to be undone. */
  readonly undoWindowMillis: number
}

export const defaultMailboxLimits: MailboxLimits = {
  maxFolders: 10_000,
  maxFolderDepth: 30,
  maxBatch: 5_000,
  bulkChunk: 1_000,
  undoWindowMillis: 24 * 60 * 60 * 1_000
}

export const folderByRole = (state: MailboxState, role: FolderRole): Folder | undefined => {
  for (const folder of state.folders.values()) if (folder.role === role) return folder
  return undefined
}

/** The folder and everything below it, parents first. */
export const subtree = (state: MailboxState, root: FolderId): ReadonlyArray<Folder> => {
  const found: Array<Folder> = []
  const waiting = [root]
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const folder = state.folders.get(id)
    if (folder === undefined) continue
    found.push(folder)
    for (const child of state.folders.values()) if (child.parentId === id) waiting.push(child.id)
  }
  return found
}

/** The folder's ancestors, nearest first, without itself. */
export const ancestors = (state: MailboxState, id: FolderId): ReadonlyArray<Folder> => {
  const found: Array<Folder> = []
  let at = state.folders.get(id)?.parentId ?? null
  while (at !== null) {
    const folder = state.folders.get(at)
    if (folder === undefined) break
    found.push(folder)
    at = folder.parentId
  }
  return found
}
