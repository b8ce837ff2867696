import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarBody
} from "@fluentui/react-components"
import { AttachRegular } from "@fluentui/react-icons/svg/attach"
import { ChevronDownRegular } from "@fluentui/react-icons/svg/chevron-down"
import { DeleteRegular } from "@fluentui/react-icons/svg/delete"
import { SendRegular } from "@fluentui/react-icons/svg/send"
import { type DragEvent, type KeyboardEvent, useId, useRef, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { bodyOf, documentOf, documentOfText } from "./editor/markup.ts"
import { RichEditor } from "./editor/RichEditor.tsx"
import { AttachmentList } from "./fields/AttachmentList.tsx"
import { CheckDialog } from "./fields/CheckDialog.tsx"
import { HeldDialog } from "./fields/HeldDialog.tsx"
import { QuotePanel } from "./fields/QuotePanel.tsx"
import { RecipientsField } from "./fields/RecipientsField.tsx"
import { ScheduleDialog } from "./fields/ScheduleDialog.tsx"
import { StandingLine } from "./fields/StandingLine.tsx"
import type { Written } from "./session/Desk.ts"
import type { Server } from "./session/Server.ts"
import type { Writing } from "./session/Writing.ts"
import { type Doubt, doubtsOf, type Obstacle, obstacleOf } from "./words/doubts.ts"

interface Props {
  readonly written: Written
  readonly server: Server
  readonly onSend: (sendAt: number | null) => void
  readonly onDiscard: () => void
}

export const ComposeForm = ({ written, server, onSend, onDiscard }: Props) => {
  const { session, attaching, rules, inside } = written
  const words = useWords()
  const subjectId = useId()
  const writing = useStore(session.writing)
  const isElsewhere = useStore(session.isElsewhere)
  const standing = useStore(session.standing)
  const [shows, setShows] = useState({ cc: writing.cc.length > 0, bcc: writing.bcc.length > 0 })
  const [problem, setProblem] = useState<string>()
  const [doubts, setDoubts] = useState<{
    readonly of: ReadonlyArray<Doubt>
    readonly sendAt: number | null
  }>()
  const [isListing, setListing] = useState(false)
  const [isScheduling, setScheduling] = useState(false)
  /** The editor begins anew with what the session has. */
  const [edition, setEdition] = useState(0)
  const files = useRef<HTMLInputElement>(null)
  const isAnswer = writing.answers !== null && writing.answers.verb !== "forward"
  const isSending = standing._tag === "Sending" || standing._tag === "SendWaits"

  const explain = (obstacle: Obstacle, { to, cc, bcc }: Writing) =>
    obstacle === "badRecipient"
      ? words.say("compose.recipient.fix", {
          count: [...to, ...cc, ...bcc].filter(({ address }) => !address.includes("@")).length || 1
        })
      : words.say(`compose.check.${obstacle}`)

  const send = (sendAt: number | null) => {
    if (isSending) return
    const now = session.current()
    const obstacle = obstacleOf(now)
    setScheduling(false)
    setProblem(obstacle === null ? undefined : explain(obstacle, now))
    if (obstacle !== null) return
    const of = doubtsOf(now)
    if (of.length > 0) setDoubts({ of, sendAt })
    else onSend(sendAt)
  }

  const attach = (all: ReadonlyArray<File>) => {
    const count = attaching.add(all)
    if (count > 0)
      setProblem(words.say("compose.attachment.tooMany", { most: words.number(rules.attachments), count }))
  }

  const dropped = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    attach([...event.dataTransfer.files])
  }

  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
    // A dialog above the form has keys of its own.
    if (!(event.target instanceof Element) || !event.currentTarget.contains(event.target)) return
    event.preventDefault()
    event.stopPropagation()
    // An address that is still being typed is meant, too: its field takes it as it is left.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    send(null)
  }

  const again = (change: Partial<Writing>) => {
    session.bodyIn(null)
    session.change(change)
    setEdition(edition + 1)
  }
  const toText = () => {
    const { body, quote } = session.current()
    const quoted = quote?.isIncluded === true ? `\n\n${quote.text}` : ""
    again({ body: { _tag: "Text", text: `${body.text}${quoted}` }, quote: null })
  }
  const toHtml = () => again({ body: bodyOf(documentOfText(session.current().body.text)) })
  const editQuote = () => {
    const { body, quote } = session.current()
    if (quote === null || body._tag === "Text") return
    again({ body: bodyOf(documentOf(`${body.html}<div><br></div>${quote.html}`, inside)), quote: null })
  }

  const isText = writing.body._tag === "Text"
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files are dropped anywhere; there is a button for it, too
    <div
      className="compose__form"
      onKeyDownCapture={pressed}
      onDrop={dropped}
      onDragOver={(event) => event.preventDefault()}
    >
      {written.isRecovered && <Bar text={words.say("compose.recovered")} />}
      {isElsewhere && <Bar text={words.say("compose.elsewhere")} intent="warning" />}
      {problem !== undefined && <Bar text={problem} intent="error" />}
      <RecipientsField
        label={words.say("compose.to")}
        people={writing.to}
        server={server}
        hasFocus={!isAnswer}
        onChange={(to) => session.change({ to })}
      >
        {!shows.cc && (
          <Button
            size="small"
            appearance="subtle"
            aria-label={words.say("compose.showCc")}
            onClick={() => setShows({ ...shows, cc: true })}
          >
            {words.say("compose.cc")}
          </Button>
        )}
        {!shows.bcc && (
          <Button
            size="small"
            appearance="subtle"
            aria-label={words.say("compose.showBcc")}
            onClick={() => setShows({ ...shows, bcc: true })}
          >
            {words.say("compose.bcc")}
          </Button>
        )}
      </RecipientsField>
      {(["cc", "bcc"] as const).map(
        (name) =>
          shows[name] && (
            <RecipientsField
              key={name}
              label={words.say(`compose.${name}`)}
              people={writing[name]}
              server={server}
              hasFocus={false}
              onChange={(people) => session.change({ [name]: people })}
            />
          )
      )}
      <div className="compose__line">
        <label className="compose__label" htmlFor={subjectId}>
          {words.say("compose.subject")}
        </label>
        <input
          id={subjectId}
          className="compose__input"
          maxLength={998}
          value={writing.subject}
          onChange={({ target }) => session.change({ subject: target.value })}
        />
      </div>
      <div className="compose__text">
        {isText ? (
          <textarea
            className="compose__plain"
            aria-label={words.say("compose.message")}
            value={writing.body.text}
            onChange={({ target }) => session.change({ body: { _tag: "Text", text: target.value } })}
          />
        ) : (
          <RichEditor key={edition} written={written} hasFocus={isAnswer} onFiles={attach} />
        )}
        <QuotePanel written={written} onEdit={editQuote} />
      </div>
      <AttachmentList written={written} />
      <div className="compose__foot">
        <span className="compose__send">
          <Button
            appearance="primary"
            icon={<SendRegular />}
            title={`${words.say("compose.send")} (Ctrl+Enter)`}
            disabledFocusable={isSending}
            onClick={() => send(null)}
          >
            {words.say("compose.send")}
          </Button>
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button
                appearance="primary"
                icon={<ChevronDownRegular />}
                aria-label={words.say("compose.sendMore")}
                disabledFocusable={isSending}
              />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem onClick={() => setScheduling(true)}>{words.say("compose.sendLater")}</MenuItem>
                <MenuItem onClick={() => setListing(true)}>{words.say("compose.held.open")}</MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        </span>
        <Button
          appearance="subtle"
          icon={<AttachRegular />}
          aria-label={words.say("compose.attach")}
          title={words.say("compose.attach")}
          onClick={() => files.current?.click()}
        />
        <Button size="small" appearance="subtle" onClick={isText ? toHtml : toText}>
          {words.say(isText ? "compose.toHtml" : "compose.toText")}
        </Button>
        <StandingLine session={session} />
        <Button
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={words.say("compose.discard")}
          title={words.say("compose.discard")}
          disabledFocusable={isSending}
          onClick={() => !isSending && onDiscard()}
        />
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label={words.say("compose.attach")}
          onChange={({ target }) => {
            attach([...(target.files ?? [])])
            target.value = ""
          }}
        />
      </div>
      {doubts !== undefined && (
        <CheckDialog
          doubts={doubts.of}
          onCancel={() => setDoubts(undefined)}
          onSend={() => {
            setDoubts(undefined)
            onSend(doubts.sendAt)
          }}
        />
      )}
      {isListing && <HeldDialog server={server} onClose={() => setListing(false)} />}
      {isScheduling && (
        <ScheduleDialog within={rules.scheduleMillis} onSend={send} onCancel={() => setScheduling(false)} />
      )}
    </div>
  )
}

const Bar = ({
  text,
  intent = "info"
}: {
  readonly text: string
  readonly intent?: "info" | "warning" | "error"
}) => (
  <MessageBar intent={intent} layout="multiline" role={intent === "error" ? "alert" : "status"}>
    <MessageBarBody>{text}</MessageBarBody>
  </MessageBar>
)
