import { Button, MessageBar, MessageBarActions, MessageBarBody, Spinner } from "@fluentui/react-components"
import { useWords } from "../../i18n/WordsProvider.tsx"

interface Props {
  readonly outcome: { readonly _tag: string } | undefined
  readonly again: () => void
}

/** Where there is no answer yet, or none to be had. */
export const Waiting = ({ outcome, again }: Props) => {
  const words = useWords()
  if (outcome?._tag !== "Refused") return <Spinner size="small" label={words.say("settings.loading")} />
  return <Failed again={again} />
}

/** Something came to nothing; null = there is nothing more to try. */
export const Failed = ({ again }: { readonly again: (() => void) | null }) => {
  const words = useWords()
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>{words.say("settings.failed")}</MessageBarBody>
      {again !== null && (
        <MessageBarActions>
          <Button size="small" onClick={again}>
            {words.say("settings.again")}
          </Button>
        </MessageBarActions>
      )}
    </MessageBar>
  )
}
