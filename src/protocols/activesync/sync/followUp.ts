import type { FollowUp } from "../../../domain/FollowUp.ts"
import { booleanOf, dateTimeOf, integerOf } from "../scalars.ts"
import { type AnyTag, childElements, type Element, textOf } from "../wbxml/element.ts"

/**
 * What `email:Flag` says (MS-ASEMAIL 2.2.2.34): null = cleared, undefined = it breaks a rule and the change has status 6
 * (MS-ASEMAIL 3.2.5.4.2). Where an element comes twice the last one holds, as with Exchange.
 */
export const followUpOf = (flag: Element): FollowUp | null | undefined => {
  const children = new Map(childElements(flag).map((child) => [child.tag, child]))
  if (children.size === 0) return null
  const status = read(children, "Email:Status", statusOf)
  if (status === 0) return null
  if (status === undefined) return undefined
  const dates = readDates(children)
  const texts = readTexts(children)
  if (dates === undefined || texts === undefined) return undefined
  const followUp: FollowUp = { status, ...dates, ...texts }
  return isWhole(followUp) ? followUp : undefined
}

type Children = ReadonlyMap<AnyTag, Element>

const statusOf = (element: Element): 0 | 1 | 2 | undefined => {
  const statuses: ReadonlyArray<0 | 1 | 2> = [0, 1, 2]
  const written = integerOf(element)
  return statuses.find((status) => status === written)
}

const read = <A>(children: Children, tag: AnyTag, as: (element: Element) => A | undefined): A | undefined => {
  const child = children.get(tag)
  return child === undefined ? undefined : as(child)
}

/** Characters; a subject of a mail has no more, either. */
const maxTextLength = 4096

const dateTags = {
  startDate: "Tasks:StartDate",
  utcStartDate: "Tasks:UtcStartDate",
  dueDate: "Tasks:DueDate",
  utcDueDate: "Tasks:UtcDueDate",
  reminderTime: "Tasks:ReminderTime",
  dateCompleted: "Tasks:DateCompleted",
  completeTime: "Email:CompleteTime",
  ordinalDate: "Tasks:OrdinalDate"
} as const satisfies { readonly [K in keyof FollowUp]?: AnyTag }

type Dates = { -readonly [K in keyof typeof dateTags]?: number }

const dateNames: ReadonlyArray<keyof typeof dateTags> = [
  "startDate",
  "utcStartDate",
  "dueDate",
  "utcDueDate",
  "reminderTime",
  "dateCompleted",
  "completeTime",
  "ordinalDate"
]

/** Undefined where one of them is no date. */
const readDates = (children: Children): Dates | undefined => {
  const dates: Dates = {}
  for (const name of dateNames) {
    const written = children.get(dateTags[name])
    if (written === undefined) continue
    const millis = dateTimeOf(written)
    if (millis === undefined) return undefined
    dates[name] = millis
  }
  return dates
}

/** Undefined where one of them is too long: it is kept with the message and in every list of changes. */
const readTexts = (children: Children): Omit<FollowUp, "status"> | undefined => {
  const type = read(children, "Email:FlagType", textOf)
  const subject = read(children, "Tasks:Subject", textOf)
  const isReminderSet = read(children, "Tasks:ReminderSet", booleanOf)
  const subOrdinalDate = read(children, "Tasks:SubOrdinalDate", textOf)
  if ([type, subject, subOrdinalDate].some((text = "") => text.length > maxTextLength)) return undefined
  return {
    ...(type === undefined ? {} : { type }),
    ...(subject === undefined ? {} : { subject }),
    ...(isReminderSet === undefined ? {} : { isReminderSet }),
    ...(subOrdinalDate === undefined ? {} : { subOrdinalDate })
  }
}

/** The rules of MS-ASEMAIL 2.2.2.19 to 2.2.2.87 on what needs what. */
const isWhole = (followUp: FollowUp): boolean =>
  hasRequired(followUp) && hasAllDatesOrNone(followUp) && isInOrder(followUp)

const hasRequired = (followUp: FollowUp): boolean => {
  if (followUp.isReminderSet === true && followUp.reminderTime === undefined) return false
  if (followUp.status === 2) return followUp.type !== undefined
  return followUp.completeTime !== undefined && followUp.dateCompleted !== undefined
}

const hasAllDatesOrNone = ({ startDate, utcStartDate, dueDate, utcDueDate }: FollowUp): boolean => {
  const set = [startDate, utcStartDate, dueDate, utcDueDate].filter((date) => date !== undefined)
  return set.length === 0 || set.length === 4
}

const isInOrder = ({ startDate, utcStartDate, dueDate, utcDueDate }: FollowUp): boolean =>
  (startDate ?? 0) <= (dueDate ?? Number.MAX_SAFE_INTEGER) &&
  (utcStartDate ?? 0) <= (utcDueDate ?? Number.MAX_SAFE_INTEGER)
