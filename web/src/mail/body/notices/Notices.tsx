import { MessageBar, MessageBarBody } from "@fluentui/react-components"
import type { OpenMessage } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { isAuthenticationFailed } from "./authentication.ts"

/** What one should know before one believes a message; nothing where there is nothing. */
export const Notices = ({ message }: { readonly message: Pick<OpenMessage, "headers"> }) => {
  const words = useWords()
  if (!isAuthenticationFailed(message.headers)) return null
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>{words.say("body.notFromSender")}</MessageBarBody>
    </MessageBar>
  )
}
