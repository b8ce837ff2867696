import { InvalidRequest } from "../../domain/errors.ts"
import { MessageId } from "../../domain/ids.ts"
import type { ListFilter, ListStart, Place } from "../../domain/MessageList.ts"
import type { Bridge } from "../bridge.ts"
import type { CoreMethods } from "../Core.ts"
import { type ListByDateRequest, MessageFilter } from "../gen/postroom/core/v1/mailbox_pb.ts"
import { folderId, mailboxId, optionalCount, optionalTime, skipped } from "../wire/fromWire.ts"
import { readPageToken, writePageToken } from "../wire/pageToken.ts"
import { messageToWire } from "../wire/toWire.ts"

const filters: Readonly<Record<number, ListFilter>> = {
  [MessageFilter.UNSPECIFIED]: "all",
  [MessageFilter.UNREAD]: "unread",
  [MessageFilter.FLAGGED]: "flagged",
  [MessageFilter.ATTACHMENTS]: "attachments"
}

const filterOf = (filter: MessageFilter): ListFilter => {
  const known = filters[filter]
  if (known === undefined) throw new InvalidRequest({ message: "That filter is not known." })
  return known
}

const scopeOf = (request: ListByDateRequest): string => `list-${request.folderId}-${request.filter}`

const startOf = (request: ListByDateRequest): ListStart => {
  const { start } = request
  switch (start.case) {
    case "skip":
      return { _tag: "Skip", count: skipped(start.value) }
    case "receivedBefore":
      return { _tag: "Before", at: optionalTime(start.value) ?? 0 }
    case "pageToken": {
      const place = readPageToken(start.value, scopeOf(request))
      return place === null ? { _tag: "Skip", count: 0 } : besides(place)
    }
    default:
      return { _tag: "Skip", count: 0 }
  }
}

/** `<` older than the place, `>` newer than it. */
const besides = (text: string): ListStart => {
  const [, side, at, id] = /^([<>])(\d{1,15}),([1-9]\d{0,14})$/.exec(text) ?? []
  if (at === undefined || id === undefined)
    throw new InvalidRequest({ message: "The page token is malformed." })
  const place = { receivedAt: Number(at), id: MessageId(Number(id)) }
  return { _tag: side === "<" ? "OlderThan" : "NewerThan", place }
}

/** `ListByDate` of `MailboxService`. The tokens' scope needs the request again when the answer is written. */
export const listByDateRoute =
  (core: CoreMethods, bridge: Bridge) =>
  (request: ListByDateRequest, context: Parameters<ReturnType<Bridge["unary"]>>[1]) => {
    const token = (side: "<" | ">", place: Place | null) =>
      place === null ? "" : writePageToken(scopeOf(request), `${side}${place.receivedAt},${place.id}`)
    return bridge.unary(core.listByDate, {
      read: (_: ListByDateRequest, principal) => ({
        mailboxId: mailboxId(request.mailboxId, principal),
        folderId: folderId(request.folderId),
        filter: filterOf(request.filter),
        from: startOf(request),
        limit: optionalCount(request.pageSize)
      }),
      write: ({ messages, older, newer, counts, modSeq }) => ({
        messages: messages.map(messageToWire),
        olderPageToken: token("<", older),
        newerPageToken: token(">", newer),
        ...(counts === null ? {} : { total: BigInt(counts.total), skipped: BigInt(counts.skipped) }),
        modSeq: BigInt(modSeq)
      })
    })(request, context)
  }
