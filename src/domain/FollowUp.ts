/** What a person plans to do with a message (MS-ASEMAIL 2.2.2.34, MS-ASTASK). Times are epoch milliseconds. */
export interface FollowUp {
  /** 0 cleared, 1 complete, 2 active (MS-ASEMAIL 2.2.2.73). */
  readonly status: 0 | 1 | 2
  /** "Flag for follow up" and the like, in the person's language. */
  readonly type?: string
  readonly subject?: string
  readonly startDate?: number
  readonly utcStartDate?: number
  readonly dueDate?: number
  readonly utcDueDate?: number
  readonly isReminderSet?: boolean
  readonly reminderTime?: number
  readonly dateCompleted?: number
  readonly completeTime?: number
  readonly ordinalDate?: number
  readonly subOrdinalDate?: string
}

/** What was last done with a message (MS-ASEMAIL 2.2.2.43): 1 answered, 2 answered to all, 3 forwarded. */
export interface LastVerb {
  readonly verb: 1 | 2 | 3
  /** Epoch milliseconds. */
  readonly at: number
}
