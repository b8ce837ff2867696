import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { type Operator, operators, type Piece, piecesOf, quoted } from "./pieces.ts"

/** What a text may go on with. */
export interface Suggestion {
  /** Takes the place of what is being typed. */
  readonly text: string
  readonly operator: Operator
  /** What it looks for, in words; null = whatever comes behind the colon. */
  readonly value: string | null
  /** Another name of the value, where it has one. */
  readonly label: string | null
}

/** What a search calls a folder: those that everybody has by what they are, in every language. */
export const searchName = ({ role, name }: Pick<FolderRow, "role" | "name">): string =>
  role === "user" ? name : role

export interface Known {
  /** By the name that a search has for each, and the one that the reader sees. */
  readonly folders: ReadonlyArray<{ readonly name: string; readonly label: string }>
  readonly messages: Iterable<Pick<MessageRow, "from" | "to">>
}

/** What the server understands behind each. */
export const valuesOf: Readonly<Partial<Record<Operator, ReadonlyArray<string>>>> = {
  is: ["unread", "read", "flagged", "answered", "forwarded", "draft", "junk"],
  has: ["attachment"],
  before: ["today", "yesterday"],
  after: ["yesterday", "today"],
  on: ["today", "yesterday"],
  larger: ["1M", "5M", "20M"],
  smaller: ["100K", "1M"],
  newer_than: ["7d", "1m", "1y"],
  older_than: ["7d", "1m", "1y"]
}

const most = 8

/** Offered before anything is typed. */
const first: ReadonlyArray<Operator> = ["from", "to", "subject", "is", "has", "in", "before", "after"]

/** The piece that is being typed; undefined = a new one begins. */
export const pieceAt = (text: string, caret: number): Piece | undefined =>
  piecesOf(text).find(({ start, text: piece }) => start < caret && caret <= start + piece.length)

/** What the text may go on with where the caret is. */
export const suggestionsFor = (text: string, caret: number, known: Known): ReadonlyArray<Suggestion> => {
  const piece = pieceAt(text, caret)
  if (piece === undefined) return first.map((operator) => beginning("", operator))
  const minus = piece.text.startsWith("-") ? "-" : ""
  if (piece.operator !== null) return values(piece.operator, piece.value, { minus, known })
  const typed = piece.text.slice(minus.length).toLowerCase()
  return operators.filter((one) => one.startsWith(typed)).map((operator) => beginning(minus, operator))
}

const beginning = (minus: string, operator: Operator): Suggestion => ({
  text: `${minus}${operator}:`,
  operator,
  value: null,
  label: null
})

const values = (
  operator: Operator,
  typed: string,
  { minus, known }: { readonly minus: string; readonly known: Known }
): ReadonlyArray<Suggestion> => {
  const wanted = typed.toLowerCase()
  const labels = new Map(known.folders.map(({ name, label }) => [name, label]))
  const all = valuesKnown(operator, wanted, known)
  return [...new Set(all)].slice(0, most).map((value) => ({
    text: `${minus}${operator}:${quoted(value)} `,
    operator,
    value,
    label: operator === "in" ? (labels.get(value) ?? null) : null
  }))
}

const valuesKnown = (operator: Operator, wanted: string, known: Known): ReadonlyArray<string> => {
  switch (operator) {
    case "in":
      return known.folders
        .filter(({ name, label }) => `${name} ${label}`.toLowerCase().includes(wanted))
        .map(({ name }) => name)
    case "from":
      return people(known, wanted, ({ from }) => from)
    case "to":
    case "cc":
      return people(known, wanted, ({ to }) => to)
    default:
      return (valuesOf[operator] ?? []).filter((value) => value.toLowerCase().startsWith(wanted))
  }
}

/** Who is known from the messages that are, those first who are named most often. */
const people = (
  { messages }: Known,
  wanted: string,
  of: (message: Pick<MessageRow, "from" | "to">) => MessageRow["from"]
): ReadonlyArray<string> => {
  const times = new Map<string, number>()
  for (const message of messages)
    for (const { name, address } of of(message))
      if (address !== "" && `${name} ${address}`.toLowerCase().includes(wanted))
        times.set(address.toLowerCase(), (times.get(address.toLowerCase()) ?? 0) + 1)
  return [...times].sort(([, a], [, b]) => b - a).map(([address]) => address)
}

/** The text with a suggestion taken, and where the caret is then. */
export const taken = (
  text: string,
  caret: number,
  suggestion: Suggestion
): { readonly text: string; readonly caret: number } => {
  const piece = pieceAt(text, caret)
  const start = piece?.start ?? caret
  const rest = text.slice(piece === undefined ? caret : piece.start + piece.text.length).trimStart()
  const before = text.slice(0, start)
  const gap = piece === undefined && before !== "" && !before.endsWith(" ") ? " " : ""
  const head = `${before}${gap}${suggestion.text}`
  return { text: head + rest, caret: head.length }
}
