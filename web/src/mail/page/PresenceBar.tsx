import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components"
import { useEffect, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { useMail } from "../MailContext.ts"

/** A connection that comes back at once is not worth a word. */
const patience = 2_000

/** Where there is no connection, says so and what becomes of what one does; goes to sign in where the session has ended. */
export const PresenceBar = () => {
  const words = useWords()
  const mail = useMail()
  const presence = useStore(mail.presence)
  const waiting = useStore(mail.waiting)
  const [isLong, setLong] = useState(false)
  const isAway = presence === "offline" || presence === "connecting"

  useEffect(() => {
    if (presence === "signedOut")
      window.location.assign(
        `/sign-in?return=${encodeURIComponent(window.location.pathname + window.location.search)}`
      )
  }, [presence])

  useEffect(() => {
    if (!isAway) return setLong(false)
    const timer = setTimeout(() => setLong(true), patience)
    return () => clearTimeout(timer)
  }, [isAway])

  const text = isLong ? words.say("mail.away", { count: waiting }) : ""
  return (
    <>
      <div role="status" className="only-spoken">
        {text}
      </div>
      {isLong && (
        <MessageBar intent="warning" layout="multiline" className="mail__presence">
          <MessageBarBody>{text}</MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={() => mail.nudge()}>
              {words.say("live.retry")}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
    </>
  )
}
