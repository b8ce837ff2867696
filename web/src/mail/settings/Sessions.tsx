import { Button } from "@fluentui/react-components"
import { useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useMail } from "../MailContext.ts"
import type { MailStore } from "../store/MailStore.ts"
import { Failed, Waiting } from "./Asked.tsx"
import { browserOf } from "./browser.ts"
import { useAsked } from "./useAsked.ts"

export const Sessions = () => {
  const words = useWords()
  const mail = useMail()
  const { answer, outcome, again } = useAsked(asked)
  const [said, setSaid] = useState("")
  const [hasFailed, setFailed] = useState(false)

  const end = async (sessionId: string) => {
    const ended = await mail.ask("EndSession", { sessionId })
    setFailed(ended._tag !== "Answered")
    again()
  }
  const endOthers = async () => {
    const ended = await mail.ask("EndOtherSessions", undefined)
    setFailed(ended._tag !== "Answered")
    if (ended._tag === "Answered") setSaid(words.say("settings.sessions.ended", { count: ended.value.ended }))
    again()
  }

  return (
    <section>
      <h2>{words.say("settings.sessions")}</h2>
      {hasFailed && <Failed again={null} />}
      {answer === undefined ? (
        <Waiting outcome={outcome} again={again} />
      ) : (
        <ul className="settings__rows">
          {answer.sessions.map(({ id, userAgent, createdAt, lastSeenAt, isOwn }) => (
            <li key={id} className="settings__row">
              <div className="settings__grow">
                <strong>
                  {browserOf(userAgent) ?? words.say("settings.sessions.unknown")}
                  {isOwn && ` · ${words.say("settings.sessions.own")}`}
                </strong>
                <div>{words.say("settings.sessions.since", { time: words.dateAndTime(createdAt) })}</div>
                <div>{words.say("settings.sessions.last", { time: words.dateAndTime(lastSeenAt) })}</div>
              </div>
              {!isOwn && (
                <Button size="small" onClick={() => void end(id)}>
                  {words.say("settings.sessions.end")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="settings__form">
        <Button onClick={() => void endOthers()}>{words.say("settings.sessions.endOthers")}</Button>
        <span role="status">{said}</span>
      </div>
    </section>
  )
}

const asked = (mail: MailStore) => mail.ask("Sessions", undefined)
