import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input
} from "@fluentui/react-components"
import { type FormEvent, useState } from "react"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { chosenTime, fieldsOf, sendTimes } from "../words/sendTimes.ts"

interface Props {
  /** How far ahead it may be, in milliseconds. */
  readonly within: number
  readonly onSend: (at: number) => void
  readonly onCancel: () => void
}

/** When to send it. */
export const ScheduleDialog = ({ within, onSend, onCancel }: Props) => {
  const words = useWords()
  const [opened] = useState(() => new Date())
  const times = sendTimes(opened)
  const [{ date, time }, setFields] = useState(() => fieldsOf(times.at(-1)?.at ?? opened.getTime()))
  const [problem, setProblem] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    const at = chosenTime(date, time)
    const now = Date.now()
    if (at === null || at <= now) setProblem(words.say("compose.later.past"))
    else if (at > now + within)
      setProblem(words.say("compose.later.tooFar", { most: words.dateAndTime(now + within) }))
    else onSend(at)
  }
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{words.say("compose.later.title")}</DialogTitle>
            <DialogContent className="compose__later">
              {times.map(({ name, at }) => (
                <Button key={name} onClick={() => onSend(at)}>
                  {words.say(`compose.later.${name}`, { at: words.dateAndTime(at) })}
                </Button>
              ))}
              <Field label={words.say("compose.later.date")}>
                <Input
                  type="date"
                  value={date}
                  onChange={(_, { value }) => setFields({ date: value, time })}
                />
              </Field>
              <Field
                label={words.say("compose.later.time")}
                {...(problem !== undefined && { validationMessage: problem })}
              >
                <Input
                  type="time"
                  value={time}
                  onChange={(_, { value }) => setFields({ date, time: value })}
                />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button onClick={onCancel}>{words.say("compose.cancel")}</Button>
              <Button type="submit" appearance="primary">
                {words.say("compose.later.confirm")}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  )
}
