import {
  Button,
  type ButtonProps,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  MessageBar,
  MessageBarBody
} from "@fluentui/react-components"
import { type ReactElement, type ReactNode, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { explain } from "../../rpc/problem.ts"
import { Command } from "./Command.tsx"
import { useNotify } from "./notify.ts"
import "./confirmAction.css"

interface Props {
  /** What opens it. */
  readonly trigger: {
    readonly label: string
    readonly icon?: ReactElement
    readonly spokenLabel?: string
    readonly appearance?: ButtonProps["appearance"]
    readonly size?: ButtonProps["size"]
    readonly isDisabled?: boolean
  }
  readonly title: string
  /** Exactly what will happen, a sentence each. */
  readonly happens: ReadonlyArray<string>
  /** What must be chosen first. */
  readonly choice?: ReactNode
  /** The command that does the same. */
  readonly command: string
  readonly confirm: string
  readonly canConfirm?: boolean
  /** Says what was done. */
  readonly run: () => Promise<string>
}

/** A button that does something only after it has said what. */
export const ConfirmAction = (props: Props) => {
  const { trigger, title, happens, choice, command, confirm, canConfirm = true, run } = props
  const words = useWords()
  const notify = useNotify()
  const [isOpen, setIsOpen] = useState(false)
  const [isRunning, setIsRunning] = useState(false)
  const [problem, setProblem] = useState<string>()

  const open = (wished: boolean) => {
    setProblem(undefined)
    setIsOpen(wished)
  }

  const start = async () => {
    setIsRunning(true)
    setProblem(undefined)
    try {
      const done = await run()
      setIsOpen(false)
      notify(done)
    } catch (error) {
      setProblem(explain(error, words))
    } finally {
      setIsRunning(false)
    }
  }

  return (
    <Dialog open={isOpen} onOpenChange={(_event, data) => open(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button
          appearance={trigger.appearance ?? "secondary"}
          size={trigger.size ?? "small"}
          {...(trigger.icon === undefined ? {} : { icon: trigger.icon })}
          {...(trigger.spokenLabel === undefined ? {} : { "aria-label": trigger.spokenLabel })}
          disabled={trigger.isDisabled ?? false}
        >
          {trigger.label}
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className="confirm-action">
            {choice}
            <ul className="confirm-action__happens">
              {happens.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
            <Command command={command} />
            {problem !== undefined && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>{problem}</MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement>
              <Button appearance="secondary">{words.say("action.cancel")}</Button>
            </DialogTrigger>
            <Button
              appearance="primary"
              disabledFocusable={isRunning || !canConfirm}
              onClick={() => void start()}
            >
              {isRunning ? words.say("action.running") : confirm}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
