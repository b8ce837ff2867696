import { Button, Field, Input } from "@fluentui/react-components"
import { type FormEvent, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useMail } from "../MailContext.ts"
import type { MailStore } from "../store/MailStore.ts"
import type { Answer } from "../wire/calls.ts"
import { Failed, Waiting } from "./Asked.tsx"
import { Confirm } from "./Confirm.tsx"
import { useAsked } from "./useAsked.ts"

export const AppPasswords = () => {
  const words = useWords()
  const mail = useMail()
  const { answer, outcome, again } = useAsked(asked)
  const [label, setLabel] = useState("")
  const [made, setMade] = useState<Answer<"CreateAppPassword">>()
  const [hasFailed, setFailed] = useState(false)

  const create = async (event: FormEvent) => {
    event.preventDefault()
    if (label.trim() === "") return
    const created = await mail.ask("CreateAppPassword", { label: label.trim() })
    setFailed(created._tag !== "Answered")
    if (created._tag !== "Answered") return
    setMade(created.value)
    setLabel("")
    again()
  }
  const revoke = async (id: string) => {
    const revoked = await mail.ask("RevokeAppPassword", { id })
    again()
    return revoked._tag === "Answered"
  }

  return (
    <section>
      <h2>{words.say("settings.passwords")}</h2>
      <p>{words.say("settings.passwords.explain")}</p>
      {hasFailed && <Failed again={null} />}
      {made !== undefined && <Made made={made} onDone={() => setMade(undefined)} />}
      {answer === undefined ? (
        <Waiting outcome={outcome} again={again} />
      ) : (
        <ul className="settings__rows">
          {answer.appPasswords.map((one) => (
            <li key={one.id} className="settings__row">
              <div className="settings__grow">
                <strong>{one.label}</strong>
                <div>{words.say("settings.passwords.since", { time: words.dateAndTime(one.createdAt) })}</div>
              </div>
              <Confirm
                label={words.say("settings.passwords.revoke")}
                happens={words.say("settings.passwords.revoke.happens", { label: one.label })}
                run={() => revoke(one.id)}
              />
            </li>
          ))}
        </ul>
      )}
      {answer?.appPasswords.length === 0 && <p>{words.say("settings.passwords.none")}</p>}
      <form className="settings__form" onSubmit={(event) => void create(event)}>
        <Field label={words.say("settings.passwords.label")} className="settings__grow">
          <Input value={label} maxLength={100} onChange={(_event, { value }) => setLabel(value)} />
        </Field>
        <Button type="submit">{words.say("settings.passwords.create")}</Button>
      </form>
    </section>
  )
}

interface MadeProps {
  readonly made: Answer<"CreateAppPassword">
  readonly onDone: () => void
}

/** Told once: afterwards nobody has it, the server neither. */
const Made = ({ made, onDone }: MadeProps) => {
  const words = useWords()
  const [isCopied, setCopied] = useState(false)
  const copy = () => navigator.clipboard.writeText(made.secret).then(() => setCopied(true))
  return (
    <div className="settings__card" role="status">
      <strong>{words.say("settings.passwords.made", { label: made.label })}</strong>
      <p>{words.say("settings.passwords.once")}</p>
      <dl className="settings__facts">
        <dt>{words.say("settings.passwords.address")}</dt>
        <dd>{made.address}</dd>
        <dt>{words.say("settings.passwords.password")}</dt>
        <dd>
          <code>{made.secret}</code>
        </dd>
        <dt>{words.say("settings.passwords.server")}</dt>
        <dd>{window.location.host}</dd>
      </dl>
      <div className="settings__form">
        <Button onClick={() => void copy()}>
          {words.say(isCopied ? "settings.passwords.copied" : "settings.passwords.copy")}
        </Button>
        <Button appearance="primary" onClick={onDone}>
          {words.say("settings.passwords.done")}
        </Button>
      </div>
    </div>
  )
}

const asked = (mail: MailStore) => mail.ask("AppPasswords", undefined)
