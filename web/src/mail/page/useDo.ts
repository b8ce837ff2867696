import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import type { Ordered } from "./actions.ts"
import type { Deed } from "./deeds.ts"
import { usePage } from "./usePage.ts"

/** Deeds that take a message out of the list it is in. */
const leaving: ReadonlySet<Deed> = new Set(["archive", "remove", "junk", "notJunk"])

/** Does things with the messages that are meant, and says so. */
export const useDo = () => {
  const words = useWords()
  const mail = useMail()
  const page = usePage()
  const { folders } = useStore(mail.state)

  /** The list goes on to what comes next, as one reads on. */
  const left = (ids: ReadonlyArray<MessageId>) => {
    if (page.messageId !== null && ids.includes(page.messageId)) page.open(null)
  }

  const report = (text: string, ordered: Ordered) => {
    if (ordered.length > 0) page.report(text, ordered)
  }

  return {
    deed: (deed: Deed, ids = page.target()) => {
      if (ids.length === 0) return
      const ordered = page.actions[deed](ids)
      if (leaving.has(deed)) left(ids)
      report(words.say(`mail.done.${deed}`, { count: ids.length }), ordered)
    },
    moveTo: (folderId: FolderId, ids = page.target()) => {
      if (ids.length === 0) return
      const ordered = page.actions.move(ids, folderId)
      if (folderId !== page.folderId) left(ids)
      const folder = folders.get(folderId)
      report(words.say("mail.done.move", { count: ids.length, folder: folder?.name ?? "" }), ordered)
    }
  }
}
