import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components"
import { useEffect, useRef, useState } from "react"
import { useWords } from "../../i18n/WordsProvider.tsx"
import { useTheme } from "../../shell/theme.ts"
import { fitHeight } from "./fitHeight.ts"
import { frameAddress, frameSandbox } from "./frame.ts"
import { listenInside } from "./frameEvents.ts"
import { LinkLine } from "./LinkLine.tsx"
import type { LinkTarget } from "./linkTarget.ts"
import { type BodyContent, type BodyOptions, type ShownBody, showBody } from "./showBody.ts"
import "./messageBody.css"

export interface MessageBodyProps {
  /** Another object is another message: keep it while it is the same. */
  readonly content: BodyContent
  readonly inlinePart: BodyOptions["inlinePart"]
  /** The reader trusts the sender: pictures are fetched without asking. */
  readonly showsRemote: boolean
  readonly onMailTo: (href: string) => void
}

type Remote = "none" | "blocked" | "loading" | "loaded"

/** A message's body, in a frame that can run nothing and fetch nothing. */
export const MessageBody = ({ content, inlinePart, showsRemote, onMailTo }: MessageBodyProps) => {
  const words = useWords()
  const theme = useTheme().name
  const frame = useRef<HTMLIFrameElement>(null)
  const shown = useRef<ShownBody>(null)
  const [inside, setInside] = useState<Document>()
  const [{ look, count, isCut }, setFound] = useState({ look: "light", count: 0, isCut: false })
  const [remote, setRemote] = useState<Remote>("none")
  const [missing, setMissing] = useState(0)
  const [link, setLink] = useState<LinkTarget | null>(null)
  const quoteLabel = words.say("body.quote")

  const load = async (of: ShownBody | null) => {
    if (of === null) return
    setRemote("loading")
    const lost = await of.loadRemote()
    if (shown.current !== of) return
    setMissing(lost)
    setRemote("loaded")
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice about pictures does not show the message anew
  useEffect(() => {
    const element = frame.current
    if (inside === undefined || element === null) return
    const { language } = words
    const body = showBody(inside, content, { theme, language, quoteLabel, inlinePart })
    shown.current = body
    setFound({ look: body.look, count: body.remote.length, isCut: body.isCut })
    setRemote(body.remote.length > 0 ? "blocked" : "none")
    setMissing(0)
    setLink(null)
    const release = fitHeight(element, inside)
    if (showsRemote && body.remote.length > 0) void load(body)
    return () => {
      release()
      body.dispose()
    }
  }, [inside, content, inlinePart, theme, quoteLabel])

  useEffect(() => {
    const element = frame.current
    if (inside === undefined || element === null) return
    return listenInside(element, inside, { onLink: setLink, onMailTo })
  }, [inside, onMailTo])

  return (
    <div className="message-body" data-look={look}>
      {(remote === "blocked" || remote === "loading") && (
        <MessageBar layout="multiline">
          <MessageBarBody>{words.say("body.remote", { count })}</MessageBarBody>
          <MessageBarActions>
            <Button
              size="small"
              disabledFocusable={remote === "loading"}
              onClick={() => void load(shown.current)}
            >
              {words.say(remote === "loading" ? "body.remote.loading" : "body.remote.load")}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {remote === "loaded" && missing > 0 && (
        <MessageBar intent="warning">
          <MessageBarBody>{words.say("body.remote.missing", { count: missing })}</MessageBarBody>
        </MessageBar>
      )}
      {isCut && (
        <MessageBar intent="warning">
          <MessageBarBody>{words.say("body.cut")}</MessageBarBody>
        </MessageBar>
      )}
      <iframe
        ref={frame}
        className="message-body__frame"
        title={words.say("body.frame")}
        src={frameAddress}
        sandbox={frameSandbox}
        referrerPolicy="no-referrer"
        onLoad={() => setInside(frame.current?.contentDocument ?? undefined)}
      />
      <LinkLine link={link} />
    </div>
  )
}
