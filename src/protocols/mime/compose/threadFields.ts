import { fieldText } from "./fieldText.ts"

/** Of a message that is answered; the newest last. Ids are without angle brackets. */
export interface Thread {
  readonly internetMessageId: string
  readonly references: ReadonlyArray<string>
}

/** Ids of References, at most: the first, where the thread began, and the newest. */
const maxReferences = 20

/** In-Reply-To and References of the answer (RFC 5322 3.6.4). */
export const threadFields = ({ internetMessageId, references }: Thread): ReadonlyArray<Uint8Array> => {
  const ids = [...new Set([...references, internetMessageId])]
  const kept = ids.length > maxReferences ? [...ids.slice(0, 1), ...ids.slice(1 - maxReferences)] : ids
  const inBrackets = (id: string) => `<${id}>`
  return [
    Buffer.from(fieldText("In-Reply-To", inBrackets(internetMessageId))),
    Buffer.from(fieldText("References", kept.map(inBrackets).join(" ")))
  ]
}
