// The one place where SQL's words become ours: `user_id` is a MailboxId, `mailboxes` are Folders.
import type { Address } from "../../domain/Content.ts"
import { type Flag, isFlag } from "../../domain/Flags.ts"
import type { Folder, FolderRole } from "../../domain/Folder.ts"
import {
  BlobKey,
  ContentId,
  FolderId,
  type MailboxId,
  MessageId,
  ModSeq,
  ThreadId,
  Uid
} from "../../domain/ids.ts"
import type { MessageSummary, StoredMessage } from "../../domain/Message.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"

export interface HeadRow {
  readonly epoch: number
  readonly modseq: number
  readonly hierarchy_modseq: number | null
  readonly next_message: number
  readonly next_folder: number
  readonly used_bytes: number
  readonly quota_bytes: number | null
  readonly quarantined: boolean
  readonly folders: ReadonlyArray<FolderRow> | null
}

export interface FolderRow {
  readonly id: number
  readonly parent_id: number | null
  readonly name: string
  readonly type: FolderRole
  readonly uid_validity: number
  readonly uid_next: number
  readonly total: number
  readonly unread: number
  readonly size_bytes: number
  readonly highest_modseq: number
}

export interface StoredRow {
  readonly id: number
  readonly mailbox_id: number
  readonly uid: number
  readonly flags: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  readonly size_bytes: number
  readonly received_at: number
  readonly marks: Pick<StoredMessage, "followUp" | "lastVerb"> | null
}

export interface SummaryRow extends StoredRow {
  readonly thread_id: number
  readonly modseq: number
  readonly subject: string
  readonly from: ReadonlyArray<Address>
  readonly to_cc_bcc: {
    readonly to: ReadonlyArray<Address>
    readonly cc: ReadonlyArray<Address>
    readonly bcc: ReadonlyArray<Address>
    readonly replyTo: ReadonlyArray<Address>
    readonly sender: ReadonlyArray<Address>
  }
  readonly date: number | null
  readonly has_attachments: boolean
  readonly preview: string
  readonly headers: Readonly<Record<string, string>>
  readonly internet_message_id: string | null
  readonly content_id: string
  readonly blob_key: string
  readonly checksum: string
}

export const summaryColumns = `id, mailbox_id, uid, thread_id, modseq, subject, "from", to_cc_bcc, date, received_at,
  flags, categories, size_bytes, has_attachments, preview, headers, internet_message_id, content_id, blob_key, checksum,
  marks`

export const storedColumns = "id, mailbox_id, uid, flags, categories, size_bytes, received_at, marks"

/** A journal entry about the folders themselves, as the index on them says it. */
export const hierarchyChange =
  "change ->> '_tag' IN ('FolderCreated', 'FolderRenamed', 'FolderMoved', 'FolderDeleted')"

export const toState = (mailboxId: MailboxId, row: HeadRow): MailboxState => ({
  mailboxId,
  modSeq: ModSeq(row.modseq),
  hierarchyModSeq: ModSeq(row.hierarchy_modseq ?? 0),
  nextMessageId: MessageId(row.next_message),
  nextFolderId: FolderId(row.next_folder),
  usedBytes: row.used_bytes,
  quotaBytes: row.quota_bytes,
  folders: new Map((row.folders ?? []).map((folder) => [FolderId(folder.id), toFolder(folder)]))
})

const toFolder = (row: FolderRow): Folder => ({
  id: FolderId(row.id),
  parentId: row.parent_id === null ? null : FolderId(row.parent_id),
  name: row.name,
  role: row.type,
  uidValidity: row.uid_validity,
  uidNext: Uid(row.uid_next),
  total: row.total,
  unread: row.unread,
  sizeBytes: row.size_bytes,
  highestModSeq: ModSeq(row.highest_modseq)
})

export const toStored = (row: StoredRow): StoredMessage => ({
  id: MessageId(row.id),
  folderId: FolderId(row.mailbox_id),
  uid: Uid(row.uid),
  flags: row.flags.filter((flag): flag is Flag => isFlag(flag)),
  categories: row.categories,
  sizeBytes: row.size_bytes,
  receivedAt: row.received_at,
  ...row.marks
})

export const toSummary = (row: SummaryRow): MessageSummary => ({
  ...toStored(row),
  threadId: ThreadId(row.thread_id),
  modSeq: ModSeq(row.modseq),
  subject: row.subject,
  from: row.from,
  ...row.to_cc_bcc,
  date: row.date,
  hasAttachments: row.has_attachments,
  preview: row.preview,
  headers: row.headers,
  internetMessageId: row.internet_message_id,
  contentId: ContentId(row.content_id),
  blobKey: BlobKey(row.blob_key),
  checksum: row.checksum
})
