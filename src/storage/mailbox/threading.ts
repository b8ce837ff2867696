import { createHash } from "node:crypto"
import type { NewMessage } from "../../domain/Message.ts"

/** Signed 64-bit hash as decimal text, for narrow lookup columns. */
const hash64 = (text: string): string => createHash("sha1").update(text).digest().readBigInt64BE(0).toString()

/** What mail programs put before the subject of an answer or a forward, in the languages that are common. */
const replyMark =
  /^\s*(?:\[[^\]]{0,80}\]\s*)*(?:re|aw|sv|vs|antw|ref|odp|tr|rv|fw|fwd|wg)\s*(?:\[\d{1,3}\])?\s*:/i

/** References beyond this many, counted from the newest, do not take part in threading. */
const maxReferences = 30

/** What threading compares of a message: its own id, the conversation's first id, those it answers, its topic. */
export const threadKeys = (message: NewMessage) => {
  const { internetMessageId, inReplyTo, references, subject } = message.envelope
  const answered = [...references.slice(-maxReferences), ...inReplyTo.slice(0, 1)]
  const root = references[0] ?? inReplyTo[0] ?? internetMessageId
  return {
    own: internetMessageId === null ? null : hash64(internetMessageId),
    root: root === null || root === undefined ? null : hash64(root),
    answered: answered.map(hash64),
    topic: message.topic === "" ? null : hash64(message.topic),
    // Without references only a subject that says so makes a message an answer.
    isReply: answered.length === 0 && message.topic !== "" && replyMark.test(subject)
  }
}
