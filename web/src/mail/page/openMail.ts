import { followAppearance } from "../appearance.ts"
import { registerWorker } from "../offline/registerWorker.ts"
import { connectPreferences } from "../preferences.ts"
import { MailStore } from "../store/MailStore.ts"
import { surroundings } from "../wire/surroundings.ts"
import { tell } from "./notices.ts"

/** The page's mailbox, for as long as the page lives. */
export const openMail = (refusedText: () => string): MailStore => {
  const mail = new MailStore({
    around: surroundings,
    newOperationId: () => crypto.randomUUID(),
    refused: (_, { reason }) => tell({ text: `${refusedText()} (${reason})`, undo: null, isProblem: true })
  })
  registerWorker()
  followAppearance()
  mail.onConnection(connectPreferences)
  window.addEventListener("online", () => mail.nudge())
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") mail.nudge()
  })
  return mail
}
