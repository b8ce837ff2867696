import { Either } from "effect"
import { InvalidRequest } from "../../../domain/errors.ts"
import type { Field } from "../document.ts"
import { foldedWords } from "../words.ts"
import { filters, type QueryContext } from "./filters.ts"
import { lex, type Token } from "./lex.ts"
import { everyWord, type Query } from "./Query.ts"

/** What one query may ask for, so that none costs more than a search should. */
export const queryLimits = { length: 2_000, clauses: 50, words: 200, depth: 20 }

const textFields: Readonly<Record<string, Field>> = {
  subject: "subject",
  from: "from",
  to: "to",
  cc: "cc",
  bcc: "bcc",
  filename: "file",
  attachment: "file"
}

const fieldNames: ReadonlySet<string> = new Set([...Object.keys(textFields), ...Object.keys(filters)])

/** What was read; null = nothing that could be looked for, e.g. `!!!`. */
type Parsed = Either.Either<Query | null, InvalidRequest>

const refuse = (message: string) => Either.left(new InvalidRequest({ message }))

/** Recursive descent; ends, because every step takes a token, and every bracket counts towards the depth. */
class Parser {
  readonly #tokens: ReadonlyArray<Token>
  readonly #context: QueryContext
  #at = 0
  #clauses = 0

  constructor(tokens: ReadonlyArray<Token>, context: QueryContext) {
    this.#tokens = tokens
    this.#context = context
  }

  read(): Parsed {
    return Either.flatMap(this.#all(null, 0), (query) =>
      this.#at < this.#tokens.length
        ? refuse("A bracket is closed that was not opened.")
        : Either.right(query)
    )
  }

  get #next(): Token | undefined {
    return this.#tokens[this.#at]
  }

  /** Whether a keyword is next, and something that it is for; else it is a word like others. */
  #isKeyword(keyword: string): boolean {
    const [token, operand] = this.#tokens.slice(this.#at, this.#at + 2)
    const isBefore = operand !== undefined && operand._tag !== "Close"
    return isBefore && token?._tag === "Text" && !token.isQuoted && token.text === keyword
  }

  #take(isWanted: boolean): boolean {
    if (isWanted) this.#at += 1
    return isWanted
  }

  /** Clauses side by side: all of them. */
  #all(field: Field | null, depth: number): Parsed {
    const all: Array<Query> = []
    while (this.#next !== undefined && this.#next._tag !== "Close") {
      const alternatives = this.#alternatives(field, depth)
      if (Either.isLeft(alternatives)) return alternatives
      if (alternatives.right !== null) all.push(alternatives.right)
    }
    return Either.right(joined(all, (several) => ({ _tag: "And", all: several })))
  }

  /** `a OR b`: binds closer than standing side by side. */
  #alternatives(field: Field | null, depth: number): Parsed {
    const any: Array<Query> = []
    do {
      const clause = this.#clause(field, depth)
      if (Either.isLeft(clause)) return clause
      if (clause.right !== null) any.push(clause.right)
    } while (this.#take(this.#isKeyword("OR")))
    return Either.right(joined(any, (several) => ({ _tag: "Or", any: several })))
  }

  #clause(field: Field | null, depth: number): Parsed {
    this.#clauses += 1
    if (this.#clauses > queryLimits.clauses)
      return refuse(`A search has at most ${queryLimits.clauses} parts.`)
    const token = this.#next
    if (this.#take(this.#isKeyword("AND"))) return this.#clause(field, depth)
    if (this.#take(this.#isKeyword("NOT") || token?._tag === "Minus")) {
      return Either.map(this.#clause(field, depth), (query) =>
        query === null ? null : { _tag: "Not", query }
      )
    }
    if (this.#take(token?._tag === "Open")) return this.#group(field, depth)
    if (token?._tag !== "Field" && token?._tag !== "Text")
      return refuse("Something is missing at the end of the search.")
    this.#at += 1
    return token._tag === "Text" ? Either.right(wordsOf(token, field)) : this.#field(token.name, depth)
  }

  #group(field: Field | null, depth: number): Parsed {
    if (depth >= queryLimits.depth) return refuse("Too many brackets within each other.")
    const inner = this.#all(field, depth + 1)
    if (Either.isLeft(inner) || this.#take(this.#next?._tag === "Close")) return inner
    return refuse("A bracket is not closed.")
  }

  #field(name: string, depth: number): Parsed {
    const value = this.#next
    const field = textFields[name]
    const filter = filters[name]
    if (field !== undefined && this.#take(value?._tag === "Open")) return this.#group(field, depth)
    if (value?._tag !== "Text") return refuse(`Say what is looked for after ${name}:`)
    this.#at += 1
    return filter === undefined
      ? Either.right(wordsOf(value, field ?? null))
      : filter(value.text.trim(), this.#context)
  }
}

const joined = (
  parts: ReadonlyArray<Query>,
  join: (several: ReadonlyArray<Query>) => Query
): Query | null => {
  const [first] = parts
  if (first === undefined) return null
  return parts.length === 1 ? first : join(parts)
}

const wordsOf = (token: Extract<Token, { _tag: "Text" }>, field: Field | null): Query | null => {
  const words = foldedWords(token.text)
  return words.length === 0
    ? null
    : { _tag: "Words", field, words, isPrefix: token.isPrefix, isExact: token.isQuoted }
}

/**
 * Reads a search as people type it: words, "phrases", beginnings*, fields (`from:`, `subject:` …), filters (`is:unread`,
 * `before:2026-03` …), `-without`, `this OR that`, brackets.
 */
export const parseQuery = (text: string, context: QueryContext): Either.Either<Query, InvalidRequest> => {
  if (text.length > queryLimits.length)
    return refuse(`A search is at most ${queryLimits.length} characters long.`)
  return Either.gen(function* () {
    const tokens = yield* lex(text, fieldNames)
    const query = yield* new Parser(tokens, context).read()
    if (query === null) return yield* refuse("There is nothing in this search that could be looked for.")
    const words = everyWord(query).reduce((sum, leaf) => sum + leaf.words.length, 0)
    if (words > queryLimits.words) return yield* refuse(`A search has at most ${queryLimits.words} words.`)
    return query
  })
}
