import { decodeHTML } from "entities"

const skipped = new Set(["script", "style", "title", "template"])
const blocks = new Set(
  "p,div,br,tr,li,ul,ol,dl,dt,dd,h1,h2,h3,h4,h5,h6,table,blockquote,hr,pre,section,article,header,footer,address,center,form".split(
    ","
  )
)
const cells = new Set(["td", "th", "option"])

/** Skipped elements are left by their end tag only. */
const endTags = new Map(
  [...skipped].map((name) => [name, new RegExp(`</${name}[\\s/>]`, "gi")] satisfies [string, RegExp])
)

const GREATER = 0x3e
const EQUALS = 0x3d
const DOUBLE_QUOTE = 0x22
const SINGLE_QUOTE = 0x27

/** Offset after the `>` that closes the tag at `start`, quotes respected; the end of the text if there is none. */
const tagEnd = (html: string, start: number): number => {
  let quote = 0
  for (let i = start; i < html.length; i++) {
    const char = html.charCodeAt(i)
    if (quote !== 0) {
      if (char === quote) quote = 0
    } else if (char === GREATER) return i + 1
    else if ((char === DOUBLE_QUOTE || char === SINGLE_QUOTE) && html.charCodeAt(i - 1) === EQUALS)
      quote = char
  }
  return html.length
}

const after = (html: string, mark: string, from: number): number => {
  const at = html.indexOf(mark, from)
  return at === -1 ? html.length : at + mark.length
}

const tagName = /\/?([a-z][a-z0-9]*)/iy

interface Tag {
  readonly end: number
  readonly separator: string
}

const elementAt = (html: string, start: number, name: string): Tag => {
  const end = tagEnd(html, start)
  const endTag = html[start + 1] === "/" ? undefined : endTags.get(name)
  if (endTag !== undefined && html[end - 2] !== "/") {
    endTag.lastIndex = end
    const close = endTag.exec(html)
    // One that is never closed swallows the rest, as in a browser.
    return { end: close === null ? html.length : tagEnd(html, close.index), separator: " " }
  }
  if (blocks.has(name)) return { end, separator: "\n" }
  return { end, separator: cells.has(name) ? " " : "" }
}

/** What the `<` at `start` opens; undefined when it is only a character. */
const tagAt = (html: string, start: number): Tag | undefined => {
  const next = html[start + 1]
  if (next === "!" && html.startsWith("--", start + 2))
    return { end: after(html, "-->", start + 4), separator: "" }
  if (next === "!" || next === "?") return { end: after(html, ">", start + 2), separator: "" }
  tagName.lastIndex = start + 1
  const name = tagName.exec(html)?.[1]?.toLowerCase()
  return name === undefined ? undefined : elementAt(html, start, name)
}

const textOf = (html: string, start: number, end: number): string => {
  const text = html.slice(start, end)
  return (text.includes("&") ? decodeHTML(text) : text).replace(/\s+/g, " ")
}

/** Joins pieces of text with at most one separator between words; a line break outweighs a space. */
class TextJoiner {
  length = 0
  readonly #out: Array<string> = []
  #separator = ""

  separate(separator: string): void {
    if (separator === "\n" || this.#separator === "") this.#separator = separator
  }

  push(text: string): void {
    const words = text.trim()
    if (text.startsWith(" ")) this.separate(" ")
    if (words === "") return
    if (this.length > 0) this.#out.push(this.#separator)
    this.#out.push(words)
    this.length += words.length + this.#separator.length
    this.#separator = text.endsWith(" ") ? " " : ""
  }

  get text(): string {
    return this.#out.join("")
  }
}

/**
 * The readable text of HTML: tags, scripts, styles and comments gone, blocks on lines of their own. One pass without
 * a tree, so that nesting and unclosed tags cost nothing. Stops after about `maxLength` characters. For search and
 * preview; it is not a sanitizer.
 */
export const htmlToText = (html: string, maxLength: number): string => {
  const out = new TextJoiner()
  let at = 0
  let searched = 0
  while (at < html.length && out.length <= maxLength) {
    const open = html.indexOf("<", searched)
    if (open === -1) break
    const tag = tagAt(html, open)
    searched = tag === undefined ? open + 1 : tag.end
    if (tag === undefined) continue
    out.push(textOf(html, at, Math.min(open, at + maxLength)))
    out.separate(tag.separator)
    at = tag.end
  }
  if (out.length <= maxLength) out.push(textOf(html, at, Math.min(html.length, at + maxLength)))
  return out.text
}
