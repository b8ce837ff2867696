import { Button, Spinner } from "@fluentui/react-components"
import { ArrowMaximizeRegular } from "@fluentui/react-icons/svg/arrow-maximize"
import { ArrowMinimizeRegular } from "@fluentui/react-icons/svg/arrow-minimize"
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss"
import { SubtractRegular } from "@fluentui/react-icons/svg/subtract"
import { useEffect, useId, useRef, useState } from "react"
import { createPortal } from "react-dom"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useStore } from "../../shell/store.ts"
import { usePreferences } from "../preferences.ts"
import { ComposeForm } from "./ComposeForm.tsx"
import { bringToTop, type Compose, closeCompose, composeSlot, openCompose } from "./composes.ts"
import { tellDiscarded, tellSent } from "./sendNotices.ts"
import type { Desk, Opening, Written } from "./session/Desk.ts"

interface Props {
  readonly compose: Compose
  readonly desk: Desk
  readonly isOnTop: boolean
}

/** One message that is being written: open, small, or as large as the page. */
export const ComposeWindow = ({ compose, desk, isOnTop }: Props) => {
  const words = useWords()
  const titleId = useId()
  const { signatures, signatureOfNew, signatureOfAnswers } = usePreferences()
  const [opening, setOpening] = useState<Opening>()
  const [size, setSize] = useState<"open" | "small" | "large">("open")
  const [attempt, setAttempt] = useState(0)
  const place = usePlaceOf(compose)
  const cameFrom = useRef<Element | null>(null)
  const dialog = useRef<HTMLDivElement>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is being written does not begin anew with another language
  useEffect(() => {
    let isWanted = true
    const htmlOf = (id: string | null) => signatures.find((one) => one.id === id)?.html ?? ""
    desk
      .open(compose, words, { ofNew: htmlOf(signatureOfNew), ofAnswers: htmlOf(signatureOfAnswers) })
      .catch(() => {
        desk.forget(compose.key)
        return { refusal: null }
      })
      .then((next) => isWanted && setOpening(next))
    return () => {
      isWanted = false
    }
  }, [compose, desk, attempt])

  useEffect(() => {
    cameFrom.current ??= document.activeElement
  }, [])

  const end = () => {
    const { activeElement } = document
    const isHere =
      activeElement === null || activeElement === document.body || dialog.current?.contains(activeElement)
    closeCompose(compose.key)
    // Who writes elsewhere meanwhile goes on doing so.
    if (isHere && cameFrom.current instanceof HTMLElement && cameFrom.current.isConnected)
      cameFrom.current.focus()
  }

  const written = opening !== undefined && "session" in opening ? opening : undefined
  const close = () => {
    if (written !== undefined) void written.session.close()
    end()
  }
  const send = async ({ session }: Written, sendAt: number | null) => {
    const outcome = await session.send(sendAt, session.interruptedSend)
    if (outcome._tag === "NotSent") return
    end()
    tellSent(desk.server, {
      sendId: outcome.sendId,
      heldUntil: outcome.sent.heldUntil,
      isLater: sendAt !== null,
      reopen: (messageId) => openCompose({ kind: "draft", messageId })
    })
  }
  const discard = ({ session }: Written) => {
    const kept = session.kept()
    const draftId = session.discard()
    end()
    tellDiscarded({
      restore: () => void draftId.then((id) => desk.restore({ ...kept, draftId: id })),
      forGood: () => void draftId.then((id) => id !== null && desk.discard(id))
    })
  }

  // Asked for before the page ended: under the same name it is not sent twice.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    const sending = written?.session.interruptedSend
    if (written !== undefined && sending) void send(written, sending.sendAt)
  }, [written])

  const isInline = place !== null && size === "open"
  const shown = (
    <div
      ref={dialog}
      className="compose"
      role="dialog"
      aria-labelledby={titleId}
      data-size={isInline ? "inline" : size}
      data-top={isOnTop}
      onKeyDown={(event) => event.stopPropagation()}
      onFocus={() => bringToTop(compose.key)}
    >
      <header className="compose__bar">
        <h2 id={titleId} className="compose__title">
          {written === undefined ? words.say("compose.new") : <Title written={written} />}
        </h2>
        <Button
          size="small"
          appearance="subtle"
          icon={<SubtractRegular />}
          aria-label={words.say(size === "small" ? "compose.restore" : "compose.minimise")}
          aria-expanded={size !== "small"}
          onClick={() => setSize(size === "small" ? "open" : "small")}
        />
        <Button
          size="small"
          className="compose__enlarge"
          appearance="subtle"
          icon={size === "large" ? <ArrowMinimizeRegular /> : <ArrowMaximizeRegular />}
          aria-label={words.say(size === "large" ? "compose.shrink" : "compose.enlarge")}
          onClick={() => setSize(size === "large" ? "open" : "large")}
        />
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={words.say("compose.close")}
          title={words.say("compose.close")}
          onClick={close}
        />
      </header>
      <div className="compose__inside" hidden={size === "small"}>
        {written !== undefined ? (
          <ComposeForm
            written={written}
            server={desk.server}
            onSend={(sendAt) => void send(written, sendAt)}
            onDiscard={() => discard(written)}
          />
        ) : opening === undefined ? (
          <Spinner label={words.say("compose.opening")} />
        ) : (
          <p role="alert" className="compose__failed">
            {words.say(isGone(opening) ? "compose.openGone" : "compose.openFailed")}{" "}
            <Button size="small" onClick={() => setAttempt(attempt + 1)}>
              {words.say("live.retry")}
            </Button>
          </p>
        )}
      </div>
    </div>
  )
  return isInline ? createPortal(shown, place) : shown
}

/** Where an answer stands below its message; null = in a window. A phone shows one thing at a time. */
const usePlaceOf = ({ wish }: Compose): HTMLElement | null => {
  const slot = useStore(composeSlot)
  const isAnswer = "messageId" in wish && wish.kind !== "draft"
  const isThere = isAnswer && slot?.messageId === wish.messageId
  return isThere && window.matchMedia("(width > 60rem)").matches ? slot.element : null
}

const isGone = (opening: Opening): boolean => "refusal" in opening && opening.refusal?.reason === "notFound"

const Title = ({ written: { session } }: { readonly written: Written }) => {
  const words = useWords()
  const { subject } = useStore(session.writing)
  return <bdi>{subject.trim() || words.say("compose.new")}</bdi>
}
