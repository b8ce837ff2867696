import { Checkbox } from "@fluentui/react-components"
import { ArchiveRegular } from "@fluentui/react-icons/svg/archive"
import { AttachRegular } from "@fluentui/react-icons/svg/attach"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { FlagFilled, FlagRegular } from "@fluentui/react-icons/svg/flag"
import { MailReadRegular } from "@fluentui/react-icons/svg/mail-read"
import { MailUnreadRegular } from "@fluentui/react-icons/svg/mail-unread"
import { type MouseEvent, memo, type ReactElement } from "react"
import { isSeen } from "../../../../src/domain/Flags.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import type { Line } from "./conversations.ts"
import type { Deed } from "./deeds.ts"
import { dragIds } from "./dragging.ts"
import { peopleOf } from "./people.ts"
import { toggled } from "./selection.ts"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"
import { shortTime } from "./when.ts"

interface Props {
  readonly line: Line
  readonly index: number
  /** Pixels from the top of the list. */
  readonly start: number
  readonly isChosen: boolean
  readonly isCursor: boolean
  readonly isOpen: boolean
  readonly onClick: (line: Line, event: MouseEvent) => void
}

export const MessageRow = memo(({ line, index, start, isChosen, isCursor, isOpen, onClick }: Props) => {
  const words = useWords()
  const page = usePage()
  const { newest, messages } = line
  const isUnread = messages.some(({ flags }) => !isSeen(flags))
  const isFlagged = messages.some(({ flags }) => flags.includes("\\Flagged"))
  const hasAttachments = messages.some((message) => message.hasAttachments)
  const who = peopleOf(line) || words.say("mail.nobody")
  const subject = newest.subject.trim() || words.say("mail.noSubject")
  const time = shortTime(words.language, newest.receivedAt, Date.now(), words.timeZone)
  const state = words.say("mail.rowState", {
    unread: isUnread ? "yes" : "no",
    flagged: isFlagged ? "yes" : "no",
    attachments: hasAttachments ? "yes" : "no",
    count: messages.length
  })
  const ids = messages.map(({ id }) => id)
  return (
    <div
      id={`line-${line.key}`}
      role="row"
      className="mail__row"
      style={{ transform: `translateY(${start}px)` }}
      aria-rowindex={index + 1}
      aria-selected={isChosen || isOpen}
      data-unread={isUnread}
      data-cursor={isCursor}
      data-chosen={isChosen}
      data-open={isOpen}
      draggable
      onDragStart={({ dataTransfer }) => dragIds(dataTransfer, isChosen ? page.target() : ids)}
      onClick={(event) => onClick(line, event)}
    >
      <div role="gridcell" className="mail__check">
        <Checkbox
          tabIndex={-1}
          checked={isChosen}
          aria-label={words.say("mail.choose", { subject })}
          onClick={(event) => event.stopPropagation()}
          onChange={() => page.select(toggled(page.selection, line.key))}
        />
      </div>
      <div role="gridcell" className="mail__cell">
        <span className="only-spoken">{state}</span>
        <span className="mail__who">
          <bdi>{who}</bdi>
          {messages.length > 1 && (
            <span className="mail__thread-count" aria-hidden="true">
              {words.number(messages.length)}
            </span>
          )}
        </span>
        <span className="mail__marks">
          {hasAttachments && <AttachRegular aria-hidden="true" />}
          {isFlagged && <FlagFilled aria-hidden="true" className="mail__flagged" />}
          <time className="mail__time">{time}</time>
        </span>
        <bdi className="mail__subject">{subject}</bdi>
        <bdi className="mail__preview">{newest.preview}</bdi>
      </div>
      <div role="gridcell" className="mail__quick">
        <Quick deed="archive" ids={ids} icon={<ArchiveRegular />} />
        <Quick deed="remove" ids={ids} icon={<DeleteRegular />} />
        <Quick
          deed={isFlagged ? "unflag" : "flag"}
          ids={ids}
          icon={isFlagged ? <FlagFilled /> : <FlagRegular />}
        />
        <Quick
          deed={isUnread ? "markRead" : "markUnread"}
          ids={ids}
          icon={isUnread ? <MailReadRegular /> : <MailUnreadRegular />}
        />
      </div>
    </div>
  )
})

interface QuickProps {
  readonly deed: Deed
  readonly ids: Parameters<ReturnType<typeof useDo>["deed"]>[1]
  readonly icon: ReactElement
}

/** For the mouse; the keyboard has keys for the same. */
const Quick = ({ deed, ids, icon }: QuickProps) => {
  const words = useWords()
  const does = useDo()
  const label = words.say(`mail.do.${deed}`)
  return (
    <button
      type="button"
      className="mail__quick-button"
      tabIndex={-1}
      title={label}
      aria-label={label}
      onClick={(event) => {
        event.stopPropagation()
        does.deed(deed, ids)
      }}
    >
      {icon}
    </button>
  )
}
