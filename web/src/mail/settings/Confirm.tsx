import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger
} from "@fluentui/react-components"
import { useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { Failed } from "./Asked.tsx"

interface Props {
  readonly label: string
  /** Exactly what will happen. */
  readonly happens: string
  /** False = it came to nothing. */
  readonly run: () => Promise<boolean>
}

/** A button that does something only after it has said what. */
export const Confirm = ({ label, happens, run }: Props) => {
  const words = useWords()
  const [isOpen, setOpen] = useState(false)
  const [state, setState] = useState<"asking" | "running" | "failed">("asking")
  const start = async () => {
    setState("running")
    const isDone = await run()
    setState(isDone ? "asking" : "failed")
    setOpen(!isDone)
  }
  return (
    <Dialog
      open={isOpen}
      onOpenChange={(_event, { open }) => {
        setState("asking")
        setOpen(open)
      }}
    >
      <DialogTrigger disableButtonEnhancement>
        <Button size="small">{label}</Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{label}</DialogTitle>
          <DialogContent>
            <p>{happens}</p>
            {state === "failed" && <Failed again={null} />}
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button>{words.say("settings.cancel")}</Button>
            </DialogTrigger>
            <Button appearance="primary" disabled={state === "running"} onClick={() => void start()}>
              {label}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
