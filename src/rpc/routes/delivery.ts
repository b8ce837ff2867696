import { timestampMs } from "@bufbuild/protobuf/wkt"
import { InvalidRequest, isTemporary } from "../../domain/errors.ts"
import { BlobKey, ContentId, MailboxId, TaskId } from "../../domain/ids.ts"
import type { NewMessage } from "../../domain/Message.ts"
import type { CoreMethods, Delivered } from "../Core.ts"
import type { DeliverRequest } from "../gen/postroom/core/v1/mailbox_pb.ts"
import type { Address } from "../gen/postroom/core/v1/messages_pb.ts"
import { optionalTime, uuid } from "../wire/fromWire.ts"
import { roleFromWire } from "../wire/toWire.ts"

const addresses = (list: ReadonlyArray<Address>): NewMessage["envelope"]["from"] =>
  list.map(({ name, address, group }) => ({ name, address, ...(group === undefined ? {} : { group }) }))

const newMessage = (message: NonNullable<DeliverRequest["message"]>): NewMessage => {
  if (!/^[0-9a-f]{64}$/.test(message.checksum))
    throw new InvalidRequest({ message: "The checksum is malformed." })
  if (message.receivedAt === undefined) throw new InvalidRequest({ message: "received_at is missing." })
  return {
    contentId: ContentId(uuid(message.contentId, "content_id")),
    blobKey: BlobKey(message.blobKey),
    checksum: message.checksum,
    sizeBytes: Number(message.sizeBytes),
    envelope: {
      subject: message.subject,
      from: addresses(message.from),
      sender: addresses(message.sender),
      replyTo: addresses(message.replyTo),
      to: addresses(message.to),
      cc: addresses(message.cc),
      bcc: addresses(message.bcc),
      sentAt: optionalTime(message.sentAt),
      internetMessageId: message.internetMessageId ?? null,
      inReplyTo: message.inReplyTo,
      references: message.references
    },
    topic: message.topic,
    preview: message.preview,
    headers: message.headers,
    hasAttachments: message.hasAttachments,
    receivedAt: timestampMs(message.receivedAt)
  }
}

export const readDelivery = (request: DeliverRequest): Parameters<CoreMethods["deliver"]>[1] => {
  if (request.message === undefined) throw new InvalidRequest({ message: "The message is missing." })
  return {
    taskId: TaskId(uuid(request.taskId, "task_id")),
    message: newMessage(request.message),
    recipients: request.recipients.map((recipient) => ({
      mailboxId: MailboxId(uuid(recipient.mailboxId, "mailbox_id")),
      target: roleFromWire(recipient.target) ?? "inbox"
    }))
  }
}

export const deliveryToWire = ({ mailboxId, error, modSeq, isDuplicate }: Delivered) => ({
  mailboxId,
  modSeq: BigInt(modSeq ?? 0),
  duplicate: isDuplicate,
  error: error?._tag ?? "",
  temporary: error !== null && isTemporary(error)
})
