import { type FolderId, ModSeq } from "../../domain/ids.ts"
import { parseTraceparent, traceparentOf } from "../../observability/traceparent.ts"
import type { Wake } from "../mailbox/MailboxProtocol.ts"

/** What is told of a watch, by its number. JSON can say it. */
export type News =
  | {
      readonly _tag: "Grown"
      readonly watch: number
      readonly modSeq: ModSeq
      readonly folders: ReadonlyArray<FolderId> | null
      readonly isOfHierarchy: boolean
      /** As `traceparent`. */
      readonly spans: ReadonlyArray<string>
    }
  /** The last of it. */
  | { readonly _tag: "Lost"; readonly watch: number }

/** What one wake says at most, however many it stands for: then all folders may be touched, and further traces are left out. */
const maxFolders = 64
const maxSpans = 16

/** One wake that says what both say, so that what waits for a slow reader does not grow. */
export const folded = (before: Wake | undefined, wake: Wake): Wake => {
  if (before === undefined) return bounded(wake)
  return bounded({
    modSeq: ModSeq(Math.max(before.modSeq, wake.modSeq)),
    folders:
      before.folders === null || wake.folders === null ? null : new Set([...before.folders, ...wake.folders]),
    isOfHierarchy: before.isOfHierarchy || wake.isOfHierarchy,
    spans: [...before.spans, ...wake.spans]
  })
}

const bounded = (wake: Wake): Wake => ({
  ...wake,
  folders: wake.folders !== null && wake.folders.size > maxFolders ? null : wake.folders,
  spans: wake.spans.slice(0, maxSpans)
})

export const newsOf = (watch: number, wake: Wake): News => ({
  _tag: "Grown",
  watch,
  modSeq: wake.modSeq,
  folders: wake.folders === null ? null : [...wake.folders],
  isOfHierarchy: wake.isOfHierarchy,
  spans: wake.spans.map(traceparentOf)
})

export const wakeOf = (news: Extract<News, { _tag: "Grown" }>): Wake => ({
  modSeq: news.modSeq,
  folders: news.folders === null ? null : new Set(news.folders),
  isOfHierarchy: news.isOfHierarchy,
  spans: news.spans.flatMap((text) => parseTraceparent(text) ?? [])
})
