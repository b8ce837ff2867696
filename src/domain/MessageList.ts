import { isSeen } from "./Flags.ts"
import type { MessageId } from "./ids.ts"
import type { MessageSummary } from "./Message.ts"

/** What of a folder is listed. */
export const listFilters = ["all", "unread", "flagged", "attachments"] as const
export type ListFilter = (typeof listFilters)[number]

export const passes = (
  filter: ListFilter,
  { flags, hasAttachments }: Pick<MessageSummary, "flags" | "hasAttachments">
): boolean => {
  switch (filter) {
    case "all":
      return true
    case "unread":
      return !isSeen(flags)
    case "flagged":
      return flags.includes("\\Flagged")
    case "attachments":
      return hasAttachments
  }
}

/** Where a message stands in a list by date: for life, whatever is done to it and in whatever folder it lies. */
export interface Place {
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly id: MessageId
}

/** Negative where `a` stands before `b`: the newer one first, and of two of one millisecond the one that was added later. */
export const comparePlaces = (a: Place, b: Place): number => b.receivedAt - a.receivedAt || b.id - a.id

/** Where a page of a list begins, or what it ends above. */
export type ListStart =
  /** So many of the newest are left out. */
  | { readonly _tag: "Skip"; readonly count: number }
  /** What was received before that moment, epoch milliseconds. */
  | { readonly _tag: "Before"; readonly at: number }
  | { readonly _tag: "OlderThan"; readonly place: Place }
  /** Those next to it, newest first like any page. */
  | { readonly _tag: "NewerThan"; readonly place: Place }
