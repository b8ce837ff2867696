import { Clock, Effect } from "effect"
import type { CoreError } from "../../../domain/errors.ts"
import { isSeen } from "../../../domain/Flags.ts"
import type { MessageSummary } from "../../../domain/Message.ts"
import type { CoreMethods } from "../../../rpc/Core.ts"
import { type Answer, type Command, isAtLeast, type Request } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { addressList, displayNames } from "../content/addressText.ts"
import { cutToLength, dateTime } from "../content/cutText.ts"
import { importanceOf } from "../content/mailProperties.ts"
import { collectionIdOf, serverIdOf } from "../content/serverId.ts"
import { StatusError } from "../status.ts"
import { legalText } from "../wbxml/characters.ts"
import { type Content, type Element, element, type Tag } from "../wbxml/element.ts"
import { type FindRequest, readFind } from "./find/findRequest.ts"
import type { SearchFault } from "./search/fault.ts"
import { findMail, type SearchCore } from "./search/findMail.ts"
import { findPeople, personElements, type SearchPeople } from "./search/people.ts"
import { keptSets, ResultSets } from "./search/ResultSets.ts"
import { rangeText } from "./search/range.ts"

export interface FindServices {
  readonly core: SearchCore & Pick<CoreMethods, "getMessages">
  readonly people: SearchPeople
}

interface Finding extends FindServices {
  readonly sets: ResultSets
  readonly request: Request
}

type Of<Tag extends FindRequest["_tag"]> = Extract<FindRequest, { readonly _tag: Tag }>

/** MS-ASCMD 2.2.3.177.2. */
const ok = 1
const startWithZero = 4
const statuses = {
  Malformed: 2,
  TooComplex: 2,
  UnknownFolder: 3,
  BodyPartType: 2
} satisfies Record<SearchFault["why"], number>

/** There is no Find before 16.1. */
const unknownCommand = 137

/** Finds mail by a query in KQL, or people (MS-ASCMD 2.2.1.2). */
export const find = (services: FindServices): Command => {
  const sets = new ResultSets(keptSets)
  return (request) => {
    if (!isAtLeast(request.version, "16.1")) return new StatusError({ status: unknownCommand })
    const finding = { ...services, sets, request }
    return Effect.flatMap(readFind(request.document), (wish) => carryOut(finding, wish)).pipe(
      Effect.catchTag("SearchFault", ({ why }) =>
        Effect.succeed(answer(statuses[why], response(statuses[why])))
      )
    )
  }
}

const answer = (status: number, content: Element): Answer => ({
  _tag: "Document",
  document: element("Find:Find", element("Find:Status", status), content)
})

/** The store is "Mailbox", whatever it is (MS-ASCMD_R45251807). */
const response = (status: number, ...content: ReadonlyArray<Content>): Element =>
  element(
    "Find:Response",
    element("ItemOperations:Store", "Mailbox"),
    element("Find:Status", status),
    content
  )

const carryOut = (finding: Finding, wish: FindRequest): Effect.Effect<Answer, CoreError | SearchFault> =>
  wish._tag === "Mailbox" ? findInMailbox(finding, wish) : findAmongPeople(finding, wish)

interface Page {
  readonly results: ReadonlyArray<Element>
  readonly first: number
  /** Places of the result that the page covers; some of them may be empty since. */
  readonly covered: number
  readonly total: number
}

/** Without a Result where nothing is found (MS-ASCMD_R38391805). */
const pageAnswer = ({ results, first, covered, total }: Page): Answer => {
  const text = rangeText(first, covered)
  return answer(
    ok,
    response(
      ok,
      results,
      text === undefined ? null : element("Find:Range", text),
      element("Find:Total", total)
    )
  )
}

const findAmongPeople = (
  { people, request }: Finding,
  wish: Of<"People">
): Effect.Effect<Answer, CoreError> =>
  Effect.map(findPeople(people, callOf(request), wish), (found) =>
    pageAnswer({
      results: found.people.map((person) =>
        element("Find:Result", element("Find:Properties", personElements(person, wish)))
      ),
      first: wish.range.first,
      covered: found.people.length,
      total: found.total
    })
  )

const findInMailbox = Effect.fnUntraced(function* (finding: Finding, wish: Of<"Mailbox">) {
  const ids = yield* resultOf(finding, wish)
  if (ids === undefined) return answer(ok, response(startWithZero))
  const { first, last } = wish.range
  const messageIds = ids.slice(first, last + 1)
  const { core, request } = finding
  // What is gone meanwhile is left out.
  const { messages } = yield* core.getMessages(callOf(request), { mailboxId: request.mailboxId, messageIds })
  return pageAnswer({
    results: messages.map(({ message }) => resultElement(message)),
    first,
    covered: messageIds.length,
    total: ids.length
  })
})

/** A search begins with its first page, and goes on with what was found then (MS-ASCMD_R3707101814, R70981808). */
const resultOf = Effect.fnUntraced(function* ({ core, sets, request }: Finding, wish: Of<"Mailbox">) {
  const { mailboxId, deviceId } = request
  const device = `${mailboxId}:${deviceId}`
  const now = yield* Clock.currentTimeMillis
  if (wish.range.first > 0) return sets.get(device, wish.searchId, now)?.messageIds
  const messageIds = yield* findMail({ core, call: callOf(request), mailboxId }, wish.query)
  sets.keep(device, { key: wish.searchId, messageIds, foundAt: now })
  return messageIds
})

const resultElement = (message: MessageSummary): Element =>
  element(
    "Find:Result",
    element("AirSync:Class", "Email"),
    element("AirSync:ServerId", serverIdOf(message.id)),
    element("AirSync:CollectionId", collectionIdOf(message.folderId)),
    element("Find:Properties", propertiesOf(message))
  )

/** Characters of a preview (MS-ASCMD_R6978101702). */
const maxPreview = 255

/** MS-ASCMD 2.2.3.139.1. */
const propertiesOf = (message: MessageSummary): ReadonlyArray<Element> => [
  element("Email:Subject", message.subject === "" ? null : legalText(message.subject)),
  element("Email:DateReceived", dateTime(message.receivedAt)),
  ...unlessEmpty("Email:DisplayTo", displayNames(message.to)),
  ...unlessEmpty("Find:DisplayCc", displayNames(message.cc)),
  ...unlessEmpty("Find:DisplayBcc", displayNames(message.bcc)),
  element("Email:Importance", importanceOf(message)),
  element("Email:Read", isSeen(message.flags) ? 1 : 0),
  element("Email2:IsDraft", message.flags.includes("\\Draft") ? 1 : 0),
  ...unlessEmpty("Find:Preview", cutToLength(message.preview, maxPreview)),
  element("Find:HasAttachments", message.hasAttachments ? 1 : 0),
  ...unlessEmpty("Email:From", addressList(message.from))
]

const unlessEmpty = (tag: Tag, text: string): ReadonlyArray<Element> =>
  text === "" ? [] : [element(tag, legalText(text))]
