import type { Words } from "./query/Query.ts"
import { type PlacedWord, placedWords } from "./words.ts"

/** A piece of a snippet; the pieces in a row are the snippet. */
export interface SnippetPiece {
  readonly text: string
  /** Whether it is what was looked for. */
  readonly isMatch: boolean
}

/** Characters of a text that are looked at, before the first match, and of the snippet. */
const length = { text: 128 * 1024, before: 60, snippet: 200 }

type SameWord = (word: string, wanted: string) => boolean

const isSame: SameWord = (word, wanted) => word === wanted

/** Perhaps another form of the same word; good enough to show where, not to find by. */
const isAkin: SameWord = (word, wanted) => {
  let common = 0
  while (common < word.length && word[common] === wanted[common]) common++
  const [short, long] = [Math.min(word.length, wanted.length), Math.max(word.length, wanted.length)]
  return common >= 3 && common >= short - 2 && long - common <= 4
}

const matchesAt = (
  words: ReadonlyArray<PlacedWord>,
  at: number,
  { wanted, isThat }: { readonly wanted: Words; readonly isThat: SameWord }
): boolean =>
  wanted.words.every((one, n) => {
    const word = words[at + n]?.word
    if (word === undefined) return false
    const isOpen = wanted.isPrefix && n === wanted.words.length - 1
    return isOpen ? word.startsWith(one) : isThat(word, one)
  })

/** Index of the first word that is part of a match, with the number of words from there on; null = none. */
const matchOf = (
  words: ReadonlyArray<PlacedWord>,
  at: number,
  { wanted, isThat }: { readonly wanted: ReadonlyArray<Words>; readonly isThat: SameWord }
): number | null => {
  const found = wanted.filter((one) => matchesAt(words, at, { wanted: one, isThat }))
  return found.length === 0 ? null : Math.max(...found.map((one) => one.words.length))
}

const onOneLine = (text: string): string => text.replace(/\s+/g, " ")

/** The piece of a text around the first of the words that stands in it; null where none does. */
export const snippetOf = (text: string, query: ReadonlyArray<Words>): ReadonlyArray<SnippetPiece> | null => {
  const anywhere = query.filter(({ field }) => field === null)
  const words = anywhere.length === 0 ? [] : placedWords(text.slice(0, length.text))
  return around(text, words, { wanted: anywhere, isThat: isSame }) ?? loose(text, words, anywhere)
}

const loose = (text: string, words: ReadonlyArray<PlacedWord>, anywhere: ReadonlyArray<Words>) => {
  const wanted = anywhere.filter((one) => !one.isExact && !one.isPrefix && one.words.length === 1)
  return around(text, words, { wanted, isThat: isAkin })
}

const around = (
  text: string,
  words: ReadonlyArray<PlacedWord>,
  how: { readonly wanted: ReadonlyArray<Words>; readonly isThat: SameWord }
): ReadonlyArray<SnippetPiece> | null => {
  const first = words.findIndex((_, at) => matchOf(words, at, how) !== null)
  const found = words[first]
  if (found === undefined) return null
  const start = words.find((word) => word.start >= found.start - length.before)?.start ?? found.start
  const inside = words.filter((word) => word.start >= start && word.end <= start + length.snippet)
  const lastEnd = Math.max(found.end, inside.at(-1)?.end ?? 0)
  // With the point or bracket after the last word.
  const end = lastEnd + (/^[^\s\p{L}\p{N}]{0,3}/u.exec(text.slice(lastEnd, lastEnd + 3))?.[0].length ?? 0)
  const pieces: Array<SnippetPiece> = []
  const push = (from: number, to: number, isMatch: boolean) => {
    if (to > from) pieces.push({ text: onOneLine(text.slice(from, to)), isMatch })
  }
  let at = start
  for (let n = first; (words[n]?.start ?? end) < end; n++) {
    const count = matchOf(words, n, how)
    const [from, to] = [words[n]?.start ?? end, words[n + (count ?? 1) - 1]?.end ?? end]
    if (count === null || from < at) continue
    push(at, from, false)
    push(from, to, true)
    at = to
  }
  push(at, end, false)
  return [
    ...(text.slice(0, start).trim() !== "" ? [{ text: "… ", isMatch: false }] : []),
    ...pieces,
    ...(end < text.trimEnd().length ? [{ text: " …", isMatch: false }] : [])
  ]
}
