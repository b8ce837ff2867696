import type { FolderId, MessageId } from "../../../../src/domain/ids.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import type { Ordered } from "./actions.ts"
import type { Line } from "./conversations.ts"
import type { Deed } from "./deeds.ts"
import { folderName } from "./folderName.ts"
import { usePage } from "./usePage.ts"

/** Deeds that take a message out of the list it is in. */
const leaving: ReadonlySet<Deed> = new Set(["archive", "remove", "junk", "notJunk"])

/** Does things with the messages that are meant, and says so. */
/** As mailPage.css has it. */
const isOnePane = () => window.matchMedia("(width < 700px)").matches

export const useDo = () => {
  const words = useWords()
  const mail = useMail()
  const page = usePage()
  const { folders } = useStore(mail.state)

  /** Where the message that is open leaves, the next one down is read, or the next one up; one pane goes back to its list. */
  const left = (ids: ReadonlyArray<MessageId>) => {
    const { lines, messageId } = page
    if (messageId === null || !ids.includes(messageId)) return
    const at = lines.findIndex(({ messages }) => messages.some(({ id }) => id === messageId))
    const stays = ({ messages }: Line) => !messages.some(({ id }) => ids.includes(id))
    const next =
      at < 0
        ? undefined
        : (lines.slice(at + 1).find(stays) ?? lines.slice(0, Math.max(at, 0)).findLast(stays))
    page.open(next === undefined || isOnePane() ? null : next.newest.id)
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
      report(
        words.say("mail.done.move", {
          count: ids.length,
          folder: folder === undefined ? "" : folderName(words, folder)
        }),
        ordered
      )
    }
  }
}
