import { hash } from "node:crypto"
import { Array as Arrays, Clock, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import type { MessageId } from "../../../domain/ids.ts"
import type { ActiveSyncSettings } from "../ActiveSyncConfig.ts"
import type { Answer, Command, Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { batchedCore, type ContentsCore } from "../content/batchedCore.ts"
import type { BodyOptions } from "../content/bodyOptions.ts"
import { contentSize } from "../content/contentSize.ts"
import { itemContent } from "../content/itemContent.ts"
import { collectionIdOf, longIdOf } from "../content/serverId.ts"
import { type Content, type Element, element } from "../wbxml/element.ts"
import type { SearchFault } from "./search/fault.ts"
import { findMail, type MailQuery, type SearchCore } from "./search/findMail.ts"
import { findPeople, personElements, type SearchPeople } from "./search/people.ts"
import { keptSets, ResultSets } from "./search/ResultSets.ts"
import { maxResults, type ResultRange, rangeText } from "./search/range.ts"
import { readSearch, type SearchRequest } from "./search/searchRequest.ts"

export interface SearchServices {
  readonly core: SearchCore & ContentsCore
  readonly people: SearchPeople
  readonly settings: Pick<ActiveSyncSettings, "contentBytes">
}

interface Searching extends SearchServices {
  readonly sets: ResultSets
  readonly request: Request
}

type Of<Tag extends SearchRequest["_tag"]> = Extract<SearchRequest, { readonly _tag: Tag }>

/** Results of which the content is read at once; whole messages only one by one. */
const atOnceOf = ({ mimeSupport }: BodyOptions): number => (mimeSupport === 0 ? 10 : 1)

/** Status of a store (MS-ASCMD 2.2.3.177.13). */
const ok = 1
const badLink = 4
const accessDenied = 5
const timedOut = 10
const pastTheEnd = 12
const statuses = {
  Malformed: 2,
  TooComplex: 8,
  UnknownFolder: 11,
  BodyPartType: 164
} satisfies Record<SearchFault["why"], number>

/** Looks through the mailbox or the people of the tenant (MS-ASCMD 2.2.1.16). */
export const search = (services: SearchServices): Command => {
  const sets = new ResultSets(keptSets)
  return (request) =>
    Effect.flatMap(readSearch(request.document, request.version), (wish) =>
      carryOut({ ...services, sets, request }, wish)
    ).pipe(Effect.catchTag("SearchFault", ({ why }) => Effect.succeed(answer(statuses[why]))))
}

const answer = (status: number, ...content: ReadonlyArray<Content>): Answer => ({
  _tag: "Document",
  document: element(
    "Search:Search",
    element("Search:Status", ok),
    element("Search:Response", element("Search:Store", element("Search:Status", status), content))
  )
})

const carryOut = (
  searching: Searching,
  wish: SearchRequest
): Effect.Effect<Answer, CoreError | SearchFault> => {
  switch (wish._tag) {
    case "Mailbox":
      return searchMailbox(searching, wish)
    case "People":
      return searchPeople(searching, wish)
    case "DocumentLibrary":
      // There is none: a link that could be one may not be read, others are no links.
      return Effect.succeed(answer(/^(\\\\|https?:)/i.test(wish.link) ? accessDenied : badLink))
  }
}

interface Page {
  readonly results: ReadonlyArray<Element>
  readonly range: ResultRange
  /** Places of the result that the page covers; some of them may be empty since. */
  readonly covered: number
  readonly total: number
}

/** Where nothing is found there is an empty Result (MS-ASCMD_R3847, R3850). */
const pageAnswer = ({ results, range: { first, last }, covered, total }: Page): Answer => {
  const isPast = last >= maxResults || (first > 0 && covered === 0)
  const text = rangeText(first, covered)
  return answer(
    isPast ? pastTheEnd : ok,
    results.length === 0 ? element("Search:Result") : results,
    text === undefined ? null : element("Search:Range", text),
    element("Search:Total", total)
  )
}

const searchPeople = ({ people, request }: Searching, wish: Of<"People">): Effect.Effect<Answer, CoreError> =>
  Effect.map(findPeople(people, callOf(request), wish), (found) =>
    pageAnswer({
      results: found.people.map((person) =>
        element("Search:Result", element("Search:Properties", personElements(person, wish)))
      ),
      range: wish.range,
      covered: found.people.length,
      total: found.total
    })
  )

const searchMailbox = Effect.fnUntraced(function* (searching: Searching, wish: Of<"Mailbox">) {
  const ids = yield* Effect.catchTag(resultOf(searching, wish), "Busy", () => Effect.succeed(null))
  if (ids === null) return answer(timedOut)
  const { first, last } = wish.range
  const { results, covered } = yield* readResults(searching, wish, ids.slice(first, last + 1))
  return pageAnswer({ results, range: wish.range, covered, total: ids.length })
})

/** Further pages are those of the result that the first page was of. */
const resultOf = Effect.fnUntraced(function* ({ core, sets, request }: Searching, wish: Of<"Mailbox">) {
  const { mailboxId, deviceId } = request
  const device = `${mailboxId}:${deviceId}`
  const key = keyOf(wish.query)
  const now = yield* Clock.currentTimeMillis
  const isNew = wish.rebuilds || wish.range.first === 0
  const known = isNew ? undefined : sets.get(device, key, now)
  if (known !== undefined) return known.messageIds
  const messageIds = yield* findMail({ core, call: callOf(request), mailboxId }, wish.query)
  sets.keep(device, { key, messageIds, foundAt: now })
  return messageIds
})

const keyOf = (query: MailQuery): string => hash("sha256", JSON.stringify(query))

/** As many as one answer may hold, at least one; a message that is gone has none (MS-ASCMD_R3757). */
const readResults = Effect.fnUntraced(function* (
  searching: Searching,
  wish: Of<"Mailbox">,
  ids: ReadonlyArray<MessageId>
) {
  const results: Array<Element> = []
  let covered = 0
  let bytesLeft = searching.settings.contentBytes
  const { core, request } = searching
  const together = { request, core: batchedCore(core, callOf(request), request.mailboxId) }
  const atOnce = atOnceOf(wish.options)
  for (const some of Arrays.chunksOf(ids, atOnce)) {
    const read = yield* Effect.forEach(some, (id) => readResult(together, wish, id), {
      batching: true,
      concurrency: atOnce
    })
    for (const result of read) {
      bytesLeft -= result === null ? 0 : contentSize([result])
      if (bytesLeft < 0 && covered > 0) return { results, covered }
      if (result !== null) results.push(result)
      covered += 1
    }
  }
  return { results, covered }
})

/** Null where the message is gone. */
const readResult = (
  { core, request }: Pick<Searching, "request"> & { readonly core: ContentsCore },
  { options }: Of<"Mailbox">,
  messageId: MessageId
): Effect.Effect<Element | null, CoreError> => {
  const { mailboxId, version } = request
  const call = callOf(request)
  return Effect.gen(function* () {
    const { message, parts } = yield* core.getMessage(call, { mailboxId, messageId })
    const content = yield* itemContent(core)(call, { mailboxId, message, parts, version, options })
    return element(
      "Search:Result",
      element("AirSync:Class", "Email"),
      element("Search:LongId", longIdOf(message.id)),
      element("AirSync:CollectionId", collectionIdOf(message.folderId)),
      element("Search:Properties", content)
    )
  }).pipe(Effect.catchTag("NotFound", () => Effect.succeed(null)))
}
