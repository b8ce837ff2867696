import { Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { type CoreError, NotFound } from "../../domain/errors.ts"
import type { Folder } from "../../domain/Folder.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { ListFilter, ListStart, Place } from "../../domain/MessageList.ts"
import type { MailboxReader } from "../../storage/mailbox/MailboxReader.ts"
import type { Call } from "../Call.ts"
import type { ListPage, OfFolder } from "../Core.ts"
import type { CoreLimits } from "../CoreConfig.ts"

interface ListServices {
  readonly router: Pick<Router["Type"], "state">
  readonly reader: Pick<MailboxReader["Type"], "byDate" | "countSince">
  readonly limits: Pick<CoreLimits, "pageSize" | "maxPageSize">
}

interface Wanted extends OfFolder {
  readonly filter: ListFilter
  readonly from: ListStart
  readonly limit: number | null
}

export const listByDate =
  ({ router, reader, limits }: ListServices) =>
  (_call: Call, { mailboxId, from, limit: asked, ...list }: Wanted): Effect.Effect<ListPage, CoreError> =>
    Effect.gen(function* () {
      // The modseq is taken before the page: what happens between them is told twice rather than not at all.
      const { folders, modSeq } = yield* router.state(mailboxId)
      const folder = folders.get(list.folderId)
      if (folder === undefined) return yield* new NotFound({ what: "folder" })
      const limit = Math.min(Math.max(1, asked ?? limits.pageSize), limits.maxPageSize)
      const read = (start: Begin) =>
        Effect.map(reader.byDate(mailboxId, { ...list, from: start, limit: limit + 1 }), (found) =>
          pageOf(found, start, limit)
        )
      if (from._tag === "OlderThan" || from._tag === "NewerThan")
        return { ...(yield* read(from)), counts: null, modSeq }
      const since = (at: number) => reader.countSince(mailboxId, { ...list, since: at })
      const total = knownTotal(list.filter, folder) ?? (yield* since(0))
      const wanted = from._tag === "Skip" ? from.count : yield* since(from.at)
      return { ...(yield* numbered(read, { wanted, total, limit })), modSeq }
    })

type Begin = Exclude<ListStart, { _tag: "Before" }>
type PageAlone = Pick<ListPage, "messages" | "older" | "newer">

/** From the `wanted`th on, or the last page. */
const numbered = <E>(
  read: (start: Begin) => Effect.Effect<PageAlone, E>,
  { wanted, total, limit }: { readonly wanted: number; readonly total: number; readonly limit: number }
): Effect.Effect<Omit<ListPage, "modSeq">, E> =>
  Effect.gen(function* () {
    const skipped = Math.min(wanted, Math.max(0, total - limit))
    const page = yield* read({ _tag: "Skip", count: skipped })
    // Empty where the list has become so much shorter meanwhile.
    if (page.messages.length > 0 || skipped === 0) return { ...page, counts: { total, skipped } }
    return { ...(yield* read({ _tag: "Skip", count: 0 })), counts: { total, skipped: 0 } }
  })

/** What the folder's row counts need not be counted again. */
const knownTotal = (filter: ListFilter, { total, unread }: Folder): number | null => {
  if (filter === "all") return total
  return filter === "unread" ? unread : null
}

/** One more than the page was read, to know whether there is one. */
const pageOf = (found: ReadonlyArray<MessageSummary>, from: Begin, limit: number): PageAlone => {
  const isMore = found.length > limit
  if (from._tag === "NewerThan") {
    const messages = isMore ? found.slice(1) : found
    return {
      messages,
      older: placeOf(messages.at(-1)) ?? from.place,
      newer: isMore ? placeOf(messages[0]) : null
    }
  }
  const messages = found.slice(0, limit)
  const isTop = from._tag === "Skip" && from.count === 0
  return {
    messages,
    older: isMore ? placeOf(messages.at(-1)) : null,
    newer: isTop ? null : (placeOf(messages[0]) ?? (from._tag === "Skip" ? null : from.place))
  }
}

const placeOf = (message: MessageSummary | undefined): Place | null =>
  message === undefined ? null : { receivedAt: message.receivedAt, id: message.id }
