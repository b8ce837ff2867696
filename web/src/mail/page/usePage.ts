import { createContext, useContext } from "react"
import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import type { MailList } from "../store/MailState.ts"
import type { Actions, Ordered } from "./actions.ts"
import type { Line } from "./conversations.ts"
import type { Selection } from "./selection.ts"

/** What the parts of the page share: what is shown and chosen, and what can be done with it. */
export interface Page {
  readonly folderId: FolderId | null
  readonly messageId: MessageId | null
  /** What of the folder is listed; null before the folders are known. */
  readonly list: MailList | null
  readonly setFilter: (filter: MailList["filter"]) => void
  readonly lines: ReadonlyArray<Line>
  readonly selection: Selection
  readonly select: (next: Selection) => void
  readonly actions: Actions
  /** Shows a folder, in place of whatever was looked for. */
  readonly openFolder: (folderId: FolderId) => void
  /** Opens a message of the list; null goes back to it. */
  readonly open: (messageId: MessageId | null) => void
  /** The messages that an action is about: those chosen, or the one that is open, or where the keyboard is. */
  readonly target: () => ReadonlyArray<MessageId>
  /** Says what was done, with a way to take it back. */
  readonly report: (text: string, ordered: Ordered) => void
  readonly undoLast: () => void
}

export const PageContext = createContext<Page | undefined>(undefined)

export const usePage = (): Page => {
  const page = useContext(PageContext)
  if (page === undefined) throw new Error("usePage belongs below PageContext")
  return page
}
