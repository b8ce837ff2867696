import { Either } from "effect"
import {
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  hasOnly,
  textOf
} from "../../wbxml/element.ts"
import { malformed, type SearchFault } from "../search/fault.ts"
import type { MailQuery } from "../search/findMail.ts"
import { defaultRange, type ResultRange, rangeOf } from "../search/range.ts"
import { fromKql } from "./kql.ts"

/** A Find (MS-ASCMD 2.2.1.2), by where it looks. */
export type FindRequest = { readonly searchId: string; readonly range: ResultRange } & (
  | { readonly _tag: "Mailbox"; readonly query: MailQuery }
  | { readonly _tag: "People"; readonly text: string; readonly wantsPictures: boolean }
)

type Read<A> = Either.Either<A, SearchFault>

/** Characters of a SearchId that are kept; GUIDs have 36. */
const maxSearchId = 256

export const readFind = (document: Element | null): Read<FindRequest> => {
  const searchId = childText(document ?? undefined, "Find:SearchId") ?? ""
  const execute = childOf(document ?? undefined, "Find:ExecuteSearch")
  const criterion = execute === undefined ? [] : childElements(execute)
  const [wanted, ...others] = criterion
  const isWellFormed =
    document?.tag === "Find:Find" &&
    hasOnly(document, ["Find:SearchId", "Find:ExecuteSearch"]) &&
    hasOnly(wanted, ["Find:Query", "Find:Options"]) &&
    others.length === 0
  const query = childOf(wanted, "Find:Query")
  const range = readRange(childOf(wanted, "Find:Options"))
  if (!isWellFormed || searchId === "" || searchId.length > maxSearchId) return Either.left(malformed)
  if (wanted === undefined || query === undefined || range === undefined) return Either.left(malformed)
  switch (wanted.tag) {
    case "Find:MailBoxSearchCriterion":
      return Either.map(readMailQuery(wanted, query), (mail) => ({
        _tag: "Mailbox",
        searchId,
        range,
        query: mail
      }))
    case "Find:GalSearchCriterion":
      return Either.map(readPeople(wanted, query), (people) => ({
        _tag: "People",
        searchId,
        range,
        ...people
      }))
    default:
      return Either.left(malformed)
  }
}

const readRange = (options: Element | undefined): ResultRange | undefined => {
  const written = childText(options, "Find:Range")
  return written === undefined ? defaultRange : rangeOf(written)
}

/** "Email" is the one class that can be found (MS-ASCMD_R901100613). */
const readMailQuery = (criterion: Element, query: Element): Read<MailQuery> => {
  const options = childOf(criterion, "Find:Options")
  const freeText = childText(query, "Find:FreeText")
  const isWellFormed =
    hasOnly(query, ["Find:FreeText", "AirSync:Class", "AirSync:CollectionId"]) &&
    hasOnly(options, ["Find:Range", "Find:DeepTraversal", "Find:Picture"]) &&
    childText(query, "AirSync:Class") === "Email"
  if (!isWellFormed || freeText === undefined) return Either.left(malformed)
  return Either.right({
    wantsMail: true,
    words: fromKql(freeText),
    collectionIds: childrenOf(query, "AirSync:CollectionId").map(textOf),
    isDeep: childOf(options, "Find:DeepTraversal") !== undefined,
    conversationId: null,
    after: null,
    before: null
  })
}

const readPeople = (criterion: Element, query: Element) => {
  const options = childOf(criterion, "Find:Options")
  const text = textOf(query).trim()
  if (text === "" || childElements(query).length > 0 || !hasOnly(options, ["Find:Range", "Find:Picture"]))
    return Either.left(malformed)
  return Either.right({ text, wantsPictures: childOf(options, "Find:Picture") !== undefined })
}
