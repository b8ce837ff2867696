import { Button } from "@fluentui/react-components"
import type { MessageId } from "../../../../src/domain/ids.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { openCompose } from "./composes.ts"

/** Goes on with a draft that is read. */
export const EditDraft = ({ messageId }: { readonly messageId: MessageId }) => {
  const words = useWords()
  return (
    <Button appearance="primary" onClick={() => openCompose({ kind: "draft", messageId })}>
      {words.say("compose.editDraft")}
    </Button>
  )
}
