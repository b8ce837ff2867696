import { Effect } from "effect"
import type { Router } from "../../actors/mailbox/MailboxProtocol.ts"
import { type CoreError, NotFound } from "../../domain/errors.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { ListFilter, ListStart, Place } from "../../domain/MessageList.ts"
import type { MailboxReader } from "../../storage/mailbox/MailboxReader.ts"
import type { Call } from "../Call.ts"
import type { ListPage, OfFolder } from "../Core.ts"
import type { CoreLimits } from "../CoreConfig.ts"

interface ListServices {
  readonly router: Pick<Router["Type"], "state">
  readonly reader: Pick<MailboxReader["Type"], "byDate" | "countByDate">
  readonly limits: Pick<CoreLimits, "pageSize" | "maxPageSize">
}

interface Wanted extends OfFolder {
  readonly filter: ListFilter
  readonly from: ListStart
  readonly limit: number | null
}

/** Where a page begins, once dates and places beyond the end are numbers. */
interface Begun {
  readonly from: Exclude<ListStart, { _tag: "Before" }>
  readonly counts: ListPage["counts"]
}

export const listByDate =
  ({ router, reader, limits }: ListServices) =>
  (_call: Call, { mailboxId, folderId, filter, ...input }: Wanted): Effect.Effect<ListPage, CoreError> =>
    Effect.gen(function* () {
      // The modseq is taken before the page: what happens between them is told twice rather than not at all.
      const { folders, modSeq } = yield* router.state(mailboxId)
      if (!folders.has(folderId)) return yield* new NotFound({ what: "folder" })
      const limit = Math.min(Math.max(1, input.limit ?? limits.pageSize), limits.maxPageSize)
      const begin = (asked: Extract<ListStart, { _tag: "Skip" | "Before" }>) =>
        Effect.map(
          reader.countByDate(mailboxId, { folderId, filter, at: asked._tag === "Before" ? asked.at : 0 }),
          ({ total, since }): Begun => {
            const wanted = asked._tag === "Before" ? since : asked.count
            const skipped = Math.min(wanted, Math.max(0, total - limit))
            return { from: { _tag: "Skip", count: skipped }, counts: { total, skipped } }
          }
        )
      const { from, counts } =
        input.from._tag === "Skip" || input.from._tag === "Before"
          ? yield* begin(input.from)
          : { from: input.from, counts: null }
      const found = yield* reader.byDate(mailboxId, { folderId, filter, from, limit: limit + 1 })
      return { ...pageOf(found, from, limit), counts, modSeq }
    })

/** One more than the page was read, to know whether there is one. */
const pageOf = (
  found: ReadonlyArray<MessageSummary>,
  from: Begun["from"],
  limit: number
): Pick<ListPage, "messages" | "older" | "newer"> => {
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
