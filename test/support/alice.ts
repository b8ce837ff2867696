import {
  BlobKey,
  ContentId,
  FolderId,
  MailboxId,
  MessageId,
  ModSeq,
  TenantId,
  ThreadId,
  Uid
} from "../../src/domain/ids.ts"
import type { MessageSummary } from "../../src/domain/Message.ts"
import type { UserPrincipal } from "../../src/identity/Principal.ts"
import { readMessage } from "../../src/protocols/mime/readMessage.ts"

export const tenantId = TenantId("aaaaaaaa-0000-4000-8000-000000000000")
export const mailboxId = MailboxId("aaaaaaaa-0000-4000-8000-000000000001")
export const address = "alice@demo.test"

/** Whose mailbox most tests are about. */
export const alice: UserPrincipal = { _tag: "User", mailboxId, tenantId, address, roles: ["user"] }

/** 2026-01-31T10:00:00Z. */
export const receivedAt = Date.UTC(2026, 0, 31, 10)

/** The `n`th message of her Inbox, about which nothing else is known. */
export const summary = (n: number, parts: Partial<MessageSummary> = {}): MessageSummary => ({
  id: MessageId(n),
  folderId: FolderId(1),
  uid: Uid(n),
  flags: [],
  categories: [],
  sizeBytes: 1,
  threadId: ThreadId(n),
  subject: `message ${n}`,
  from: [],
  to: [],
  cc: [],
  bcc: [],
  replyTo: [],
  sender: [],
  date: null,
  receivedAt,
  preview: "",
  hasAttachments: false,
  internetMessageId: null,
  headers: {},
  contentId: ContentId(`cccccccc-0000-4000-8000-${String(n).padStart(12, "0")}`),
  blobKey: BlobKey("blobs/x"),
  checksum: "00",
  modSeq: ModSeq(n),
  ...parts
})

/** The `n`th message as ingest reads it. */
export const summaryOf = (raw: Uint8Array, n = 1, parts: Partial<MessageSummary> = {}): MessageSummary => {
  const { envelope, headers, hasAttachments, preview } = readMessage(raw)
  return summary(n, {
    ...envelope,
    date: envelope.sentAt,
    sizeBytes: raw.length,
    headers,
    hasAttachments,
    preview,
    ...parts
  })
}
