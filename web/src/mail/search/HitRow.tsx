import { AttachRegular } from "@fluentui/react-icons/svg/attach"
import { FlagFilled } from "@fluentui/react-icons/svg/flag"
import { isSeen } from "../../../../src/domain/Flags.ts"
import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { folderName } from "../page/folderName.ts"
import { nameOf } from "../page/people.ts"
import { shortTime } from "../page/when.ts"
import type { Hit } from "./SearchStore.ts"

interface Props {
  readonly hit: Hit
  readonly row: MessageRow
  readonly folder: FolderRow | undefined
  readonly isOpen: boolean
  /** Tab comes here. */
  readonly isFirst: boolean
  readonly onOpen: (message: MessageRow) => void
}

export const HitRow = ({ hit, row, folder, isOpen, isFirst, onOpen }: Props) => {
  const words = useWords()
  const isUnread = !isSeen(row.flags)
  const isFlagged = row.flags.includes("\\Flagged")
  return (
    <button
      type="button"
      className="search__hit"
      tabIndex={isFirst ? 0 : -1}
      aria-current={isOpen}
      data-unread={isUnread}
      onClick={() => onOpen(row)}
    >
      <span className="search__who">
        {isUnread && <span className="only-spoken">{words.say("search.unread")} </span>}
        {row.from.map(nameOf).join(", ") || words.say("mail.nobody")}
      </span>
      <span className="search__marks">
        {row.hasAttachments && (
          <AttachRegular role="img" aria-label={words.say("search.switch.has:attachment")} />
        )}
        {isFlagged && (
          <FlagFilled
            className="search__flag"
            role="img"
            aria-label={words.say("search.switch.is:flagged")}
          />
        )}
        <time dateTime={new Date(row.receivedAt).toISOString()}>
          {shortTime(words.language, row.receivedAt, Date.now(), words.timeZone)}
        </time>
      </span>
      <span className="search__subject">{row.subject.trim() || words.say("mail.noSubject")}</span>
      {folder !== undefined && <span className="search__folder">{folderName(words, folder)}</span>}
      <span className="search__snippet">
        {hit.snippet.map((piece, at) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces follow each other and stay
          piece.isMatch ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>
        )}
      </span>
    </button>
  )
}
