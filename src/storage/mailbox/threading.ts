import { hash } from "node:crypto"
import type { NewMessage } from "../../domain/Message.ts"

/** Signed 64-bit hash as decimal text, for narrow lookup columns. */
const hash64 = (text: string): string =>
  BigInt.asIntN(64, BigInt(`0x${hash("sha1", text).slice(0, 16)}`)).toString()

/** What mail programs put before the subject of an answer or a forward, in the languages that are common. */
const replyMark =
  /^\s*(?:\[[^\]]{0,80}\]\s*)*(?:re|aw|sv|vs|antw|ref|odp|tr|rv|fw|fwd|wg)\s*(?:\[\d{1,3}\])?\s*:/i

/** References beyond this many, counted from the newest, do not take part in threading. */
const maxReferences = 30

/** What threading compares of a message: its own id, the conversation's first id, those it answers, its topic. */
export interface ThreadKeys {
  readonly own: string | null
  readonly root: string | null
  readonly answered: ReadonlyArray<string>
  readonly topic: string | null
  readonly isReply: boolean
}

/** Asked for when a batch is put together and when it is written, and by every recipient of the message. */
const known = new WeakMap<NewMessage, ThreadKeys>()

export const threadKeys = (message: NewMessage): ThreadKeys => {
  const before = known.get(message)
  if (before !== undefined) return before
  const keys = hashed(message)
  known.set(message, keys)
  return keys
}

/** Keys by which a message finds others of its conversation, and those by which others find it. */
export const conversationKeys = (
  message: NewMessage
): { readonly finds: ReadonlyArray<string>; readonly found: ReadonlyArray<string> } => {
  const { own, root, answered, topic, isReply } = threadKeys(message)
  const isKey = (key: string | null) => key !== null
  return {
    finds: [root, ...answered, ...(isReply ? [topic] : [])].filter(isKey),
    found: [own, root, topic].filter(isKey)
  }
}

/** Of messages that are written at once: for each the place of the first one of its conversation, which may be itself. */
export const leaders = (messages: ReadonlyArray<NewMessage>): ReadonlyArray<number> => {
  const leaderOf = new Map<string, number>()
  return messages.map((message, place) => {
    const { finds, found } = conversationKeys(message)
    const leader = finds.map((key) => leaderOf.get(key)).find((known) => known !== undefined) ?? place
    for (const key of found) if (!leaderOf.has(key)) leaderOf.set(key, leader)
    return leader
  })
}

const hashed = (message: NewMessage): ThreadKeys => {
  const { internetMessageId, inReplyTo, references, subject } = message.envelope
  const answered = [...references.slice(-maxReferences), ...inReplyTo.slice(0, 1)]
  const own = internetMessageId === null ? null : hash64(internetMessageId)
  const root = references[0] ?? inReplyTo[0]
  return {
    own,
    root: root === undefined ? own : hash64(root),
    answered: [...new Set(answered)].map(hash64),
    topic: message.topic === "" ? null : hash64(message.topic),
    // Without references only a subject that says so makes a message an answer.
    isReply: answered.length === 0 && message.topic !== "" && replyMark.test(subject)
  }
}
