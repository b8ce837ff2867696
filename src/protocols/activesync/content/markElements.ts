import { isSeen } from "../../../domain/Flags.ts"
import type { FollowUp } from "../../../domain/FollowUp.ts"
import type { ToldMarks } from "../../../domain/sync/Cursor.ts"
import { isAtLeast, type ProtocolVersion } from "../Command.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Content, type Element, element, type Tag } from "../wbxml/element.ts"
import { dateTime } from "./cutText.ts"

/** Which of the blocks that change without the rest of an item (MS-ASEMAIL 3.2.5.4.1). */
export interface ChangedBlocks {
  readonly read: boolean
  readonly flag: boolean
  readonly categories: boolean
  /** Answered or forwarded: no block of its own in the table, sent alone all the same. */
  readonly lastVerb: boolean
}

/** The children of ApplicationData of a Change that touched nothing else: only the blocks named (MS-ASEMAIL_R75, R76, R96). */
export const changedBlocks = (
  marks: ToldMarks,
  version: ProtocolVersion,
  changed: ChangedBlocks
): ReadonlyArray<Element> => {
  const isSince14 = isAtLeast(version, "14.0")
  return [
    ...(changed.read ? [readElement(marks)] : []),
    ...(changed.flag ? [flagElement(marks)] : []),
    ...(changed.categories && isSince14 ? [categoriesElement(marks)] : []),
    ...(changed.lastVerb && isSince14 ? lastVerbElements(marks) : [])
  ]
}

export const readElement = ({ flags }: ToldMarks): Element => element("Email:Read", isSeen(flags) ? 1 : 0)

/** Empty where there is no flag (MS-ASEMAIL_R439). One that was set elsewhere, by IMAP say, has no more than its name. */
export const flagElement = ({ flags, followUp }: ToldMarks): Element => {
  if (followUp !== undefined && followUp.status !== 0) return followUpElement(followUp)
  return flags.includes("\\Flagged")
    ? followUpElement({ status: 2, type: "Flag for follow up" })
    : element("Email:Flag")
}

const followUpElement = (followUp: FollowUp): Element =>
  element(
    "Email:Flag",
    textElement("Tasks:Subject", followUp.subject),
    element("Email:Status", followUp.status),
    textElement("Email:FlagType", followUp.type),
    timeElement("Tasks:DateCompleted", followUp.dateCompleted),
    timeElement("Email:CompleteTime", followUp.completeTime),
    timeElement("Tasks:StartDate", followUp.startDate),
    timeElement("Tasks:DueDate", followUp.dueDate),
    timeElement("Tasks:UtcStartDate", followUp.utcStartDate),
    timeElement("Tasks:UtcDueDate", followUp.utcDueDate),
    // MS-ASEMAIL_R693, R1072: 0 where none is set.
    element("Tasks:ReminderSet", followUp.isReminderSet === true ? 1 : 0),
    timeElement("Tasks:ReminderTime", followUp.reminderTime),
    timeElement("Tasks:OrdinalDate", followUp.ordinalDate),
    textElement("Tasks:SubOrdinalDate", followUp.subOrdinalDate)
  )

const textElement = (tag: Tag, text: string | undefined): Element | undefined =>
  text === undefined ? undefined : element(tag, legalText(text))

const timeElement = (tag: Tag, millis: number | undefined): Element | undefined =>
  millis === undefined ? undefined : element(tag, dateTime(millis))

export const categoriesElement = ({ categories }: ToldMarks): Element =>
  element(
    "Email:Categories",
    categories.map((category): Content => element("Email:Category", legalText(category)))
  )

/** MS-ASEMAIL 2.2.2.43: 1 answered, 2 answered to all, 3 forwarded. Flags of other clients know two of them. */
export const lastVerbElements = ({ flags, lastVerb }: ToldMarks): ReadonlyArray<Element> => {
  if (lastVerb !== undefined) {
    return [
      element("Email2:LastVerbExecuted", lastVerb.verb),
      element("Email2:LastVerbExecutionTime", dateTime(lastVerb.at))
    ]
  }
  if (flags.includes("\\Answered")) return [element("Email2:LastVerbExecuted", 1)]
  return flags.includes("$Forwarded") ? [element("Email2:LastVerbExecuted", 3)] : []
}
