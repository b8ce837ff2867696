import type { Envelope } from "../../../domain/Content.ts"
import { addressField, dateField, fieldText, safeField } from "../../mime/compose/fieldText.ts"
import { type Thread, threadFields } from "../../mime/compose/threadFields.ts"
import { rawHeaderOf } from "../../mime/rawHeader.ts"

/** Who sends, and what a message lacks that says nothing of it. */
export interface Identity {
  /** The person's primary address (MS-ASCMD_R448). */
  readonly address: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Without angle brackets. */
  readonly messageId: string
}

interface Written {
  readonly raw: Uint8Array
  readonly envelope: Pick<Envelope, "from" | "sentAt" | "internetMessageId">
}

interface Conversation {
  readonly identity: Identity
  readonly thread: Thread | null
  /** For Thread-Index; null = the device's own, where it wrote one. */
  readonly threadIndex: string | null
}

/**
 * The device's header with the fields that are ours: From is the person's primary address under the name that the device
 * wrote, Sender and Return-Path are nobody's to give, and Date and Message-ID are there. Fields that may not travel as they
 * are are written anew. What describes the body is left out: that comes with the body.
 */
export const ownHeader = (
  { raw, envelope }: Written,
  { identity, thread, threadIndex }: Conversation
): Uint8Array => {
  const isOurs = (name: string): boolean =>
    replaced.has(name) ||
    name.startsWith("content-") ||
    (name === "date" && envelope.sentAt === null) ||
    (name === "message-id" && envelope.internetMessageId === null) ||
    (thread !== null && ofThread.has(name))
  return Buffer.concat([
    Buffer.from(addressField("From", [{ name: envelope.from[0]?.name ?? "", address: identity.address }])),
    ...(envelope.sentAt === null ? [Buffer.from(dateField(identity.now))] : []),
    ...(envelope.internetMessageId === null
      ? [Buffer.from(fieldText("Message-ID", `<${identity.messageId}>`))]
      : []),
    ...rawHeaderOf(raw)
      .fields.filter(({ name }) => !isOurs(name))
      .map((field) => safeField(raw, field)),
    ...(thread === null ? [] : threadFields(thread)),
    ...(threadIndex === null ? [] : [Buffer.from(fieldText("Thread-Index", threadIndex))])
  ])
}

const replaced = new Set(["from", "sender", "return-path", "mime-version"])
const ofThread = new Set(["in-reply-to", "references"])
