import { Button, Toolbar, ToolbarButton, ToolbarDivider } from "@fluentui/react-components"
import { ArchiveRegular } from "@fluentui/react-icons/svg/archive"
import { ArrowForwardRegular } from "@fluentui/react-icons/svg/arrow-forward"
import { ArrowLeftRegular } from "@fluentui/react-icons/svg/arrow-left"
import { ArrowReplyRegular } from "@fluentui/react-icons/svg/arrow-reply"
import { ArrowReplyAllRegular } from "@fluentui/react-icons/svg/arrow-reply-all"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { FlagFilled, FlagRegular } from "@fluentui/react-icons/svg/flag"
import { MailRegular } from "@fluentui/react-icons/svg/mail"
import { MailUnreadRegular } from "@fluentui/react-icons/svg/mail-unread"
import { useEffect, useMemo } from "react"
import type { MessageId, ThreadId } from "../../../../src/domain/ids.ts"
import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { ComposeSlot } from "../compose/ComposeSlot.tsx"
import { openCompose } from "../compose/composes.ts"
import { EditDraft } from "../compose/EditDraft.tsx"
import { useMail } from "../MailContext.ts"
import { MessageView } from "./MessageView.tsx"
import { MoveMenu } from "./MoveMenu.tsx"
import { useDo } from "./useDo.ts"
import { usePage } from "./usePage.ts"
import "./readingPane.css"

const answers = [
  ["reply", ArrowReplyRegular],
  ["replyAll", ArrowReplyAllRegular],
  ["forward", ArrowForwardRegular]
] as const

/** The conversation of the message that is open, the oldest first. */
export const ReadingPane = () => {
  const words = useWords()
  const mail = useMail()
  const page = usePage()
  const { messages } = useStore(mail.state)
  const { deed } = useDo()
  const { messageId } = page
  const open = messageId === null ? undefined : messages.get(messageId)
  const threadId = open?.threadId
  const thread = useMemo(() => threadOf(messages, threadId, messageId), [messages, threadId, messageId])

  useEffect(() => {
    if (threadId !== undefined) void mail.openThread(threadId)
  }, [mail, threadId])

  if (messageId === null)
    return (
      <section className="mail__reading mail__reading--empty" aria-label={words.say("mail.reading")}>
        <MailRegular aria-hidden="true" className="mail__empty-icon" />
        <p>{words.say("mail.nothingOpen")}</p>
      </section>
    )

  const isFlagged = open?.flags.includes("\\Flagged") ?? false
  const ids = [messageId]
  const button = (name: Parameters<typeof deed>[0], icon: React.ReactElement) => (
    <ToolbarButton
      icon={icon}
      aria-label={words.say(`mail.do.${name}`)}
      title={words.say(`mail.do.${name}`)}
      onClick={() => deed(name, ids)}
    />
  )
  return (
    <section className="mail__reading" aria-label={words.say("mail.reading")}>
      <Toolbar className="mail__reading-bar" size="small" aria-label={words.say("mail.withMessage")}>
        <Button
          className="mail__back"
          appearance="subtle"
          size="small"
          icon={<ArrowLeftRegular />}
          aria-label={words.say("mail.do.back")}
          onClick={() => page.open(null)}
        />
        {answers.map(([kind, Icon]) => (
          <ToolbarButton
            key={kind}
            icon={<Icon />}
            aria-label={words.say(`mail.do.${kind}`)}
            title={words.say(`mail.do.${kind}`)}
            onClick={() => openCompose({ kind, messageId })}
          />
        ))}
        <ToolbarDivider />
        {button("archive", <ArchiveRegular />)}
        {button("remove", <DeleteRegular />)}
        {button(isFlagged ? "unflag" : "flag", isFlagged ? <FlagFilled /> : <FlagRegular />)}
        {button("markUnread", <MailUnreadRegular />)}
        <MoveMenu ids={ids} />
      </Toolbar>
      <div className="mail__conversation">
        <h2 className="mail__open-subject" dir="auto">
          {open?.subject.trim() || words.say("mail.noSubject")}
        </h2>
        {thread.length === 0 ? (
          <MessageView key={messageId} messageId={messageId} row={undefined} isOpen />
        ) : (
          thread.map((row) => (
            <MessageView key={row.id} messageId={row.id} row={row} isOpen={row.id === messageId} />
          ))
        )}
        {open?.flags.includes("\\Draft") === true && <EditDraft messageId={messageId} />}
        <ComposeSlot messageId={messageId} />
      </div>
    </section>
  )
}

const threadOf = (
  messages: ReadonlyMap<MessageId, MessageRow>,
  threadId: ThreadId | undefined,
  messageId: MessageId | null
): ReadonlyArray<MessageRow> =>
  threadId === undefined
    ? []
    : [...messages.values()]
        .filter(
          (row) => row.threadId === threadId && (row.id === messageId || !row.flags.includes("\\Draft"))
        )
        .toSorted((a, b) => a.receivedAt - b.receivedAt || a.id - b.id)
