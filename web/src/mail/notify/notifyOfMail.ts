import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../i18n/makeWords.ts"
import { goTo } from "../../shell/place.ts"
import { addressOf } from "../page/address.ts"
import { nameOf } from "../page/people.ts"
import { preferences } from "../preferences.ts"
import type { MailStore } from "../store/MailStore.ts"
import { arrivalsIn } from "./arrivals.ts"
import { permissionNow } from "./permission.ts"
import { makeSpeaker } from "./speaker.ts"

/** What comes within so long is told of together. */
const gathering = 2_000

/** Tells of new mail in the Inbox where the person wishes it and no page can be seen; `words` of the language that is read. */
export const notifyOfMail = (mail: MailStore, words: () => Words | undefined): void => {
  if (permissionNow() === "missing" || !("locks" in navigator)) return
  const since = Date.now()
  const speaker = makeSpeaker()
  const told = new Set<MessageRow["id"]>()
  let waiting: ReadonlyArray<MessageRow> = []
  let shown: Notification | null = null

  const show = async () => {
    const rows = waiting
    const [first] = rows
    const said = words()
    const isWished = preferences.get().hasNotifications === true && permissionNow() === "granted"
    if (first === undefined || said === undefined || !isWished || !(await speaker.mayTell())) {
      waiting = []
      return
    }
    // More than one word at a time is noise: the newest takes the place of what was said before.
    shown?.close()
    shown = announced(rows, said)
    shown.onclick = () => {
      window.focus()
      goTo(rows.length > 1 ? "/mail" : addressOf(first.folderId, first.id))
      waiting = []
      shown?.close()
    }
  }

  mail.onNews((news) => {
    const fresh = arrivalsIn(news, { folders: mail.state.get().folders, since, told })
    if (fresh.length === 0) return
    for (const { id } of fresh) told.add(id)
    waiting = [...fresh, ...waiting]
    setTimeout(() => void show(), gathering)
  })

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return
    waiting = []
    shown?.close()
  })
}

const senderOf = ({ from: [sender] }: MessageRow): string => (sender === undefined ? "" : nameOf(sender))

const announced = (rows: ReadonlyArray<MessageRow>, words: Words): Notification => {
  const [first] = rows
  const isOne = rows.length === 1 && first !== undefined
  const title = isOne ? senderOf(first) : words.say("settings.notify.many", { count: rows.length })
  const body = isOne ? first.subject : [...new Set(rows.map(senderOf))].slice(0, 4).join(", ")
  return new Notification(title, { body, tag: "postroom.mail", icon: "/favicon.svg", lang: words.language })
}
