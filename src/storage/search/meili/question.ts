import type { MailboxId } from "../../../domain/ids.ts"
import { type Forms, hasForms } from "../pg/forms.ts"
import type { Query, Words } from "../query/Query.ts"
import type { Hit, SearchRequest } from "../Search.ts"

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

const isAskable = (part: Query): boolean =>
  part._tag === "Words"
    ? part.field === null && !(part.isPrefix && part.words.length > 1)
    : filterOf(part) !== null

const isWords = (part: Query): part is Words => part._tag === "Words"

/** Each way to put the words, with one form of each. */
const choices = (alternatives: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> =>
  alternatives.reduce<ReadonlyArray<ReadonlyArray<string>>>(
    (known, words) => known.flatMap((before) => words.map((word) => [...before, word])),
    [[]]
  )

const placed = ({ receivedAt, messageId }: Hit): string =>
  `at < ${receivedAt} OR (at = ${receivedAt} AND message < ${messageId})`

/** Puts a search to Meilisearch; null where only Postgres has the answer. */
export const question = (
  mailboxId: MailboxId,
  { query, folderIds, after, limit }: SearchRequest,
  forms: Forms
): ReadonlyArray<MeiliSearch> | null => {
  const parts = query._tag === "And" ? query.all : [query]
  const leaves = parts.filter(isWords)
  const beginnings = leaves.filter(({ isPrefix }) => isPrefix)
  const isOurs =
    folderIds === null &&
    leaves.length > 0 &&
    beginnings.length < 2 &&
    parts.every(isAskable) &&
    leaves.flatMap(({ words }) => words).length <= maxWords
  if (!isOurs) return null
  const flexible = leaves.filter(hasForms)
  // Forms are looked for in another attribute, and of one search all words are looked for in the same ones.
  const isMixed = leaves.some((leaf) => leaf.isExact && leaf.words.length === 1) && flexible.length > 0
  const ways = choices(
    leaves
      .filter(({ isPrefix }) => !isPrefix)
      .map((leaf) => {
        const [word = ""] = leaf.words
        if (leaf.words.length > 1) return [`"${leaf.words.join(" ")}"`]
        return hasForms(leaf) ? [word, ...(forms.get(word) ?? [])] : [word]
      })
  )
  if (isMixed || ways.length > maxSearches) return null
  const filter = [
    `mailbox = "${mailboxId}"`,
    ...parts.flatMap((part) => filterOf(part) ?? []),
    ...(after === null ? [] : [placed(after)])
  ]
  // A last word may go on, unless a space is behind it.
  const end = beginnings.map(({ words }) => words.join("")).join("")
  return ways.map((words) => ({
    q: `${words.join(" ")} ${end}`.trimStart(),
    attributesToSearchOn: flexible.length > 0 ? ["words", "forms"] : ["words"],
    filter,
    sort: ["at:desc", "message:desc"],
    limit,
    matchingStrategy: "all"
  }))
}
