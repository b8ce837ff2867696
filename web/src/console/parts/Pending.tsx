import { MessageBar, MessageBarBody, Spinner } from "@fluentui/react-components"
import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Live } from "../../rpc/follow.ts"
import { explain } from "../../rpc/problem.ts"

/** Instead of what is not there yet, or cannot be had. */
export const Pending = ({ live }: { readonly live: Live<unknown> }) => {
  const words = useWords()
  return live.state === "lost" ? (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>{explain(live.error, words)}</MessageBarBody>
    </MessageBar>
  ) : (
    <Spinner label={words.say("shell.loading")} />
  )
}
