import type { FlagsChanged } from "../../Change.ts"
import type { ChangeFlags } from "../../Command.ts"
import {
  type Category,
  edit,
  type Flag,
  isSeen,
  maxCategories,
  maxCategoryCharacters,
  sameSet
} from "../../Flags.ts"
import type { FollowUp } from "../../FollowUp.ts"
import type { FormerMarks, MarkBlock, Marks, StoredMessage } from "../../Message.ts"

/** What a change of flags makes of a message; undefined where it changes nothing. */
export const changedMarks = (message: StoredMessage, command: ChangeFlags): FlagsChanged | undefined => {
  const flags = flagsAfter(message, command)
  const followUp = followUpAfter(message, { command, flags })
  const lastVerb = command.lastVerb ?? message.lastVerb
  return marksChange(message, {
    flags,
    categories: edit(message.categories, { add: command.addCategories, remove: command.removeCategories }),
    ...(followUp === undefined ? {} : { followUp }),
    ...(lastVerb === undefined ? {} : { lastVerb })
  })
}

/** The change that gives a message these marks; undefined where it has them. */
export const marksChange = (message: StoredMessage, after: Marks): FlagsChanged | undefined => {
  const was = formerMarks(message, after)
  if (Object.keys(was).length === 0) return undefined
  return {
    ...after,
    _tag: "FlagsChanged",
    messageId: message.id,
    folderId: message.folderId,
    uid: message.uid,
    wasSeen: isSeen(message.flags),
    changed: blocksChanged(message, after),
    was
  }
}

const formerMarks = (before: Marks, after: Marks): FormerMarks => ({
  ...(sameSet(before.flags, after.flags) ? {} : { flags: before.flags }),
  ...(sameSet(before.categories, after.categories) ? {} : { categories: before.categories }),
  ...(isEqual(before.followUp, after.followUp) ? {} : { followUp: before.followUp ?? null }),
  ...(isEqual(before.lastVerb, after.lastVerb) ? {} : { lastVerb: before.lastVerb ?? null })
})

/** Whether a message may have all these. */
export const fitsMessage = (categories: ReadonlyArray<Category>): boolean =>
  categories.length <= maxCategories && categories.join("").length <= maxCategoryCharacters

/** An active follow-up is `\Flagged`, a completed or cleared one is not: programs that know only the flag see the same. */
const flagsAfter = (message: StoredMessage, { addFlags, removeFlags, followUp }: ChangeFlags) => {
  const flags = edit(message.flags, { add: addFlags, remove: removeFlags })
  if (followUp === undefined) return flags
  const flagged: ReadonlyArray<Flag> = ["\\Flagged"]
  return followUp?.status === 2
    ? edit(flags, { add: flagged, remove: [] })
    : edit(flags, { add: [], remove: flagged })
}

/** Where the flag alone is set or cleared, what was planned before is over. */
const followUpAfter = (
  message: StoredMessage,
  { command, flags }: { readonly command: ChangeFlags; readonly flags: ReadonlyArray<Flag> }
): FollowUp | undefined => {
  if (command.followUp !== undefined) return command.followUp ?? undefined
  const isOver = flags.includes("\\Flagged") !== message.flags.includes("\\Flagged")
  return isOver ? undefined : message.followUp
}

const blocksChanged = (before: Marks, after: Marks): ReadonlyArray<MarkBlock> => {
  const differs = (...flags: ReadonlyArray<Flag>): boolean =>
    flags.some((flag) => before.flags.includes(flag) !== after.flags.includes(flag))
  const blocks: ReadonlyArray<readonly [MarkBlock, boolean]> = [
    ["read", differs("\\Seen")],
    ["flag", differs("\\Flagged") || !isEqual(before.followUp, after.followUp)],
    ["categories", !sameSet(before.categories, after.categories)],
    ["lastVerb", differs("\\Answered", "$Forwarded") || !isEqual(before.lastVerb, after.lastVerb)]
  ]
  return blocks.flatMap(([block, isChanged]) => (isChanged ? [block] : []))
}

/** Plain values; Postgres keeps their names in another order than they were written. */
export const isEqual = (a: object | undefined, b: object | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonical(a) === canonical(b))

const canonical = (value: object): string =>
  JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
