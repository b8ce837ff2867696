/** A piece of a search as people type it, with its place in the text. */
export interface Piece {
  /** As it stands there. */
  readonly text: string
  readonly start: number
  /** What comes before its colon, in lower case; null where nothing does that means something. */
  readonly operator: Operator | null
  /** Behind the colon, without quotation marks. */
  readonly value: string
}

/** The names that the server knows before a colon, those that are of use to people (`proto/`, `SearchRequest.query`). */
export const operators = [
  "from",
  "to",
  "cc",
  "subject",
  "in",
  "is",
  "has",
  "before",
  "after",
  "on",
  "filename",
  "category",
  "larger",
  "smaller",
  "newer_than",
  "older_than"
] as const
export type Operator = (typeof operators)[number]

const operatorNamed = (name: string | undefined): Operator | null =>
  operators.find((one) => one === name?.toLowerCase()) ?? null

/** A minus, and a name with its colon; then nothing yet, a quoted text that may not have come to its end, or a word. */
const piece =
  /-?(?<bare>[a-z_]+):(?=\s|$)|-?(?:(?<name>[a-z_]+):)?(?:["“](?<quoted>[^"”]*)["”]?\*?|(?<word>[^\s"“”]+))/gi

/** Brackets are a word's: the server reads them, here they are only shown. */
export const piecesOf = (text: string): ReadonlyArray<Piece> =>
  [...text.matchAll(piece)].map((found) => {
    const { name, quoted, word, bare } = found.groups ?? {}
    return {
      text: found[0],
      start: found.index,
      operator: operatorNamed(name ?? bare),
      value: quoted ?? word ?? ""
    }
  })

/** The text without one of its pieces. */
export const without = (text: string, { start, text: removed }: Piece): string =>
  `${text.slice(0, start).trimEnd()} ${text.slice(start + removed.length).trimStart()}`.trim()

/** The text with a piece at its end, or without it where it has it. */
export const toggled = (text: string, wanted: string): string => {
  const there = piecesOf(text).find((one) => one.text.toLowerCase() === wanted)
  return there === undefined ? `${text.trimEnd()} ${wanted}`.trimStart() : without(text, there)
}

/** A value as it stands behind a colon. */
export const quoted = (value: string): string => {
  const plain = value.replace(/["“”]/g, "")
  return /^[^\s()]+$/.test(plain) ? plain : `"${plain}"`
}
