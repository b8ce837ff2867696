import { splitLinks, type TextPiece } from "./textLinks.ts"

/** Deeper quotes stand as deep as these. */
const maxDepth = 12

interface Run {
  readonly depth: number
  readonly lines: Array<string>
}

/**
 * Plain text as elements: quotes nested, addresses linked, all else as it is. `text` is as the server reads it, with flowed
 * lines joined (RFC 3676). Nothing of it is read as markup.
 */
export const plainBody = (text: string): HTMLElement => {
  const inert = document.implementation.createHTMLDocument("")
  const { body } = inert
  for (const { depth, lines } of runsOf(text)) {
    let parent: HTMLElement = body
    for (let level = 0; level < depth; level++) parent = quoteIn(parent)
    const block = inert.createElement("div")
    block.className = "postroom-text"
    // Each paragraph by its own letters (UAX 9, P2).
    block.style.unicodeBidi = "plaintext"
    block.append(...splitLinks(lines.join("\n")).map((piece) => nodeOf(inert, piece)))
    parent.append(block)
  }
  return body
}

const runsOf = (text: string): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    const marks = /^(?:> ?)*/.exec(line)?.[0] ?? ""
    const depth = Math.min(maxDepth, marks.replaceAll(" ", "").length)
    const rest = line.slice(marks.length)
    const last = runs.at(-1)
    if (last?.depth === depth) last.lines.push(rest)
    else runs.push({ depth, lines: [rest] })
  }
  return runs
}

/** The quote that `parent` ends with, or a new one. */
const quoteIn = (parent: HTMLElement): HTMLElement => {
  const last = parent.lastElementChild
  if (last instanceof HTMLElement && last.localName === "blockquote") return last
  const quote = parent.ownerDocument.createElement("blockquote")
  quote.setAttribute("type", "cite")
  parent.append(quote)
  return quote
}

const nodeOf = (inert: Document, { text, href }: TextPiece): Node => {
  if (href === null) return inert.createTextNode(text)
  const link = inert.createElement("a")
  link.setAttribute("href", href)
  link.textContent = text
  return link
}
