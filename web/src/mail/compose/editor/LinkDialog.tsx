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
import { linkAddress } from "../words/linkAddress.ts"

interface Props {
  /** What is selected. */
  readonly text: string
  /** Null takes the link away. */
  readonly onSet: (href: string | null, text: string) => void
  readonly onCancel: () => void
}

export const LinkDialog = ({ text, onSet, onCancel }: Props) => {
  const words = useWords()
  const [address, setAddress] = useState(linkAddress(text) === null ? "" : text)
  const [isInvalid, setInvalid] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    const href = linkAddress(address)
    if (href === null) setInvalid(true)
    else onSet(href, text || address.trim())
  }
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onCancel()}>
      <DialogSurface>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{words.say("compose.link")}</DialogTitle>
            <DialogContent>
              <Field
                label={words.say("compose.link.address")}
                {...(isInvalid && { validationMessage: words.say("compose.link.invalid") })}
              >
                <Input
                  value={address}
                  autoFocus
                  inputMode="url"
                  onChange={(_, { value }) => {
                    setAddress(value)
                    setInvalid(false)
                  }}
                />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button onClick={() => onSet(null, text)}>{words.say("compose.link.remove")}</Button>
              <Button type="submit" appearance="primary">
                {words.say("compose.link.set")}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  )
}
