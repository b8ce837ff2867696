import { Button } from "@fluentui/react-components"
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { endNotice, sendNotices } from "./sendNotices.ts"

/** What was sent or thrown away, and the way back. Said aloud, and it takes no focus. */
export const SendNotices = () => {
  const words = useWords()
  const notices = useStore(sendNotices)
  return (
    <div className="send-notices" role="status">
      {notices.map(({ id, say, undo }) => (
        <div key={id} className="send-notice">
          <span>{words.say(say.key, "at" in say ? { at: words.dateAndTime(say.at) } : {})}</span>
          {undo !== null && (
            <Button size="small" onClick={undo}>
              {words.say("compose.sent.undo")}
            </Button>
          )}
          <Button
            size="small"
            appearance="transparent"
            icon={<DismissRegular />}
            aria-label={words.say("shell.close")}
            onClick={() => endNotice(id)}
          />
        </div>
      ))}
    </div>
  )
}
