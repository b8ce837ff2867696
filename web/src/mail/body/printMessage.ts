import { frameAddress, frameSandbox } from "./frame.ts"
import { type BodyContent, type BodyOptions, showBody } from "./showBody.ts"

export interface Printed {
  readonly subject: string
  /** What stands above the message, in words: `["From", "Ann <ann@example.org>"]`. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
  readonly content: BodyContent
  readonly language: string
  readonly inlinePart: BodyOptions["inlinePart"]
  readonly showsRemote: boolean
}

/**
 * Opens the browser's print window for a message alone, dark on white, with its quotes, in a frame that nobody sees. Only
 * this one may open a window of the browser (`allow-modals`); it has no script either.
 */
export const printMessage = async (message: Printed): Promise<void> => {
  const frame = document.createElement("iframe")
  frame.setAttribute("sandbox", `${frameSandbox} allow-modals`)
  frame.setAttribute("aria-hidden", "true")
  frame.tabIndex = -1
  frame.style.cssText =
    "position: fixed; inset-inline-start: -10000px; inline-size: 1000px; block-size: 1000px; border: 0"
  frame.src = frameAddress
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }))
  document.body.append(frame)
  await loaded
  const { contentDocument: inside, contentWindow: window } = frame
  if (inside === null || window === null) return frame.remove()
  const { content, language, inlinePart } = message
  const shown = showBody(inside, content, { theme: "light", language, quoteLabel: null, inlinePart })
  inside.title = message.subject
  inside.body.prepend(headingOf(inside, message))
  await shown.inlineShown
  if (message.showsRemote) await shown.loadRemote()
  await Promise.allSettled([...inside.images].map((image) => image.decode()))
  window.addEventListener("afterprint", () => {
    shown.dispose()
    frame.remove()
  })
  window.print()
}

const headingOf = (inside: Document, { subject, fields }: Printed): HTMLElement => {
  const heading = inside.createElement("header")
  heading.className = "postroom-heading"
  const title = inside.createElement("h1")
  title.textContent = subject
  const lines = fields.map(([name, value]) => {
    const line = inside.createElement("p")
    line.textContent = `${name}: ${value}`
    return line
  })
  heading.append(title, ...lines)
  return heading
}
