/** A piece of text, and where it leads; null = nowhere. */
export interface TextPiece {
  readonly text: string
  readonly href: string | null
}

/** Bounded before the `@`, so that a long word is looked at once and not from each of its letters. */
const address =
  /\b(?:https?:\/\/|www\.)[^\s<>"]+|(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/giu

/** What ends a sentence and not an address; a bracket only where it was opened outside. */
const withoutTail = (found: string): string => {
  const text = found.replace(/[.,;:!?'*_]+$/, "")
  const open = brackets.get(text.at(-1) ?? "")
  const isForeign = open !== undefined && count(text, text.slice(-1)) > count(text, open)
  return isForeign ? withoutTail(text.slice(0, -1)) : text
}

const brackets = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"]
])

const count = (text: string, letter: string): number => text.split(letter).length - 1

const hrefOf = (text: string): string | null => {
  const href = text.includes("://") ? text : text.includes("@") ? `mailto:${text}` : `https://${text}`
  return URL.canParse(href) ? href : null
}

/** Text in pieces, addresses apart from what stands between them. Joined, they are the text. */
export const splitLinks = (text: string): ReadonlyArray<TextPiece> => {
  const pieces: Array<TextPiece> = []
  let from = 0
  for (const match of text.matchAll(address)) {
    const found = withoutTail(match[0])
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), href: null })
    pieces.push({ text: found, href: hrefOf(found) })
    from = match.index + found.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null })
  return pieces
}
