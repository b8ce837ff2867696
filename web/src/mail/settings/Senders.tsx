import { Button, Field, Input } from "@fluentui/react-components"
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { type FormEvent, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { change, usePreferences } from "../preferences.ts"
import { senderOf } from "./sender.ts"

export const Senders = () => {
  const words = useWords()
  const { trustedSenders } = usePreferences()
  return (
    <SenderList
      title={words.say("settings.trusted")}
      explain={words.say("settings.trusted.explain")}
      senders={trustedSenders}
      edit={(edited) => change((now) => ({ trustedSenders: edited(now.trustedSenders) }))}
    />
  )
}

type Senders = ReadonlyArray<string>

interface Props {
  readonly title: string
  readonly explain: string
  readonly senders: Senders
  readonly edit: (edited: (now: Senders) => Senders) => void
}

const SenderList = ({ title, explain, senders, edit }: Props) => {
  const words = useWords()
  const [typed, setTyped] = useState("")
  const [problem, setProblem] = useState<string>()
  const add = (event: FormEvent) => {
    event.preventDefault()
    const sender = senderOf(typed)
    if (sender === null) return setProblem(words.say("settings.senders.wrong"))
    if (senders.includes(sender)) return setProblem(words.say("settings.senders.known", { sender }))
    edit((now) => (now.includes(sender) ? now : [...now, sender]))
    setTyped("")
    setProblem(undefined)
  }
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <p>{explain}</p>
      {senders.length === 0 && <p>{words.say("settings.senders.none")}</p>}
      <ul className="settings__rows">
        {senders.map((sender) => (
          <li key={sender} className="settings__row">
            <bdi className="settings__grow">{sender}</bdi>
            <Button
              size="small"
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={words.say("settings.senders.remove", { sender })}
              onClick={() => edit((now) => now.filter((one) => one !== sender))}
            />
          </li>
        ))}
      </ul>
      <form className="settings__form" onSubmit={add} noValidate>
        <Field
          label={words.say("settings.senders.field")}
          className="settings__grow"
          {...(problem === undefined ? {} : { validationMessage: problem })}
        >
          <Input
            value={typed}
            maxLength={320}
            onChange={(_event, { value }) => {
              setTyped(value)
              setProblem(undefined)
            }}
          />
        </Field>
        <Button type="submit">{words.say("settings.senders.add")}</Button>
      </form>
    </section>
  )
}
