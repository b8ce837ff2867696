import { Schema } from "effect"
import { BlobKey, ContentId, MailboxId, TenantId } from "../domain/ids.ts"

/** Work of the stream `mail_ingest`: an accepted message for one or more mailboxes of one tenant. */
export const IngestTask = Schema.Struct({
  contentId: Schema.String.pipe(Schema.fromBrand(ContentId)),
  tenantId: Schema.String.pipe(Schema.fromBrand(TenantId)),
  blobKey: Schema.String.pipe(Schema.fromBrand(BlobKey)),
  /** SHA-256 of the blob, lower-case hex. */
  checksum: Schema.String,
  sizeBytes: Schema.Number,
  /** Epoch milliseconds: when the message was accepted. */
  receivedAt: Schema.Number,
  /** Reverse path without brackets; "" for the null sender. */
  sender: Schema.String,
  /** How it came: `smtp`, `lmtp`, `grpc` …; the origin of the changes. */
  protocol: Schema.String,
  /** Where it goes in each of the mailboxes. */
  target: Schema.optionalWith(Schema.Literal("inbox", "sent"), { default: () => "inbox" }),
  /** At least one; one per mailbox, however many of the addresses lead there. */
  recipients: Schema.Array(
    Schema.Struct({
      mailboxId: Schema.String.pipe(Schema.fromBrand(MailboxId)),
      /** As the client wrote them. */
      addresses: Schema.Array(Schema.String),
      /** The first sub-address detail among them. */
      detail: Schema.NullOr(Schema.String)
    })
  )
})

export type IngestTask = typeof IngestTask.Type
