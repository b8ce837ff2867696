import { Schema } from "effect"
import { BlobKey, ContentId, MailboxId, TenantId } from "../domain/ids.ts"

/** Work of the stream `send`: a submitted message for recipients elsewhere. */
export const SendTask = Schema.Struct({
  contentId: Schema.String.pipe(Schema.fromBrand(ContentId)),
  tenantId: Schema.String.pipe(Schema.fromBrand(TenantId)),
  /** The mailbox that sent it: who gets the bounces. */
  mailboxId: Schema.String.pipe(Schema.fromBrand(MailboxId)),
  /** The message with our Received field, without Return-Path. */
  blobKey: Schema.String.pipe(Schema.fromBrand(BlobKey)),
  /** SHA-256 of the blob, lower-case hex. */
  checksum: Schema.String,
  sizeBytes: Schema.Number,
  /** Epoch milliseconds: when the message was accepted. */
  receivedAt: Schema.Number,
  /** Reverse path without brackets. */
  sender: Schema.String,
  protocol: Schema.String,
  /** Addresses; at least one. */
  recipients: Schema.Array(Schema.String)
})
export type SendTask = typeof SendTask.Type
