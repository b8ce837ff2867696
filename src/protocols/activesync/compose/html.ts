import { escapeText } from "entities"

/** Plain text as a piece of HTML: everything escaped, lines and indents kept. */
export const plainFragment = (text: string): string =>
  escapeText(text)
    .split(/\r\n|\r|\n/)
    .map((line) =>
      line.replaceAll("\t", "    ").replace(/^ | {2}/g, (spaces) => "&nbsp;".repeat(spaces.length))
    )
    .join("<br>\r\n")

/** A whole document around a piece of HTML. */
export const documentOf = (fragment: string): string =>
  `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>${fragment}</body></html>`

/** Puts a piece before the end of a document's body: what stands behind `</html>` some clients do not show. */
export const appendFragment = (html: string, fragment: string): string => {
  const body = lastIndex(html, /<\/body\s*>/gi)
  const end = body === -1 ? lastIndex(html, /<\/html\s*>/gi) : body
  const at = end === -1 ? html.length : end
  return `${html.slice(0, at)}${fragment}${html.slice(at)}`
}

const lastIndex = (text: string, pattern: RegExp): number => {
  let last = -1
  for (const match of text.matchAll(pattern)) last = match.index
  return last
}

/** What may stand inside another document: the inside of the body, and the styles that it is shown with. */
export const fragmentOf = (html: string): string => {
  const open = /<body(?=[\s>/])/i.exec(html)
  const head = open === null ? html : html.slice(0, open.index)
  const styles = elementsOf(head, "style").join("")
  if (open === null) return `<div>${withoutHead(html)}</div>`
  const start = tagEnd(html, open.index)
  const end = lastIndex(html, /<\/body\s*>/gi)
  return `${styles}<div>${html.slice(start, end > start ? end : html.length)}</div>`
}

/** Of a document that has no body tag: what would make it a second document inside the first. */
const withoutHead = (html: string): string =>
  elementsOf(html, "title")
    .slice(0, 1)
    .reduce((text, title) => text.replace(title, () => ""), html)
    .replace(/<!doctype[^<>]*>|<\/?(?:html|head)(?=[\s>/])[^<>]*>|<meta(?=[\s>/])[^<>]*>/gi, "")

/** Every `<name …>…</name>` that is closed, in order. */
const elementsOf = (html: string, name: "style" | "title"): ReadonlyArray<string> => {
  const found: Array<string> = []
  const open = new RegExp(`<${name}(?=[\\s>])`, "gi")
  const close = new RegExp(`</${name}\\s*>`, "gi")
  for (let start = open.exec(html); start !== null; start = open.exec(html)) {
    close.lastIndex = start.index
    // One that is never closed has no other behind it: each is looked for once.
    if (close.exec(html) === null) break
    found.push(html.slice(start.index, close.lastIndex))
    open.lastIndex = close.lastIndex
  }
  return found
}

/** Offset after the `>` of the tag at `start`, quoted attributes passed over; the end where it is never closed. */
const tagEnd = (html: string, start: number): number => {
  let quote = ""
  for (let at = start; at < html.length; at++) {
    const char = html[at] ?? ""
    if (quote !== "") {
      if (char === quote) quote = ""
    } else if (char === ">") return at + 1
    else if ((char === '"' || char === "'") && html[at - 1] === "=") quote = char
  }
  return html.length
}
