import type { Child, Element } from "../../../src/protocols/activesync/wbxml/element.ts"

/** What only the mailbox of the moment knows; stands in documents as text, and is filled in when they are sent. */
export const placeholders = [
  "{folders key}",
  "{inbox key}",
  "{drafts key}",
  "{deleted key}",
  "{message}",
  "{other message}",
  "{draft}",
  "{deleted}",
  "{long id}",
  "{attachment}",
  "{conversation}",
  "{policy key}"
] as const

export type Placeholder = (typeof placeholders)[number]

export type Filling = Readonly<Record<Placeholder, string | Uint8Array>>

const isPlaceholder = (text: string): text is Placeholder => placeholders.some((one) => one === text)

const textIn = (child: string | Uint8Array): string =>
  typeof child === "string" ? child : Buffer.from(child).toString("latin1")

const filledChild = (child: Child, filling: Filling): Child => {
  if (typeof child === "object" && "tag" in child) return filled(child, filling)
  const text = textIn(child)
  return isPlaceholder(text) ? filling[text] : child
}

export const filled = ({ tag, children }: Element, filling: Filling): Element => ({
  tag,
  children: children.map((child) => filledChild(child, filling))
})
