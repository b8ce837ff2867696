import type { MessageSummary } from "../../src/domain/Message.ts"
import { comparePlaces, passes } from "../../src/domain/MessageList.ts"
import type { MailboxReader } from "../../src/storage/mailbox/MailboxReader.ts"

type Reader = MailboxReader["Type"]

const listed = (
  messages: ReadonlyArray<MessageSummary>,
  { folderId, filter }: Pick<Parameters<Reader["byDate"]>[1], "folderId" | "filter">
) =>
  messages.filter((message) => message.folderId === folderId && passes(filter, message)).sort(comparePlaces)

/** What `MailboxReader.byDate` finds among these. */
export const listTwin = (
  messages: ReadonlyArray<MessageSummary>,
  { from, limit, ...list }: Parameters<Reader["byDate"]>[1]
): ReadonlyArray<MessageSummary> => {
  const all = listed(messages, list)
  if (from._tag === "Skip") return all.slice(from.count, from.count + limit)
  if (from._tag === "OlderThan")
    return all.filter((one) => comparePlaces(one, from.place) > 0).slice(0, limit)
  return all.filter((one) => comparePlaces(one, from.place) < 0).slice(-limit)
}

export const countTwin = (
  messages: ReadonlyArray<MessageSummary>,
  { since, ...list }: Parameters<Reader["countSince"]>[1]
): number => listed(messages, list).filter(({ receivedAt }) => receivedAt >= since).length
