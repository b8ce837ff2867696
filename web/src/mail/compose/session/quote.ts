import type { Correspondent, OpenMessage } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import type { Words } from "../../../i18n/makeWords.ts"
import { cleanHtml } from "../../body/clean.ts"
import { plainBody } from "../../body/plainText.ts"
import { writeAddress } from "../words/addresses.ts"
import { textOf } from "./textOf.ts"
import { type Quote, quoteClass } from "./Writing.ts"

export interface Quoted {
  readonly message: OpenMessage
  readonly body: { readonly isHtml: boolean; readonly content: string }
}

/** What is answered: "On …, X wrote:" and the message as a quote. */
export const replyQuote = ({ message, body }: Quoted, words: Words, inside: Document): Quote => {
  const { box, inert } = emptyBox()
  const who = message.message.from.map(({ name, address }) => name || address).join(", ")
  const when = words.dateAndTime(message.date ?? message.message.receivedAt)
  box.append(paragraph(inert, words.say("compose.quote.wrote", { who, when })))
  const quote = inert.createElement("blockquote")
  quote.setAttribute("type", "cite")
  quote.style.cssText = "margin: 0 0 0 0.8ex; border-left: 2px solid #c0c6d0; padding-left: 1ex"
  quote.append(...contentOf(body, inert, inside))
  box.append(quote)
  return quoteOf(box)
}

/** What is forwarded: its most important fields and the message. */
export const forwardQuote = ({ message, body }: Quoted, words: Words, inside: Document): Quote => {
  const { box, inert } = emptyBox()
  box.append(paragraph(inert, words.say("compose.quote.forwarded")))
  const list = (people: ReadonlyArray<Correspondent>) => people.map(writeAddress).join(", ")
  const fields = [
    [words.say("compose.quote.from"), list(message.message.from)],
    [words.say("compose.quote.date"), words.dateAndTime(message.date ?? message.message.receivedAt)],
    [words.say("compose.quote.subject"), message.message.subject],
    [words.say("compose.quote.to"), list(message.message.to)],
    [words.say("compose.quote.cc"), list(message.cc)]
  ] as const
  const head = inert.createElement("p")
  for (const [name, value] of fields) {
    if (value === "") continue
    const label = inert.createElement("b")
    label.textContent = `${name}: `
    head.append(label, value, inert.createElement("br"))
  }
  box.append(head, ...contentOf(body, inert, inside))
  return quoteOf(box)
}

/** A stored draft's own markup, and the quote that it ends with. */
export const splitQuote = (body: HTMLElement): Quote | null => {
  const found = [...body.querySelectorAll<HTMLElement>(`div.${quoteClass}`)].at(-1)
  if (found === undefined) return null
  found.remove()
  return { html: found.innerHTML, text: textOf(found), isIncluded: true }
}

const emptyBox = () => {
  const inert = document.implementation.createHTMLDocument("")
  return { inert, box: inert.createElement("div") }
}

const quoteOf = (box: HTMLElement): Quote => ({ html: box.innerHTML, text: textOf(box), isIncluded: true })

const paragraph = (inert: Document, text: string): HTMLElement => {
  const made = inert.createElement("p")
  made.textContent = text
  return made
}

/** Nodes for `inert`. Sheets of the message are left behind: they would dress what is written above it, too. */
const contentOf = (body: Quoted["body"], inert: Document, inside: Document): ReadonlyArray<Node> => {
  const clean = body.isHtml ? cleanHtml(body.content, inside).body : plainBody(body.content)
  for (const block of clean.querySelectorAll<HTMLElement>(".postroom-text")) {
    block.removeAttribute("class")
    block.style.whiteSpace = "pre-wrap"
  }
  const wrap = inert.createElement("div")
  wrap.append(...[...clean.childNodes].map((node) => inert.adoptNode(node)))
  return [wrap]
}
