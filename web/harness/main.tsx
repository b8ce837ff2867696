import { createDOMRenderer, FluentProvider, RendererProvider } from "@fluentui/react-components"
import { useLayoutEffect, useState } from "react"
import { createRoot } from "react-dom/client"
import { WordsProvider } from "../src/i18n/WordsProvider.tsx"
import { MessageBody } from "../src/mail/body/MessageBody.tsx"
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
        show: (content: BodyContent, showsRemote = false) => {
          const before = bodyShown()
          setAsked({ content, showsRemote })
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
        {asked !== undefined && <MessageBody {...asked} inlinePart={inlinePart} onMailTo={mailTo} />}
      </main>
    </FluentProvider>
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
