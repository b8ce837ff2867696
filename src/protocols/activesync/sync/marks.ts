import type { Flag } from "../../../domain/Flags.ts"
import type { MarksChange } from "../../../domain/sync/Synchronise.ts"
import { booleanOf } from "../scalars.ts"
import { type AnyTag, childElements, childOf, type Element, textOf } from "../wbxml/element.ts"
import { followUpOf } from "./followUp.ts"

/** Set by the server alone: a device that writes them has made an error (MS-ASEMAIL_R347, R648, R723). */
const readOnly: ReadonlySet<AnyTag> = new Set<AnyTag>([
  "Email2:ConversationId",
  "Email2:ConversationIndex",
  "Email2:ReceivedAsBcc",
  "Email2:Sender"
])

/**
 * What a Change of a mail changes: Read, Flag and Categories. Other properties may come along and mean nothing
 * (MS-ASCMD_R875). Undefined where it is no valid item: status 6.
 */
export const marksOf = (properties: Element): MarksChange | undefined => {
  const children = childElements(properties)
  const read = childOf(properties, "Email:Read")
  const flag = childOf(properties, "Email:Flag")
  const isRead = read === undefined ? undefined : booleanOf(read)
  const followUp = flag === undefined ? undefined : followUpOf(flag)
  if (children.some(({ tag }) => readOnly.has(tag))) return undefined
  if (read !== undefined && isRead === undefined) return undefined
  if (flag !== undefined && followUp === undefined) return undefined
  const flags: Array<readonly [Flag, boolean]> = []
  if (isRead !== undefined) flags.push(["\\Seen", isRead])
  if (followUp !== undefined) flags.push(["\\Flagged", followUp?.status === 2])
  return {
    addFlags: flags.flatMap(([name, isSet]) => (isSet ? [name] : [])),
    removeFlags: flags.flatMap(([name, isSet]) => (isSet ? [] : [name])),
    categories: categoriesOf(properties),
    ...(followUp === undefined ? {} : { followUp })
  }
}

/** Null where there is no Categories; an empty one clears them (MS-ASEMAIL_R319, R320). */
const categoriesOf = (properties: Element): ReadonlyArray<string> | null => {
  const categories = childOf(properties, "Email:Categories")
  return categories === undefined ? null : childElements(categories).map(textOf)
}

/** What a Change may touch without touching what the mail says. */
const marks: ReadonlySet<AnyTag> = new Set<AnyTag>(["Email:Read", "Email:Flag", "Email:Categories"])

/** True where a Change writes more than marks: of a draft that makes another text. */
export const touchesContent = (properties: Element): boolean =>
  childElements(properties).some(({ tag }) => !marks.has(tag))
