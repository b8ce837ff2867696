import type { FolderId, ModSeq, Uid } from "./ids.ts"

/** What a folder is for (RFC 6154, MS-ASCMD 2.2.3.186.3); "user" for those that people made. */
export type FolderRole = "inbox" | "drafts" | "sent" | "deleted" | "junk" | "archive" | "outbox" | "user"

/** A container of messages, with the counters that every client shows. */
export interface Folder {
  readonly id: FolderId
  readonly parentId: FolderId | null
  readonly name: string
  readonly role: FolderRole
  /** RFC 9051 2.3.1.1: the folder's number, so that a folder made anew under an old name has another one. */
  readonly uidValidity: number
  readonly uidNext: Uid
  readonly total: number
  readonly unread: number
  readonly sizeBytes: number
  /** The newest change of this folder or of a message in it. */
  readonly highestModSeq: ModSeq
}

/** The folders that every mailbox has from its first moment, in this order; their ids are 1 … 7. */
export const systemFolders: ReadonlyArray<{ readonly role: FolderRole; readonly name: string }> = [
  { role: "inbox", name: "Inbox" },
  { role: "drafts", name: "Drafts" },
  { role: "sent", name: "Sent Items" },
  { role: "deleted", name: "Deleted Items" },
  { role: "junk", name: "Junk Email" },
  { role: "archive", name: "Archive" },
  { role: "outbox", name: "Outbox" }
]
