import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { folderOfRole } from "../store/MailState.ts"

/** Messages in the Inbox that nobody has read. */
export const unreadOf = (folders: ReadonlyMap<unknown, FolderRow>): number =>
  folderOfRole(folders, "inbox")?.unread ?? 0

/** The title of a tab: the number goes first, where a narrow tab still shows it. */
export const titleWith = (title: string, unread: number): string =>
  unread === 0 ? title : `(${unread}) ${title}`

/** What fits on a picture of 16 pixels. */
export const badgeOf = (unread: number): string => {
  if (unread === 0) return ""
  return unread > 99 ? "99+" : String(unread)
}
