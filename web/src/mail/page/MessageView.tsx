import { Avatar, Button, Spinner } from "@fluentui/react-components"
import { type ReactNode, useEffect, useMemo, useState } from "react"
import type { Address } from "../../../../src/domain/Content.ts"
import { isSeen } from "../../../../src/domain/Flags.ts"
import type { MessageId } from "../../../../src/domain/ids.ts"
import type { MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../i18n/makeWords.ts"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { Attachments } from "../attachments/Attachments.tsx"
import { inlinePartOf } from "../attachments/inlinePart.ts"
import { MessageBody } from "../body/MessageBody.tsx"
import { MessageMenu } from "../body/MessageMenu.tsx"
import { Notices } from "../body/notices/Notices.tsx"
import type { BodyContent } from "../body/showBody.ts"
import { openCompose } from "../compose/composes.ts"
import { usePreferences } from "../preferences.ts"
import type { Opened } from "./opened.ts"
import { isTrusted, nameOf } from "./people.ts"
import { useOpened } from "./useOpened.ts"
import { usePage } from "./usePage.ts"
import { shortTime } from "./when.ts"

interface Props {
  readonly messageId: MessageId
  /** What the list knows of it; undefined where the page began with it. */
  readonly row: MessageRow | undefined
  /** It is what was asked for: the others of the conversation are opened by a click. */
  readonly isOpen: boolean
}

/** One message: who, when and to whom, and what it says. */
export const MessageView = ({ messageId, row, isOpen }: Props) => {
  const words = useWords()
  const [isUnfolded, setUnfolded] = useState(isOpen)
  const isShown = isOpen || isUnfolded
  const who = senderOf(words, row)
  if (!isShown && row !== undefined)
    return (
      <article className="mail__message mail__message--folded">
        <button
          type="button"
          className="mail__unfold"
          aria-expanded={false}
          onClick={() => setUnfolded(true)}
        >
          <Avatar name={who} color="colorful" size={28} aria-hidden="true" />
          <strong>
            <bdi>{who}</bdi>
          </strong>
          <bdi className="mail__preview">{row.preview}</bdi>
          <time className="mail__time">
            {shortTime(words.language, row.receivedAt, Date.now(), words.timeZone)}
          </time>
        </button>
      </article>
    )
  return <Whole messageId={messageId} row={row} />
}

const Whole = ({ messageId, row }: Omit<Props, "isOpen">) => {
  const words = useWords()
  const { actions } = usePage()
  const { readAfterSeconds, trustedSenders } = usePreferences()
  const { outcome, isLost, again } = useOpened(messageId)
  const opened = outcome?._tag === "Answered" ? outcome.value : undefined
  const isUnread = row !== undefined && !isSeen(row.flags)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is read; one may mark it unread afterwards
  useEffect(() => {
    if (opened === undefined || !isUnread || readAfterSeconds === null) return
    const timer = setTimeout(() => actions.markRead([messageId]), readAfterSeconds * 1_000)
    return () => clearTimeout(timer)
  }, [opened, messageId])
  const known = row ?? opened?.message.message
  const shown = useMemo(
    () =>
      opened && {
        message: opened.message,
        content: contentOf(opened),
        inlinePart: inlinePartOf(opened.message)
      },
    [opened]
  )
  const showsRemote = isTrusted(trustedSenders, known?.from[0]?.address)
  return (
    <article
      className="mail__message"
      aria-label={words.say("mail.messageFrom", { who: senderOf(words, known) })}
    >
      {known !== undefined && (
        <Head row={known} cc={opened?.message.cc ?? []}>
          {shown !== undefined && <MessageMenu {...shown} showsRemote={showsRemote} />}
        </Head>
      )}
      {shown !== undefined && (
        <>
          <Notices message={shown.message} />
          <Attachments
            message={shown.message}
            html={shown.content._tag === "Html" ? shown.content.html : null}
          />
          <MessageBody
            content={shown.content}
            inlinePart={shown.inlinePart}
            showsRemote={showsRemote}
            onMailTo={mailTo}
          />
        </>
      )}
      {outcome === undefined && <Spinner size="tiny" label={words.say("shell.loading")} />}
      {outcome !== undefined && outcome._tag !== "Answered" && (
        <p role="alert">
          {words.say(
            outcome._tag === "Refused" && outcome.reason === "notFound" ? "mail.gone" : "mail.cannotOpen"
          )}{" "}
          {isLost && (
            <Button size="small" onClick={again}>
              {words.say("live.retry")}
            </Button>
          )}
        </p>
      )}
    </article>
  )
}

const mailTo = (href: string) => openCompose({ kind: "mailto", href })

interface HeadProps {
  readonly children: ReactNode
  readonly row: MessageRow
  readonly cc: ReadonlyArray<Address>
}

const Head = ({ row, cc, children }: HeadProps) => {
  const words = useWords()
  const [from] = row.from
  const who = senderOf(words, row)
  const to = row.to.map(nameOf).join(", ") || words.say("mail.nobodyNamed")
  return (
    <header className="mail__message-head">
      <Avatar name={who} color="colorful" size={40} aria-hidden="true" />
      <div className="mail__message-people">
        <div>
          <strong>
            <bdi>{who}</bdi>
          </strong>{" "}
          {from !== undefined && from.name !== "" && (
            <bdi className="mail__address">&lt;{from.address}&gt;</bdi>
          )}
        </div>
        <div className="mail__recipients">
          {words.say("mail.to", { people: to })}
          {cc.length > 0 && <> · {words.say("mail.cc", { people: cc.map(nameOf).join(", ") })}</>}
        </div>
      </div>
      <time className="mail__time">{words.dateAndTime(row.receivedAt)}</time>
      {children}
    </header>
  )
}

const senderOf = (words: Words, row: Pick<MessageRow, "from"> | undefined): string =>
  row?.from
    .slice(0, 1)
    .map(nameOf)
    .find((name) => name !== "") ?? words.say("mail.nobody")

const contentOf = ({ body: { mediaType, content } }: Opened): BodyContent =>
  mediaType === "text/html" ? { _tag: "Html", html: content } : { _tag: "Text", text: content }
