import type { OpenMessage } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { BodyOptions } from "../body/showBody.ts"
import { previewAddress } from "./addresses.ts"

/** How the pictures of a message's text are read, for `MessageBody`. Keep it as long as the message is the same. */
export const inlinePartOf = ({ message, parts }: OpenMessage): BodyOptions["inlinePart"] => {
  const paths = new Map(
    parts.flatMap(({ contentId, path }) => (contentId === null ? [] : [[contentId, path]]))
  )
  return async (contentId, signal) => {
    const path = paths.get(contentId)
    if (path === undefined) return null
    const answer = await fetch(previewAddress(message.id, path), { signal })
    return answer.ok ? await answer.blob() : null
  }
}
