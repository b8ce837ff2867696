/** By what the usual programs mark what they quote. */
const quotes = [
  "blockquote",
  ".gmail_quote",
  ".gmail_quote_container",
  ".yahoo_quoted",
  ".protonmail_quote",
  ".moz-cite-prefix",
  "#appendonsend",
  "#divRplyFwdMsg",
  "#reply-intro"
].join(",")

/** A forwarded message is what its sender wants to be read. */
const forwarded = /^\s*(?:-{3,}|_{3,}|Begin forwarded|Anfang der weitergeleiteten)/i

/**
 * Folds the quote that a message ends with behind a button, from its line "… wrote:" on. One that comes first, or between
 * what the sender wrote, is read with it and stays. Needs no script: it is a `details`.
 */
export const foldQuote = (body: HTMLElement, label: string): void => {
  for (const found of body.querySelectorAll(quotes)) {
    const start = startOf(found)
    if (!hasContent(body, start, "before")) return
    if (!isLast(body, found) || forwarded.test(found.textContent ?? "")) continue
    const fold = body.ownerDocument.createElement("details")
    fold.className = "postroom-quote"
    const button = body.ownerDocument.createElement("summary")
    button.textContent = "•••"
    button.title = label
    button.setAttribute("aria-label", label)
    fold.append(button)
    start.before(fold)
    for (let next: ChildNode | null = start; next !== null; next = fold.nextSibling) fold.append(next)
    return
  }
}

/** Outlook marks only where the quote begins; all others put it into an element that ends with it. */
const isLast = (body: HTMLElement, found: Element): boolean =>
  found.matches("#appendonsend, #divRplyFwdMsg, .moz-cite-prefix, #reply-intro") ||
  !hasContent(body, found, "after")

/** With the line that says who wrote it, where that stands before the quote. */
const startOf = (quote: Element): ChildNode => {
  const before = quote.previousElementSibling
  return before !== null &&
    before.textContent !== null &&
    /:\s*$/.test(before.textContent) &&
    before.textContent.length < 300
    ? before
    : quote
}

const hasContent = (body: HTMLElement, node: Node, where: "before" | "after"): boolean => {
  const range = body.ownerDocument.createRange()
  range.selectNodeContents(body)
  if (where === "before") range.setEndBefore(node)
  else range.setStartAfter(node)
  return range.toString().trim() !== "" || range.cloneContents().querySelector("img") !== null
}
