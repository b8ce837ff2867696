import { Button } from "@fluentui/react-components"
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { notice } from "./notices.ts"

/** At the foot of the page: what was done, and Undo. Said aloud, and it takes no focus. */
export const NoticeBar = ({ onClose }: { readonly onClose: () => void }) => {
  const words = useWords()
  const shown = useStore(notice)
  return (
    <div className="mail__notice" role="status">
      {shown !== null && (
        <div className="mail__notice-box" data-problem={shown.isProblem}>
          <span>{shown.text}</span>
          {shown.undo !== null && (
            <Button size="small" appearance="transparent" onClick={shown.undo}>
              {words.say("mail.undo")}
            </Button>
          )}
          <Button
            size="small"
            appearance="transparent"
            icon={<DismissRegular />}
            aria-label={words.say("shell.close")}
            onClick={onClose}
          />
        </div>
      )}
    </div>
  )
}
