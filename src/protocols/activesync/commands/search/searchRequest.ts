import { Either } from "effect"
import type { ProtocolVersion } from "../../Command.ts"
import { isAtLeast } from "../../Command.ts"
import { type BodyOptions, readBodyOptions } from "../../content/bodyOptions.ts"
import {
  type AnyTag,
  childElements,
  childOf,
  childrenOf,
  childText,
  type Element,
  textOf
} from "../../wbxml/element.ts"
import { malformed, SearchFault } from "./fault.ts"
import type { MailQuery } from "./findMail.ts"
import { readMailQuery } from "./mailQuery.ts"
import { defaultRange, type ResultRange, rangeOf } from "./range.ts"

/** A Search (MS-ASCMD 2.2.1.16), by where it looks. */
export type SearchRequest =
  | {
      readonly _tag: "Mailbox"
      readonly query: MailQuery
      readonly range: ResultRange
      readonly options: BodyOptions
      /** What was found for it before is forgotten. */
      readonly rebuilds: boolean
    }
  | {
      readonly _tag: "People"
      readonly text: string
      readonly range: ResultRange
      readonly wantsPictures: boolean
    }
  /** Which this server has none of. */
  | { readonly _tag: "DocumentLibrary"; readonly link: string }

type Read<A> = Either.Either<A, SearchFault>

/** Several stores are no error for Exchange, which searches the first (MS-ASCMD_R4535). */
export const readSearch = (document: Element | null, version: ProtocolVersion): Read<SearchRequest> => {
  const [store] = childrenOf(document ?? undefined, "Search:Store")
  if (document?.tag !== "Search:Search" || store === undefined || !hasOnlyStores(document))
    return Either.left(malformed)
  const [query, ...others] = childrenOf(store, "Search:Query")
  const isWellFormed = childElements(store).every(({ tag }) => storeChildren.has(tag))
  if (!isWellFormed || query === undefined || others.length > 0) return Either.left(malformed)
  switch (childText(store, "Search:Name")?.toLowerCase().replaceAll(" ", "")) {
    case "mailbox":
      return readMailbox(store, query, version)
    case "gal":
      return readPeople(store, query, version)
    case "documentlibrary":
      return readLibrary(query)
    default:
      return Either.left(malformed)
  }
}

const hasOnlyStores = (document: Element): boolean =>
  childElements(document).every(({ tag }) => tag === "Search:Store")

const storeChildren: ReadonlySet<AnyTag> = new Set<AnyTag>(["Search:Name", "Search:Query", "Search:Options"])

const optionTags: ReadonlySet<AnyTag> = new Set<AnyTag>([
  "Search:Range",
  "Search:DeepTraversal",
  "Search:RebuildResults",
  "Search:UserName",
  "Search:Password",
  "Search:Picture",
  "AirSync:MIMESupport",
  "AirSync:MIMETruncation",
  "AirSyncBase:BodyPreference",
  "AirSyncBase:BodyPartPreference",
  "RightsManagement:RightsManagementSupport"
])

interface Options {
  readonly element: Element | undefined
  readonly range: ResultRange
}

/** Repeated ranges and empty tags are no error for Exchange (MS-ASCMD_R2143, R3723, R3747). */
const readOptions = (store: Element): Read<Options> => {
  const [element, ...others] = childrenOf(store, "Search:Options")
  const isWellFormed = element === undefined || childElements(element).every(({ tag }) => optionTags.has(tag))
  if (!isWellFormed || others.length > 0) return Either.left(malformed)
  const written = childText(element, "Search:Range")
  const range = written === undefined ? defaultRange : rangeOf(written)
  return range === undefined ? Either.left(malformed) : Either.right({ element, range })
}

const readMailbox = (store: Element, query: Element, version: ProtocolVersion): Read<SearchRequest> =>
  Either.gen(function* () {
    const { element, range } = yield* readOptions(store)
    const isDeep = childOf(element, "Search:DeepTraversal") !== undefined
    const wanted = yield* readMailQuery(query, { version, isDeep })
    const options = yield* Either.mapLeft(readBodyOptions(element, version), (fault) =>
      fault === "BodyPartType" ? new SearchFault({ why: "BodyPartType" }) : malformed
    )
    return {
      _tag: "Mailbox",
      query: wanted,
      range,
      options,
      rebuilds: childOf(element, "Search:RebuildResults") !== undefined
    }
  })

const readPeople = (store: Element, query: Element, version: ProtocolVersion): Read<SearchRequest> =>
  Either.flatMap(readOptions(store), ({ element, range }) => {
    const text = textOf(query).trim()
    if (text === "" || childElements(query).length > 0) return Either.left(malformed)
    const picture = childOf(element, "Search:Picture")
    return Either.right({
      _tag: "People",
      text,
      range,
      wantsPictures: picture !== undefined && isAtLeast(version, "14.1")
    })
  })

/** `LinkId` equal to a value is all that may be asked (MS-ASCMD_R2278, R3700). */
const readLibrary = (query: Element): Read<SearchRequest> => {
  const equalTo = childOf(query, "Search:EqualTo")
  const link = childText(equalTo, "Search:Value")
  return childOf(equalTo, "DocumentLibrary:LinkId") === undefined || link === undefined
    ? Either.left(malformed)
    : Either.right({ _tag: "DocumentLibrary", link })
}
