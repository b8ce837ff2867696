import { Either } from "effect"
import { canonicalAddress, parseAddress } from "../../../domain/EmailAddress.ts"
import type { Draft, Refusal } from "../OwaAnswers.ts"
import { refused } from "../refusal.ts"
import type { ComposeSettings } from "./ComposeConfig.ts"

/** A limit by its name in `WritingRules`. */
export const overLimit = (
  what: "recipients" | "attachments" | "attachmentSize" | "bodySize" | "messageSize" | "scheduleMillis"
): Refusal => ({ ...refused("limit", false), what })

type Limits = Pick<ComposeSettings, "recipients" | "attachments" | "bodyBytes">

/** What is wrong with a draft before anything of it is read; null = nothing. */
export const refusalOfDraft = (draft: Draft, limits: Limits): Refusal | null => {
  const { to, cc, bcc, attachments, html, text } = draft
  if (to.length + cc.length + bcc.length > limits.recipients) return overLimit("recipients")
  if (attachments.length > limits.attachments) return overLimit("attachments")
  const bodyBytes = Buffer.byteLength(html ?? "") + Buffer.byteLength(text)
  return bodyBytes > limits.bodyBytes ? overLimit("bodySize") : null
}

/** Who is to get the message: each once, as written first. Refused as `invalid`, naming what is no address. */
export const recipientsOf = ({ to, cc, bcc }: Draft): Either.Either<ReadonlyArray<string>, Refusal> => {
  const found = new Map<string, string>()
  for (const { address, name } of [...to, ...cc, ...bcc]) {
    const parsed = parseAddress(address)
    if (Either.isLeft(parsed)) {
      return Either.left({ ...refused("invalid", false), what: address === "" ? name : address })
    }
    const canonical = canonicalAddress(parsed.right)
    if (!found.has(canonical)) found.set(canonical, address)
  }
  return found.size === 0
    ? Either.left({ ...refused("invalid", false), what: "recipients" })
    : Either.right([...found.values()])
}
