import type { Writing } from "../session/Writing.ts"
import { isAddress } from "./addresses.ts"
import { speaksOfAttachment } from "./forgotten.ts"

/** What one may have forgotten. */
export type Doubt = "noSubject" | "noAttachment"
/** What has to be put right first. */
export type Obstacle = "noRecipient" | "badRecipient" | "uploading" | "notUploaded"

export const obstacleOf = ({ to, cc, bcc, attachments }: Writing): Obstacle | null => {
  const people = [...to, ...cc, ...bcc]
  if (people.length === 0) return "noRecipient"
  if (!people.every(({ address }) => isAddress(address))) return "badRecipient"
  if (attachments.some(({ upload }) => upload._tag === "UnderWay")) return "uploading"
  return attachments.some(({ upload }) => upload._tag === "Failed") ? "notUploaded" : null
}

export const doubtsOf = ({ subject, body, attachments }: Writing): ReadonlyArray<Doubt> => [
  ...(subject.trim() === "" ? (["noSubject"] as const) : []),
  ...(attachments.every(({ contentId }) => contentId !== null) &&
  speaksOfAttachment(`${subject}\n${body.text}`)
    ? (["noAttachment"] as const)
    : [])
]
