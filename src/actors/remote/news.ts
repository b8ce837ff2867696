import { type FolderId, ModSeq } from "../../domain/ids.ts"
import { parseTraceparent, traceparentOf } from "../../observability/traceparent.ts"
import type { Wake } from "../mailbox/MailboxProtocol.ts"
import type { Refused } from "./refusals.ts"

/** What is told of a watch, by its number. JSON can say it. */
export type News =
  /** The watch stands; the mailbox is there. */
  | { readonly _tag: "Stands"; readonly watch: number; readonly modSeq: ModSeq }
  | {
      readonly _tag: "Grown"
      readonly watch: number
      readonly modSeq: ModSeq
      readonly folders: ReadonlyArray<FolderId> | null
      readonly isOfHierarchy: boolean
      /** As `traceparent`. */
      readonly spans: ReadonlyArray<string>
    }
  /** The last of it, or all where it never stood. */
  | { readonly _tag: "Ended"; readonly watch: number; readonly error: Refused }

/** What waits to be told of a watch. */
export type Waiting =
  | { readonly _tag: "Stands"; readonly modSeq: ModSeq }
  | { readonly _tag: "Grown"; readonly wake: Wake }
  | { readonly _tag: "Ended"; readonly error: Refused }

/** What one wake says at most, however many it stands for: then all folders may be touched, and further traces are left out. */
const maxFolders = 64
const maxSpans = 16

/** One piece of news that says what both say, so that what waits for a slow reader does not grow. */
export const folded = (before: Waiting | undefined, next: Waiting): Waiting => {
  if (before === undefined) return next._tag === "Grown" ? { ...next, wake: bounded(next.wake) } : next
  if (before._tag === "Ended") return before
  if (next._tag === "Ended") return next
  if (before._tag === "Grown" && next._tag === "Grown")
    return { _tag: "Grown", wake: foldedWake(before.wake, next.wake) }
  return { _tag: "Stands", modSeq: later(modSeqOf(before), modSeqOf(next)) }
}

const modSeqOf = (waiting: Exclude<Waiting, { _tag: "Ended" }>): ModSeq =>
  waiting._tag === "Stands" ? waiting.modSeq : waiting.wake.modSeq

const later = (one: ModSeq, other: ModSeq): ModSeq => ModSeq(Math.max(one, other))

const foldedWake = (before: Wake, wake: Wake): Wake =>
  bounded({
    modSeq: later(before.modSeq, wake.modSeq),
    folders:
      before.folders === null || wake.folders === null ? null : new Set([...before.folders, ...wake.folders]),
    isOfHierarchy: before.isOfHierarchy || wake.isOfHierarchy,
    spans: [...before.spans, ...wake.spans]
  })

const bounded = (wake: Wake): Wake => ({
  ...wake,
  folders: wake.folders !== null && wake.folders.size > maxFolders ? null : wake.folders,
  spans: wake.spans.slice(0, maxSpans)
})

export const newsOf = (watch: number, waiting: Waiting): News => {
  if (waiting._tag !== "Grown") return { ...waiting, watch }
  const { modSeq, folders, isOfHierarchy, spans } = waiting.wake
  return {
    _tag: "Grown",
    watch,
    modSeq,
    folders: folders === null ? null : [...folders],
    isOfHierarchy,
    spans: spans.map(traceparentOf)
  }
}

export const wakeOf = (news: Extract<News, { _tag: "Grown" }>): Wake => ({
  modSeq: news.modSeq,
  folders: news.folders === null ? null : new Set(news.folders),
  isOfHierarchy: news.isOfHierarchy,
  spans: news.spans.flatMap((text) => parseTraceparent(text) ?? [])
})
