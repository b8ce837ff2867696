import { useEffect, useMemo } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"
import { ComposeWindow } from "./ComposeWindow.tsx"
import { composes, topCompose } from "./composes.ts"
import { SendNotices } from "./SendNotices.tsx"
import { Desk } from "./session/Desk.ts"
import "./compose.css"

/** Of the page: what is being written outlives what is drawn of it. */
let desk: Desk | undefined

/** All windows in which somebody writes, at the lower end of the page. */
export const ComposeLayer = () => {
  const words = useWords()
  const mail = useMail()
  const open = useStore(composes)
  const top = useStore(topCompose)
  const onTop = open.find(({ key }) => key === top) ?? open.at(-1)
  const ours = useMemo(() => {
    if (desk?.server !== mail) {
      desk = new Desk(mail)
      void desk.recover().catch(() => undefined)
    }
    return desk
  }, [mail])

  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (ours.leave()) event.preventDefault()
    }
    const hidden = () => void ours.leave()
    window.addEventListener("beforeunload", leaving)
    window.addEventListener("pagehide", hidden)
    return () => {
      window.removeEventListener("beforeunload", leaving)
      window.removeEventListener("pagehide", hidden)
    }
  }, [ours])

  return (
    <>
      <section className="composes" aria-label={words.say("compose.windows")}>
        {open.map((compose) => (
          <ComposeWindow key={compose.key} compose={compose} desk={ours} isOnTop={compose === onTop} />
        ))}
      </section>
      <SendNotices />
    </>
  )
}
