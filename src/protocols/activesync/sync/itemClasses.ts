/** What a collection may hold (MS-ASCMD 2.2.3.27.5). */
export type ItemClass = "Email" | "SMS" | "Calendar" | "Contacts" | "Tasks" | "Notes"

interface ClassRules {
  /** Legal values of FilterType (MS-ASCMD 2.2.3.68.2); null = it is ignored. */
  readonly filterTypes: ReadonlyArray<number> | null
  /** ConversationMode is for mail only (MS-ASCMD 2.2.3.37.2). */
  readonly hasConversations: boolean
}

const rules: Readonly<Record<ItemClass, ClassRules>> = {
  Email: { filterTypes: [0, 1, 2, 3, 4, 5], hasConversations: true },
  SMS: { filterTypes: [0, 1, 2, 3, 4, 5], hasConversations: false },
  Calendar: { filterTypes: [0, 4, 5, 6, 7], hasConversations: false },
  Tasks: { filterTypes: [0, 8], hasConversations: false },
  Contacts: { filterTypes: null, hasConversations: false },
  Notes: { filterTypes: null, hasConversations: false }
}

export const isItemClass = (text: string): text is ItemClass => Object.hasOwn(rules, text)

export const mayFilter = (itemClass: ItemClass, filterType: number): boolean =>
  rules[itemClass].filterTypes?.includes(filterType) ?? true

export const hasConversations = (itemClass: ItemClass): boolean => rules[itemClass].hasConversations

/** Days that a FilterType of mail reaches back; null = all (MS-ASCMD 2.2.3.68.2). */
export const filterDays = (filterType: number): number | null => days[filterType] ?? null

const days: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 7, 4: 14, 5: 30, 6: 90, 7: 180 }
