import { Button } from "@fluentui/react-components"
import { ArrowUndoRegular } from "@fluentui/react-icons/svg/arrow-undo"
import { AttachRegular } from "@fluentui/react-icons/svg/attach"
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { useWords } from "../../../i18n/WordsProvider.tsx"
import { useStore } from "../../../shell/store.ts"
import type { Written } from "../session/Desk.ts"
import type { Attached } from "../session/Writing.ts"
import { octets } from "../words/octets.ts"

/** What is attached, how far it has come, and what went wrong. Pictures in the text are seen there. */
export const AttachmentList = ({ written: { session, attaching, rules } }: { readonly written: Written }) => {
  const words = useWords()
  const { attachments } = useStore(session.writing)
  const shown = attachments.filter(({ contentId, upload }) => contentId === null || upload._tag === "Failed")
  if (shown.length === 0) return null
  const stateOf = ({ upload, sizeBytes }: Attached): string => {
    switch (upload._tag) {
      case "Done":
        return octets(sizeBytes, words.language)
      case "UnderWay":
        return words.say("compose.attachment.share", { share: words.number(upload.share * 100) })
      case "Failed":
        return words.say(`compose.attachment.${upload.why}`, {
          most: octets(rules.attachmentSize, words.language)
        })
    }
  }
  return (
    <ul className="compose__attachments" aria-label={words.say("compose.attachments")}>
      {shown.map((one) => (
        <li key={one.id} className="compose__attachment" data-failed={one.upload._tag === "Failed"}>
          <AttachRegular aria-hidden="true" />
          <span className="compose__file">
            <bdi>{one.fileName}</bdi>
            <small>{stateOf(one)}</small>
            {one.upload._tag === "UnderWay" && (
              <progress aria-label={one.fileName} value={one.upload.share} />
            )}
          </span>
          {one.upload._tag === "Failed" && one.upload.why === "connection" && attaching.canRetry(one.id) && (
            <Button
              size="small"
              appearance="subtle"
              icon={<ArrowUndoRegular />}
              aria-label={words.say("compose.attachment.retry", { name: one.fileName })}
              onClick={() => attaching.retry(one.id)}
            />
          )}
          <Button
            size="small"
            appearance="subtle"
            icon={<DismissRegular />}
            aria-label={words.say("compose.attachment.remove", { name: one.fileName })}
            onClick={() => attaching.remove(one.id)}
          />
        </li>
      ))}
    </ul>
  )
}
