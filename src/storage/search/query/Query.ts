import type { Flag } from "../../../domain/Flags.ts"
import type { FolderId } from "../../../domain/ids.ts"
import type { Field } from "../document.ts"

/** Words that stand in a row, in the form of `foldedWords`. */
export interface Words {
  readonly _tag: "Words"
  /** Where they stand in a row; null = anywhere. */
  readonly field: Field | null
  /** At least one. */
  readonly words: ReadonlyArray<string>
  /** The last word may go on. */
  readonly isPrefix: boolean
  /** No other form of the word will do. */
  readonly isExact: boolean
}

/** What is asked of the message's row. */
export type Filter =
  | { readonly _tag: "InFolder"; readonly folderIds: ReadonlyArray<FolderId> }
  | { readonly _tag: "Flagged"; readonly flag: Flag }
  /** In lower case. */
  | { readonly _tag: "InCategory"; readonly category: string }
  | { readonly _tag: "WithAttachment" }
  /** Epoch milliseconds, half open; null = unbounded. */
  | { readonly _tag: "Received"; readonly from: number | null; readonly until: number | null }
  | { readonly _tag: "Larger"; readonly bytes: number }
  | { readonly _tag: "Smaller"; readonly bytes: number }

/** What somebody looks for. */
export type Query =
  | Words
  | Filter
  | { readonly _tag: "And"; readonly all: ReadonlyArray<Query> }
  | { readonly _tag: "Or"; readonly any: ReadonlyArray<Query> }
  | { readonly _tag: "Not"; readonly query: Query }

/** The words that a message is found by; not those that it must not hold. */
export const wantedWords = (query: Query): ReadonlyArray<Words> => {
  switch (query._tag) {
    case "Words":
      return [query]
    case "And":
      return query.all.flatMap(wantedWords)
    case "Or":
      return query.any.flatMap(wantedWords)
    default:
      return []
  }
}

/** Every word of a query, wanted or not. */
export const everyWord = (query: Query): ReadonlyArray<Words> => {
  switch (query._tag) {
    case "Not":
      return everyWord(query.query)
    case "And":
      return query.all.flatMap(everyWord)
    case "Or":
      return query.any.flatMap(everyWord)
    default:
      return query._tag === "Words" ? [query] : []
  }
}
