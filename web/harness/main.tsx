import { createDOMRenderer, FluentProvider, RendererProvider } from "@fluentui/react-components"
import { useLayoutEffect, useMemo, useState } from "react"
import { createRoot } from "react-dom/client"
import type { OpenMessage } from "../../src/protocols/owa/OwaAnswers.ts"
import { WordsProvider } from "../src/i18n/WordsProvider.tsx"
import { Attachments } from "../src/mail/attachments/Attachments.tsx"
import { inlinePartOf } from "../src/mail/attachments/inlinePart.ts"
import { MessageBody } from "../src/mail/body/MessageBody.tsx"
import { MessageMenu } from "../src/mail/body/MessageMenu.tsx"
import { Notices } from "../src/mail/body/notices/Notices.tsx"
import { printMessage } from "../src/mail/body/printMessage.ts"
import type { BodyContent } from "../src/mail/body/showBody.ts"
import { useTheme } from "../src/shell/theme.ts"

/** One picture of 2 × 2 pixels that every `cid:` stands for, but for `missing`. */
const pixel = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
  ),
  (letter) => letter.charCodeAt(0)
)
const inlinePart = async (contentId: string) =>
  contentId === "missing" ? null : new Blob([pixel], { type: "image/png" })

interface Asked {
  readonly content: BodyContent
  readonly showsRemote: boolean
  /** What came with it; null = the body stands alone, and its parts are the pixel above. */
  readonly message: OpenMessage | null
}

/** What a test tells the page (`show`, `print`), and what it is told (`keys`, `mailTo`). */
const heard: { readonly keys: Array<string>; readonly mailTo: Array<string> } = { keys: [], mailTo: [] }

const Harness = () => {
  const { name, theme } = useTheme()
  const [asked, setAsked] = useState<Asked>()
  useLayoutEffect(() => {
    Object.assign(window, {
      harness: {
        heard,
        show: (content: BodyContent, showsRemote = false, message: OpenMessage | null = null) => {
          const before = bodyShown()
          setAsked({ content, showsRemote, message })
          return another(before)
        },
        print: (content: BodyContent) =>
          printMessage({
            subject: "Printed",
            fields: [["From", "Ann <ann@example.org>"]],
            content,
            language: "en",
            inlinePart,
            showsRemote: false
          })
      }
    })
    const pressed = ({ key }: KeyboardEvent) => heard.keys.push(key)
    document.addEventListener("keydown", pressed)
    return () => document.removeEventListener("keydown", pressed)
  }, [])
  return (
    <FluentProvider theme={theme} style={{ minHeight: "100vh", colorScheme: name }}>
      <main id="content" style={{ padding: 16 }}>
        <h1>A message</h1>
        {asked !== undefined && <Shown {...asked} />}
      </main>
    </FluentProvider>
  )
}

const Shown = ({ content, showsRemote, message }: Asked) => {
  const part = useMemo(() => (message === null ? inlinePart : inlinePartOf(message)), [message])
  return (
    <>
      {message !== null && (
        <MessageMenu message={message} content={content} inlinePart={part} showsRemote={showsRemote} />
      )}
      {message !== null && <Notices message={message} />}
      {message !== null && (
        <Attachments message={message} html={content._tag === "Html" ? content.html : null} />
      )}
      <MessageBody content={content} inlinePart={part} showsRemote={showsRemote} onMailTo={mailTo} />
    </>
  )
}

const bodyShown = (): Element | undefined =>
  document
    .querySelector<HTMLIFrameElement>("iframe.message-body__frame")
    ?.contentDocument?.querySelector("body[dir]") ?? undefined

/** Resolves when another message's body stands in the frame, and what it does at once has been done. */
const another = async (before: Element | undefined): Promise<void> => {
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  while (bodyShown() === undefined || bodyShown() === before) await nextFrame()
  await nextFrame()
}

const mailTo = (href: string) => void heard.mailTo.push(href)

const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? ""
const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce } })
const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no #root")
createRoot(root).render(
  <RendererProvider renderer={renderer} targetDocument={document}>
    <WordsProvider>
      <Harness />
    </WordsProvider>
  </RendererProvider>
)
