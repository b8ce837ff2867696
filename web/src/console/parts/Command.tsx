import { Button } from "@fluentui/react-components"
import { CheckmarkRegular } from "@fluentui/react-icons/svg/checkmark"
import { CopyRegular } from "@fluentui/react-icons/svg/copy"
import { useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import "./command.css"

/** The same thing for a terminal, to be copied. */
export const Command = ({ command }: { readonly command: string }) => {
  const words = useWords()
  const [copied, setCopied] = useState<string>()
  const isCopied = copied === command
  return (
    <div className="command">
      <span className="command__label">{words.say("action.command")}</span>
      <code className="command__text" dir="ltr">
        {command}
      </code>
      <Button
        appearance="subtle"
        size="small"
        icon={isCopied ? <CheckmarkRegular /> : <CopyRegular />}
        onClick={() => {
          void navigator.clipboard.writeText(command).then(() => setCopied(command))
        }}
      >
        {words.say(isCopied ? "action.copied" : "action.copy")}
      </Button>
    </div>
  )
}
