import { type MailboxId, ThreadId } from "../../../domain/ids.ts"
import type { MessageSummary } from "../../../domain/Message.ts"

const idBytes = 8

/**
 * `ConversationId`: 16 bytes (MS-ASEMAIL 2.2.2.21), half of them the mailbox's so that an id of another mailbox is never
 * taken for one of this, then the thread's number.
 */
export const conversationIdOf = (mailboxId: MailboxId, threadId: ThreadId): Uint8Array => {
  const bytes = Buffer.alloc(2 * idBytes)
  bytes.set(ownBytes(mailboxId))
  bytes.writeBigUInt64BE(BigInt(threadId), idBytes)
  return bytes
}

/** Undefined where the id is none of this mailbox. */
export const threadIdOf = (mailboxId: MailboxId, conversationId: Uint8Array): ThreadId | undefined => {
  const bytes = Buffer.from(conversationId)
  if (bytes.length !== 2 * idBytes || !bytes.subarray(0, idBytes).equals(ownBytes(mailboxId)))
    return undefined
  const number = bytes.readBigUInt64BE(idBytes)
  return number > 0n && number <= BigInt(Number.MAX_SAFE_INTEGER) ? ThreadId(Number(number)) : undefined
}

const ownBytes = (mailboxId: MailboxId): Buffer =>
  Buffer.from(mailboxId.replaceAll("-", ""), "hex").subarray(0, idBytes)

/** Octets of each field of a conversation index: the header and every response level (MS-ASCON 2.2.2.4). */
const fieldBytes = 5

/**
 * `ConversationIndex`: when the conversation began, in 5 bytes, and 5 for each answer or forward since. As the message
 * says it in Thread-Index (MS-OXOMSG 2.2.1.3, without reserved byte and GUID); else the time of this message alone.
 */
export const conversationIndexOf = ({ headers, date, receivedAt }: MessageSummary): Uint8Array => {
  const written = Buffer.from(headers["thread-index"] ?? "", "base64")
  return written.length >= threadIndexHeader
    ? Buffer.concat([written.subarray(1, 1 + fieldBytes), wholeLevels(written.subarray(threadIndexHeader))])
    : fileTimeHeader(date ?? receivedAt)
}

/** Reserved byte, time, GUID. */
const threadIndexHeader = 1 + fieldBytes + 16

/**
 * `Thread-Index` of a message that answers or forwards another: that of the other with one level more (MS-OXOMSG 2.2.1.3),
 * so that the conversation index grows wherever it is read. `guid`: 16 octets.
 */
export const threadIndexAfter = (
  parent: Pick<MessageSummary, "headers" | "date" | "receivedAt">,
  { now, guid }: { readonly now: number; readonly guid: Uint8Array }
): string => {
  const written = Buffer.from(parent.headers["thread-index"] ?? "", "base64")
  const before =
    written.length >= threadIndexHeader
      ? Buffer.concat([
          written.subarray(0, threadIndexHeader),
          wholeLevels(written.subarray(threadIndexHeader))
        ])
      : Buffer.concat([Buffer.from([1]), fileTimeHeader(parent.date ?? parent.receivedAt), guid])
  return Buffer.concat([before, responseLevel(before, now, guid)]).toString("base64")
}

/** 1.7 years in units of 100 ns: beyond it the difference is told less finely. */
const fineDifference = 1n << 49n

/** The time since the conversation began in 31 bits, then an octet that keeps answers of one moment apart. */
const responseLevel = (index: Buffer, now: number, guid: Uint8Array): Buffer => {
  const began = Buffer.concat([index.subarray(0, 1 + fieldBytes), Buffer.alloc(2)]).readBigUInt64BE()
  const difference = fileTimeOf(now) - began
  const isFine = difference < fineDifference
  const delta = (difference < 0n ? 0n : difference) >> (isFine ? 18n : 23n)
  const level = Buffer.alloc(fieldBytes)
  level.writeUInt32BE(Number(delta & 0x7fff_ffffn) + (isFine ? 0 : 2 ** 31))
  level[4] = guid[15] ?? 0
  return level
}

/** Answers of answers without end are not told beyond this. */
const maxLevels = 100

const wholeLevels = (levels: Buffer): Buffer =>
  levels.subarray(0, Math.min(maxLevels, Math.floor(levels.length / fieldBytes)) * fieldBytes)

const fileTimeEpoch = 11_644_473_600_000n

/** The high octets of a FILETIME, whose highest is 1 for centuries to come and left out. */
const fileTimeHeader = (millis: number): Buffer => {
  const fileTime = Buffer.alloc(8)
  fileTime.writeBigUInt64BE(fileTimeOf(millis))
  return fileTime.subarray(1, 1 + fieldBytes)
}

const fileTimeOf = (millis: number): bigint =>
  (BigInt(Math.max(0, Math.trunc(millis))) + fileTimeEpoch) * 10_000n
