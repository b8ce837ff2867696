import type { MailboxId } from "../../../domain/ids.ts"
import { type Forms, hasForms } from "../pg/forms.ts"
import type { Query, Words } from "../query/Query.ts"
import type { Hit, SearchRequest } from "../Search.ts"
import { maxHits } from "./meiliIndex.ts"
import { meiliWord } from "./words.ts"

/** One search of Meilisearch. What was typed is in `q` only: it cannot reach the filter. */
export interface MeiliSearch {
  readonly q: string
  readonly attributesToSearchOn: ReadonlyArray<string>
  readonly filter: ReadonlyArray<string>
  readonly sort: ReadonlyArray<string>
  readonly limit: number
  readonly matchingStrategy: "all"
}

/** Meilisearch looks at no more words of a query, and forgets the others. */
const maxWords = 10
/** Searches that one question may become, where words have several forms. */
const maxSearches = 8
/** Longer beginnings it completes with some words only. */
const maxBeginning = 4

/** What of the message's row Meilisearch holds. Folders, flags and categories change; of those only Postgres knows. */
const filterOf = (part: Query): ReadonlyArray<string> | null => {
  switch (part._tag) {
    case "Received":
      return [
        ...(part.from === null ? [] : [`at >= ${part.from}`]),
        ...(part.until === null ? [] : [`at < ${part.until}`])
      ]
    case "Larger":
      return [`size > ${part.bytes}`]
    case "Smaller":
      return [`size < ${part.bytes}`]
    case "WithAttachment":
      return ["attachment = true"]
    default:
      return null
  }
}

const isShort = (words: ReadonlyArray<string>): boolean =>
  words.length === 1 && words.every((word) => meiliWord(word).length <= maxBeginning)

const isAskable = (part: Query): boolean =>
  part._tag === "Words"
    ? part.field === null && (!part.isPrefix || isShort(part.words))
    : filterOf(part) !== null

const isRow = ({ words }: Words): boolean => words.length > 1

/** What will do for a word, each of which is asked for apart; of a row of words only the row. */
const formsIn = (leaf: Words, forms: Forms): ReadonlyArray<string> => {
  const [word = ""] = leaf.words
  return hasForms(leaf) ? [word, ...(forms.get(word) ?? [])] : [word]
}

const isWords = (part: Query): part is Words => part._tag === "Words"

/** The words of a query; each must be there. */
export const leavesOf = (query: Query): ReadonlyArray<Words> =>
  (query._tag === "And" ? query.all : [query]).filter(isWords)

/** Each way to put the words, with one form of each. */
const choices = (alternatives: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> =>
  alternatives.reduce<ReadonlyArray<ReadonlyArray<string>>>(
    (known, words) => known.flatMap((before) => words.map((word) => [...before, word])),
    [[]]
  )

const placed = ({ receivedAt, messageId }: Hit): string =>
  `at < ${receivedAt} OR (at = ${receivedAt} AND message < ${messageId})`

const asked = (words: ReadonlyArray<string>): string => words.map(meiliWord).join(" ")

/**
 * Puts a search to Meilisearch; null where only Postgres has the answer. What comes back holds all that is looked for,
 * and perhaps more.
 */
export const question = (
  mailboxId: MailboxId,
  { query, folderIds, after, limit }: SearchRequest,
  forms: Forms
): ReadonlyArray<MeiliSearch> | null => {
  const parts = query._tag === "And" ? query.all : [query]
  const leaves = leavesOf(query)
  const beginnings = leaves.filter(({ isPrefix }) => isPrefix)
  const isOurs =
    folderIds === null &&
    leaves.length > 0 &&
    beginnings.length < 2 &&
    parts.every(isAskable) &&
    leaves.flatMap(({ words }) => words).length <= maxWords
  if (!isOurs) return null
  const whole = leaves.filter(({ isPrefix }) => !isPrefix)
  // Of a long message only the words are known, not how they stand: those are asked for once more, apart.
  const inRow = whole.some(isRow)
  // Counted before they are put: ten words with forms in several languages would be millions of ways.
  const count = whole.reduce((ways, leaf) => ways * formsIn(leaf, forms).length, inRow ? 2 : 1)
  if (count > maxSearches) return null
  const waysWith = (row: (words: ReadonlyArray<string>) => string) =>
    choices(
      whole.map((leaf) =>
        isRow(leaf) ? [row(leaf.words)] : formsIn(leaf, forms).map((word) => asked([word]))
      )
    )
  const ways = waysWith((words) => `"${asked(words)}"`).map((words) => ({ words, only: "" }))
  const apart = inRow ? waysWith(asked).map((words) => ({ words, only: "long = true" })) : []
  const filter = [
    `mailbox = "${mailboxId}"`,
    ...parts.flatMap((part) => filterOf(part) ?? []),
    ...(after === null ? [] : [placed(after)])
  ]
  // A last word may go on, unless a space is behind it.
  const end = beginnings.map(({ words }) => asked(words)).join("")
  return [...ways, ...apart].map(({ words, only }) => ({
    q: `${words.join(" ")} ${end}`.trimStart(),
    attributesToSearchOn: whole.some(hasForms) ? ["words", "more", "forms"] : ["words", "more"],
    filter: only === "" ? filter : [...filter, only],
    sort: ["at:desc", "message:desc"],
    limit: Math.min(limit, maxHits),
    matchingStrategy: "all"
  }))
}
