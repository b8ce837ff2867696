import type { Expunged, FlagsChanged, MessageAdded, MessageMoved } from "../../Change.ts"
import { edit, type Flag } from "../../Flags.ts"
import type { FolderId } from "../../ids.ts"
import type { Marks, StoredMessage } from "../../Message.ts"
import type { UndoOutcome } from "../../Operation.ts"
import { folderByRole } from "../State.ts"
import { fitsMessage, isEqual, marksChange } from "./marks.ts"
import type { View } from "./View.ts"

export type OfMessage = MessageAdded | FlagsChanged | MessageMoved | Expunged

interface MessagePutBack {
  /** Of its marks. */
  readonly change: FlagsChanged | null
  /** Where it goes. */
  readonly toFolderId: FolderId | null
  readonly outcome: UndoOutcome
}

/** What puts a message back to how it was before the operation; `done` is what that did to it. */
export const undoMessage = (
  view: View,
  message: StoredMessage | undefined,
  done: ReadonlyArray<OfMessage>
): MessagePutBack => {
  if (message === undefined) return { change: null, toFolderId: null, outcome: "gone" }
  const marks = formerMarks(message, done)
  const place = formerPlace(view, message, done)
  const outcome = worst.find((one) => one === marks.outcome || one === place.outcome) ?? "restored"
  return { change: marksChange(message, marks.marks) ?? null, toFolderId: place.folderId, outcome }
}

const worst: ReadonlyArray<UndoOutcome> = ["gone", "changedSince", "noPlace"]

/** It is where the operation left it as long as it has the number that it got there. */
const formerPlace = (
  { state }: View,
  message: StoredMessage,
  done: ReadonlyArray<OfMessage>
): { readonly folderId: FolderId | null; readonly outcome: UndoOutcome } => {
  const stays = (outcome: UndoOutcome) => ({ folderId: null, outcome })
  const placed = done.flatMap((change) =>
    change._tag === "MessageMoved" || change._tag === "MessageAdded" ? [change] : []
  )
  const first = placed[0]
  const last = placed.at(-1)
  if (first === undefined || last === undefined) return stays("restored")
  if (message.folderId !== last.folderId || message.uid !== last.uid) return stays("changedSince")
  const folderId = first._tag === "MessageMoved" ? first.fromFolderId : folderByRole(state, "deleted")?.id
  if (folderId === undefined || folderId === message.folderId || !state.folders.has(folderId)) {
    return stays("noPlace")
  }
  return { folderId, outcome: "restored" }
}

const formerMarks = (
  message: StoredMessage,
  done: ReadonlyArray<OfMessage>
): { readonly marks: Marks; readonly outcome: UndoOutcome } => {
  const changes = done.flatMap((change) => (change._tag === "FlagsChanged" ? [change] : [])).reverse()
  const { flags, categories, followUp, lastVerb } = message
  let marks: Marks = withMarks({ flags, categories }, { followUp, lastVerb })
  let outcome: UndoOutcome = "restored"
  for (const change of changes) {
    if (change.was === undefined) return { marks: message, outcome: "gone" }
    const back = takeBack(marks, { before: marksBefore(change), after: change })
    marks = back.marks
    if (back.isLeft) outcome = "changedSince"
  }
  return fitsMessage(marks.categories) ? { marks, outcome } : { marks: message, outcome: "noPlace" }
}

/** Facet by facet: what the change made another, and what is still as it made it. */
const takeBack = (
  marks: Marks,
  { before, after }: { readonly before: Marks; readonly after: Marks }
): { readonly marks: Marks; readonly isLeft: boolean } => {
  const changed = facetsOf(before, after).filter((facet) => !facet.isSame(before, after))
  const still = changed.filter((facet) => facet.isSame(marks, after))
  return {
    marks: still.reduce((to, facet) => facet.take(to, before), marks),
    isLeft: still.length < changed.length
  }
}

const marksBefore = (change: FlagsChanged): Marks => {
  const { flags = change.flags, categories = change.categories, ...others } = change.was ?? {}
  return withMarks(
    { flags, categories },
    {
      followUp: others.followUp === undefined ? change.followUp : (others.followUp ?? undefined),
      lastVerb: others.lastVerb === undefined ? change.lastVerb : (others.lastVerb ?? undefined)
    }
  )
}

const withMarks = (
  sets: Pick<Marks, "flags" | "categories">,
  { followUp, lastVerb }: { readonly [K in "followUp" | "lastVerb"]: Marks[K] | undefined }
): Marks => ({
  ...sets,
  ...(followUp === undefined ? {} : { followUp }),
  ...(lastVerb === undefined ? {} : { lastVerb })
})

/** What of the marks is changed, and put back, by itself. */
interface Facet {
  readonly isSame: (a: Marks, b: Marks) => boolean
  readonly take: (to: Marks, from: Marks) => Marks
}

const flagged = (flags: ReadonlyArray<Flag>): Facet => ({
  isSame: (a, b) => flags.every((flag) => a.flags.includes(flag) === b.flags.includes(flag)),
  take: (to, from) => ({
    ...to,
    flags: edit(to.flags, {
      add: flags.filter((flag) => from.flags.includes(flag)),
      remove: flags.filter((flag) => !from.flags.includes(flag))
    })
  })
})

const categorised = (category: string): Facet => ({
  isSame: (a, b) => a.categories.includes(category) === b.categories.includes(category),
  take: (to, from) => ({
    ...to,
    categories: edit(
      to.categories,
      from.categories.includes(category) ? { add: [category], remove: [] } : { add: [], remove: [category] }
    )
  })
})

/** Flags together with what is known besides of the same. */
const both = (flags: Facet, name: "followUp" | "lastVerb"): Facet => ({
  isSame: (a, b) => flags.isSame(a, b) && isEqual(a[name], b[name]),
  take: (to, from) => {
    const { followUp, lastVerb, ...sets } = flags.take(to, from)
    return withMarks(sets, { followUp, lastVerb, [name]: from[name] })
  }
})

const flagFacets: ReadonlyArray<Facet> = [
  flagged(["\\Seen"]),
  both(flagged(["\\Flagged"]), "followUp"),
  both(flagged(["\\Answered", "$Forwarded"]), "lastVerb"),
  flagged(["\\Draft"]),
  flagged(["$MDNSent"]),
  // One says that the other is wrong.
  flagged(["$Junk", "$NotJunk"]),
  flagged(["$Phishing"])
]

const facetsOf = (a: Marks, b: Marks): ReadonlyArray<Facet> => [
  ...flagFacets,
  ...[...new Set([...a.categories, ...b.categories])].map(categorised)
]
