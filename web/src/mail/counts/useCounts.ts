import { useEffect } from "react"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { titleWith, unreadOf } from "./counts.ts"
import { showBadge } from "./favicon.ts"

/** The tab's title and picture, with how much of the Inbox is unread. */
export const useCounts = (title: string): void => {
  const unread = unreadOf(useStore(useMail().state).folders)
  useEffect(() => {
    document.title = titleWith(title, unread)
  }, [title, unread])
  useEffect(() => void showBadge(unread), [unread])
  useEffect(() => () => void showBadge(0), [])
}
