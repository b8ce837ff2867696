import type { ContentId, CorrelationId, MailboxId, OperationId, TaskId, TenantId } from "../domain/ids.ts"
import type { BlobRef } from "../storage/blobs/BlobStore.ts"
import type { NewTask } from "../storage/streams/Streams.ts"
import type { IngestTask } from "./IngestTask.ts"
import type { Recipient } from "./Intake.ts"
import type { SendTask } from "./SendTask.ts"

/** An accepted message as it was stored for those who share this copy, and the task that it becomes. */
export interface StoredCopy {
  readonly taskId: TaskId
  readonly contentId: ContentId
  readonly tenantId: TenantId
  readonly ref: BlobRef
  /** Epoch milliseconds: when the message was accepted. */
  readonly receivedAt: number
  /** Reverse path without brackets; "" for the null sender. */
  readonly sender: string
  readonly protocol: string
  readonly correlationId: CorrelationId
  /** Epoch milliseconds before which nobody gets it; null = at once. */
  readonly notBefore: number | null
}

/** Each tenant has a copy of its own. */
export const byTenant = (
  recipients: ReadonlyArray<Recipient>
): ReadonlyArray<[TenantId, ReadonlyArray<Recipient>]> => {
  const groups = new Map<TenantId, Array<Recipient>>()
  for (const recipient of recipients) {
    const others = groups.get(recipient.tenantId)
    if (others === undefined) groups.set(recipient.tenantId, [recipient])
    else others.push(recipient)
  }
  return [...groups]
}

export const ingestTask = (copy: StoredCopy, recipients: ReadonlyArray<Recipient>): NewTask => ({
  ...taskOf(copy),
  stream: "mail_ingest",
  payload: {
    ...messageOf(copy),
    recipients: perMailbox(recipients)
  } satisfies typeof IngestTask.Encoded
})

/** The author's own copy, for Sent Items. While it waits it is found by who sends it, and by the operation that did. */
export const sentCopyTask = (
  copy: StoredCopy,
  { mailboxId, operationId }: { readonly mailboxId: MailboxId; readonly operationId: OperationId | null }
): NewTask => ({
  ...taskOf(copy),
  stream: "mail_ingest",
  payload: {
    ...messageOf(copy),
    target: "sent",
    recipients: [{ mailboxId, addresses: [], detail: null }],
    ...(copy.notBefore !== null && operationId !== null && { held: { mailboxId, operationId } })
  } satisfies typeof IngestTask.Encoded
})

export const sendTask = (
  copy: StoredCopy,
  { mailboxId, recipients }: { readonly mailboxId: MailboxId; readonly recipients: ReadonlyArray<string> }
): NewTask => ({
  ...taskOf(copy),
  stream: "send",
  payload: { ...messageOf(copy), mailboxId, recipients } satisfies typeof SendTask.Encoded
})

const taskOf = ({ taskId, correlationId, tenantId, notBefore }: StoredCopy) => ({
  taskId,
  correlationId,
  tenantId,
  workKey: null,
  notBefore
})

const messageOf = ({ contentId, tenantId, ref, receivedAt, sender, protocol }: StoredCopy) => ({
  contentId,
  tenantId,
  blobKey: ref.key,
  checksum: ref.checksum,
  sizeBytes: ref.sizeBytes,
  receivedAt,
  sender,
  protocol
})

type PerMailbox = (typeof IngestTask.Encoded)["recipients"][number]

/** Several addresses of one mailbox are one delivery. */
const perMailbox = (recipients: ReadonlyArray<Recipient>): ReadonlyArray<PerMailbox> => {
  const byMailbox = new Map<MailboxId, PerMailbox>()
  for (const { mailboxId, address, detail } of recipients) {
    const known = byMailbox.get(mailboxId)
    byMailbox.set(mailboxId, {
      mailboxId,
      addresses: known === undefined ? [address] : [...known.addresses, address],
      detail: known?.detail ?? detail
    })
  }
  return [...byMailbox.values()]
}
