import type { Envelope } from "../../../domain/Content.ts"
import { rawHeaderOf } from "../../mime/rawHeader.ts"
import { addressField, fieldText, safeField } from "./fieldText.ts"

/** Who sends, and what a message lacks that says nothing of it. */
export interface Identity {
  /** The person's primary address (MS-ASCMD_R448). */
  readonly address: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Without angle brackets. */
  readonly messageId: string
}

/** Of a message that is answered; the newest last. */
export interface Thread {
  readonly internetMessageId: string
  readonly references: ReadonlyArray<string>
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
    (thread !== null && threadFields.has(name))
  return Buffer.concat([
    Buffer.from(addressField("From", [{ name: envelope.from[0]?.name ?? "", address: identity.address }])),
    ...(envelope.sentAt === null ? [Buffer.from(dateField(identity.now))] : []),
    ...(envelope.internetMessageId === null
      ? [Buffer.from(fieldText("Message-ID", `<${identity.messageId}>`))]
      : []),
    ...rawHeaderOf(raw)
      .fields.filter(({ name }) => !isOurs(name))
      .map((field) => safeField(raw, field)),
    ...(thread === null ? [] : threadOf(thread)),
    ...(threadIndex === null ? [] : [Buffer.from(fieldText("Thread-Index", threadIndex))])
  ])
}

const replaced = new Set(["from", "sender", "return-path", "mime-version"])
const threadFields = new Set(["in-reply-to", "references"])

/** RFC 5322 3.3, in UTC. */
export const dateField = (millis: number): string =>
  `Date: ${new Date(millis).toUTCString().replace("GMT", "+0000")}\r\n`

/** Ids of References, at most: the first, where the thread began, and the newest. */
const maxReferences = 20

const threadOf = ({ internetMessageId, references }: Thread): ReadonlyArray<Uint8Array> => {
  const ids = [...new Set([...references, internetMessageId])]
  const kept = ids.length > maxReferences ? [...ids.slice(0, 1), ...ids.slice(1 - maxReferences)] : ids
  const inBrackets = (id: string) => `<${id}>`
  return [
    Buffer.from(fieldText("In-Reply-To", inBrackets(internetMessageId))),
    Buffer.from(fieldText("References", kept.map(inBrackets).join(" ")))
  ]
}
