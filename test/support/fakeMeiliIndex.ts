import { Schema } from "effect"

/** Anything else its tokenizer may take apart, or put together, in a way that depends on how it was built. */
const Words = Schema.String.pipe(Schema.pattern(/^[a-z0-9]*( [a-z0-9]+)*$/))

export const Stored = Schema.Struct({
  id: Schema.String.pipe(Schema.pattern(/^[\w-]{1,511}$/)),
  mailbox: Schema.String,
  message: Schema.Number,
  at: Schema.Number,
  size: Schema.Number,
  attachment: Schema.Boolean,
  long: Schema.Boolean,
  words: Schema.Array(Words),
  more: Schema.Array(Words),
  forms: Schema.Array(Words)
})
export type Stored = typeof Stored.Type

export const Search = Schema.Struct({
  q: Schema.String.pipe(Schema.pattern(/^[a-z0-9" ]*$/)),
  attributesToSearchOn: Schema.Array(Schema.Literal("words", "more", "forms")),
  filter: Schema.Array(Schema.String),
  sort: Schema.Tuple(Schema.Literal("at:desc"), Schema.Literal("message:desc")),
  limit: Schema.Number,
  matchingStrategy: Schema.Literal("all")
})
export type MeiliSearch = typeof Search.Type

/** As in its source: limits of which it says nothing when they are met. */
const limits = {
  places: 65_536,
  betweenRows: 8,
  wordBytes: 250,
  parts: 10,
  completed: 1_000,
  cachedPrefix: 4
}

const tokens = (text: string) => text.split(" ").filter((token) => token !== "")

/** The words of one attribute by their places, as far as it keeps them. */
const placedWords = (rows: ReadonlyArray<string>): ReadonlyArray<readonly [number, string]> => {
  const placed: Array<readonly [number, string]> = []
  let place = 0
  for (const [n, row] of rows.entries()) {
    if (n > 0) place += limits.betweenRows
    for (const [k, word] of tokens(row).entries()) {
      if (k > 0) place += 1
      if (place < limits.places && Buffer.byteLength(word) <= limits.wordBytes) placed.push([place, word])
    }
  }
  return placed
}

/** What it knows of a document: its words by attribute, and which of them stand one or two places before which. */
interface Known {
  readonly stored: Stored
  readonly words: Readonly<Record<"words" | "more" | "forms", ReadonlySet<string>>>
  readonly near: ReadonlySet<string>
}

const knownOf = (stored: Stored): Known => {
  const all = {
    words: placedWords(stored.words),
    more: placedWords(stored.more),
    forms: placedWords(stored.forms)
  }
  const near = new Set<string>()
  for (const placed of Object.values(all)) {
    for (const [n, [place, word]] of placed.entries()) {
      for (const [other, next] of placed.slice(n + 1, n + 3)) {
        if (other - place <= 2) near.add(`${word} ${next} ${other - place}`)
      }
    }
  }
  const setOf = (placed: ReadonlyArray<readonly [number, string]>) => new Set(placed.map(([, word]) => word))
  return { stored, words: { words: setOf(all.words), more: setOf(all.more), forms: setOf(all.forms) }, near }
}

const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => Number(a) < Number(b),
  ">": (a, b) => Number(a) > Number(b),
  ">=": (a, b) => Number(a) >= Number(b)
}

const passesOne = (part: string, document: Stored): boolean => {
  const fields: Readonly<Record<string, unknown>> = document
  const [, name = "", operator = "", value = ""] =
    /^(mailbox|message|at|size|attachment|long) (=|<|>|>=) ("[\w-]+"|\d+|true)$/.exec(part) ?? []
  const compare = comparisons[operator]
  if (compare === undefined) throw new Error(`not a filter: ${part}`)
  return compare(fields[name], JSON.parse(value))
}

/** `a`, `a AND b`, `a OR (b AND c)` of comparisons. */
const passes = (filter: string, document: Stored): boolean =>
  filter.split(" OR ").some((way) =>
    way
      .replace(/^\((.*)\)$/, "$1")
      .split(" AND ")
      .every((part) => passesOne(part, document))
  )

type Part =
  | { readonly _tag: "Phrase"; readonly words: ReadonlyArray<string> }
  | { readonly _tag: "Word"; readonly word: string; readonly isOpen: boolean }

/** Of more parts it forgets the others. */
const partsOf = (q: string): ReadonlyArray<Part> => {
  const found = [...q.matchAll(/"([^"]*)"|([^ "]+)/g)]
  return found
    .map(([whole, phrase, word = ""], n): Part => {
      const isLast = n === found.length - 1 && q.endsWith(whole)
      return phrase === undefined
        ? { _tag: "Word", word, isOpen: isLast }
        : { _tag: "Phrase", words: tokens(phrase) }
    })
    .slice(0, limits.parts)
}

