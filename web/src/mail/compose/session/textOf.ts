/**
 * Markup as plain text, for those who read no other: a line for each block, `> ` before quotes, marks before the items of
 * lists, addresses behind links.
 */
export const textOf = (root: Node): string =>
  blockText(root)
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\s+$/g, "")

const blocks = new Set(
  "address article blockquote body center dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul".split(
    " "
  )
)

const blockText = (node: Node): string => {
  let text = ""
  for (const child of node.childNodes) {
    const piece = textOfChild(child)
    const isBlock = blocks.has(child.nodeName.toLowerCase())
    if (isBlock && text !== "" && !text.endsWith("\n")) text += "\n"
    text += isBlock && !piece.endsWith("\n") ? `${piece}\n` : piece
  }
  return text
}

const textOfChild = (child: Node): string => {
  if (child.nodeType === Node.TEXT_NODE)
    return isPreformatted(child)
      ? (child.nodeValue ?? "")
      : (child.nodeValue ?? "").replaceAll(/[ \t\r\n]+/g, " ")
  if (!isElement(child)) return ""
  const element = child
  switch (element.nodeName.toLowerCase()) {
    case "br":
      return "\n"
    case "hr":
      return "-----"
    case "style":
    case "head":
      return ""
    case "img":
      return bracketed(element.getAttribute("alt"))
    case "a":
      return linkText(element)
    case "li":
      return marked(element)
    case "td":
    case "th":
      return `${blockText(element).trim()} `
    case "p":
      return `${lastBreakOff(blockText(element))}\n`
    case "div":
      return `${lastBreakOff(blockText(element))}\n`
    case "blockquote":
      return prefixed(blockText(element).replace(/\s+$/, ""), "> ", "> ")
    default:
      return blockText(element)
  }
}

/** `instanceof` knows only the elements of this page's own documents. */
const isElement = (node: Node): node is Element => node.nodeType === Node.ELEMENT_NODE

/** A break at the end of a block opens no line. */
const lastBreakOff = (text: string): string => (text.endsWith("\n") ? text.slice(0, -1) : text)

const isPreformatted = (node: Node): boolean => node.parentElement?.closest("pre") != null

const bracketed = (alt: string | null): string => (alt === null || alt === "" ? "" : `[${alt}]`)

const linkText = (link: Element): string => {
  const text = blockText(link)
  const href = link.getAttribute("href") ?? ""
  const isSaid =
    href === "" ||
    text.includes(
      href
        .replace(/^mailto:/i, "")
        .replace(/^https?:\/\//i, "")
        .replace(/\/$/, "")
    )
  return isSaid ? text : `${text} <${href}>`
}

const marked = (item: Element): string => {
  const list = item.parentElement
  const at = list === null ? -1 : [...list.children].indexOf(item)
  const sign = list?.nodeName === "OL" ? `${Number(list.getAttribute("start") ?? 1) + at}. ` : "- "
  return `${prefixed(blockText(item).replace(/^\n+|\s+$/g, ""), sign, " ".repeat(sign.length))}\n`
}

const prefixed = (text: string, first: string, next: string): string =>
  text
    .split("\n")
    .map((line, at) => `${at === 0 ? first : next}${line}`.trimEnd())
    .join("\n")
