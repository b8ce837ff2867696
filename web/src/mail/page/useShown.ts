import { usePlace } from "../../shell/place.ts"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { folderOfRole } from "../store/MailState.ts"
import { type Shown, shownAt } from "./address.ts"

/** What the page's address says, with the inbox where it says no folder. */
export const useShown = (): Shown => {
  const place = usePlace()
  const { folders } = useStore(useMail().state)
  const shown = shownAt(place)
  if (shown.folderId !== null) return shown
  return { ...shown, folderId: folderOfRole(folders, "inbox")?.id ?? null }
}
