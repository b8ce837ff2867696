import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import type { FolderRow, MessageRow, News } from "../../../../src/protocols/owa/OwaAnswers.ts"

/** By how much the clocks of a browser and a server may differ. */
const skew = 60_000

export interface Watched {
  readonly folders: ReadonlyMap<FolderId, Pick<FolderRow, "role">>
  /** When the page was opened, epoch milliseconds. */
  readonly since: number
  /** Those that were told of already. */
  readonly told: ReadonlySet<MessageId>
}

/** New mail in the Inbox: came after the page, and nobody has read it yet. */
export const arrivalsIn = (
  { messages }: Pick<News, "messages">,
  { folders, since, told }: Watched
): ReadonlyArray<MessageRow> =>
  messages.filter(
    ({ id, folderId, flags, receivedAt }) =>
      folders.get(folderId)?.role === "inbox" &&
      receivedAt > since - skew &&
      !flags.includes("\\Seen") &&
      !told.has(id)
  )