/** One index. It finds what it should and, as the real one, sometimes more. */
export class FakeIndex {
  readonly createdAt: string
  readonly #known = new Map<string, Known>()
  #maxTotalHits: number | null = null

  constructor(createdAt: string) {
    this.createdAt = createdAt
  }

  get documents(): ReadonlyArray<Stored> {
    return [...this.#known.values()].map(({ stored }) => stored)
  }

  set({ pagination }: { readonly pagination: { readonly maxTotalHits: number } }): void {
    this.#maxTotalHits = pagination.maxTotalHits
  }

  put(documents: ReadonlyArray<Stored>): void {
    for (const document of documents) this.#known.set(document.id, knownOf(document))
  }

  remove(ids: ReadonlyArray<string>): void {
    for (const id of ids) this.#known.delete(id)
  }

  /** What passes filters; without settings nothing can be filtered by. */
  filtered(filters: ReadonlyArray<string>): ReadonlyArray<Stored> {
    if (this.#maxTotalHits === null) throw new Error("invalid_search_filter")
    return this.documents.filter((one) => filters.every((filter) => passes(filter, one)))
  }

  search(asked: MeiliSearch): ReadonlyArray<Pick<Stored, "mailbox" | "message" | "at">> {
    const parts = partsOf(asked.q)
    const completed = new Set(
      parts.flatMap((part) => (part._tag === "Word" && part.isOpen ? this.#complete(part.word) : []))
    )
    return this.filtered(asked.filter)
      .flatMap(({ id }) => this.#known.get(id) ?? [])
      .filter((one) => holds(one, parts, { attributes: asked.attributesToSearchOn, completed }))
      .map(({ stored }) => stored)
      .sort((a, b) => b.at - a.at || b.message - a.message)
      .slice(0, Math.min(asked.limit, this.#maxTotalHits ?? 0))
      .map(({ mailbox, message, at }) => ({ mailbox, message, at }))
  }

  /** Of a longer beginning it looks at so many words only, in the order of the alphabet. */
  #complete(beginning: string): ReadonlyArray<string> {
    const words = new Set(
      [...this.#known.values()].flatMap(({ words }) => Object.values(words).flatMap((some) => [...some]))
    )
    const all = [...words].filter((word) => word.startsWith(beginning)).sort()
    return beginning.length <= limits.cachedPrefix ? all : all.slice(0, limits.completed)
  }
}

interface How {
  readonly attributes: MeiliSearch["attributesToSearchOn"]
  readonly completed: ReadonlySet<string>
}

/** Every part in turn; words that follow each other may be one that was written together. */
const holds = (known: Known, parts: ReadonlyArray<Part>, how: How): boolean => {
  const [first] = parts
  if (first === undefined) return true
  const hasWord = (word: string) => how.attributes.some((name) => known.words[name].has(word))
  if (first._tag === "Phrase")
    return holdsPhrase(known, first.words, hasWord) && holds(known, parts.slice(1), how)
  return [1, 2, 3].some((count) => {
    const some = parts.slice(0, count)
    const joined = some.map((part) => (part._tag === "Word" ? part.word : "\n")).join("")
    const isOpen = count === 1 && first.isOpen
    const isThere =
      hasWord(joined) || (isOpen && how.attributes.some((name) => hasAny(known.words[name], how.completed)))
    return some.length === count && isThere && holds(known, parts.slice(count), how)
  })
}

const hasAny = (words: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean => {
  for (const word of wanted) if (words.has(word)) return true
  return false
}

/** Not whether the words stand in a row, but whether each of them somewhere stands before the next, and the one after it. */
const holdsPhrase = (
  known: Known,
  words: ReadonlyArray<string>,
  hasWord: (word: string) => boolean
): boolean =>
  words.every((word, n) => {
    const [next, afterNext] = words.slice(n + 1, n + 3)
    return (
      hasWord(word) &&
      (next === undefined || known.near.has(`${word} ${next} 1`)) &&
      (afterNext === undefined ||
        known.near.has(`${word} ${afterNext} 1`) ||
        known.near.has(`${word} ${afterNext} 2`))
    )
  })
