import { Effect } from "effect"
import type { FoundPeople, Person } from "../../../domain/Person.ts"
import type { PeopleMethods } from "../../../rpc/People.ts"
import type { Answer, Command } from "../Command.ts"
import { callOf } from "../callOf.ts"
import { type Content, type Element, element } from "../wbxml/element.ts"
import { type ResolveRequest, readResolve } from "./resolveRequest.ts"

/** Statuses of the command, and of what is asked of each (MS-ASCMD 2.2.3.177.12). */
const ok = 1
const protocolError = 5
const resolved = 1
const ambiguous = 2
const partial = 3
const unknown = 4
/** There are no calendars, certificates or photos of people yet. */
const noAvailability = 163
const noCertificates = 7
const noPicture = 173

/** Suggestions for somebody ambiguous where the device does not say how many. */
const usualSuggestions = 20

/** From the address list, not from the person's contacts. */
const ofAddressList = 1

/** Finds people of the tenant by what somebody typed (MS-ASCMD 2.2.1.15). */
export const resolveRecipients =
  ({ findPeople }: Pick<PeopleMethods, "findPeople">): Command =>
  (request) =>
    Effect.gen(function* () {
      const asked = request.document === null ? undefined : readResolve(request.document, request.version)
      if (asked === undefined) return answer(protocolError, [])
      const suggestions = asked.maxSuggestions ?? usualSuggestions
      const found = yield* Effect.forEach(asked.names, (name) =>
        name.trim() === ""
          ? Effect.succeed({ people: [], total: 0 })
          : findPeople(callOf(request), {
              tenant: null,
              query: name,
              offset: 0,
              limit: Math.max(suggestions, usualSuggestions)
            })
      )
      return answer(
        ok,
        found.map((people, index) => response(asked.names[index] ?? "", people, { asked, suggestions }))
      )
    })

const answer = (status: number, responses: ReadonlyArray<Element>): Answer => ({
  _tag: "Document",
  document: element(
    "ResolveRecipients:ResolveRecipients",
    element("ResolveRecipients:Status", status),
    responses
  )
})

interface Wanted {
  readonly asked: ResolveRequest
  readonly suggestions: number
}

const response = (name: string, found: FoundPeople, { asked, suggestions }: Wanted): Element => {
  const one = found.total === 1 ? found.people[0] : found.people.find((person) => hasAddress(person, name))
  const content = (status: number, count: number, recipients: ReadonlyArray<Element>) =>
    element(
      "ResolveRecipients:Response",
      element("ResolveRecipients:To", name),
      element("ResolveRecipients:Status", status),
      element("ResolveRecipients:RecipientCount", count),
      recipients
    )
  if (one !== undefined) return content(resolved, 1, [recipient(one, asked, certainly(asked))])
  if (found.total === 0) return content(unknown, 0, [])
  const shown = found.people.slice(0, suggestions).map((person) => recipient(person, asked, null))
  return shown.length < found.total
    ? content(partial, found.total, shown)
    : content(ambiguous, found.total, shown)
}

const hasAddress = ({ address, aliases }: Person, name: string): boolean =>
  [address, ...aliases].includes(name.trim().toLowerCase())

const recipient = (
  { address, displayName }: Person,
  { wantsPicture }: ResolveRequest,
  more: Content
): Element =>
  element(
    "ResolveRecipients:Recipient",
    element("ResolveRecipients:Type", ofAddressList),
    element("ResolveRecipients:DisplayName", displayName === "" ? address : displayName),
    element("ResolveRecipients:EmailAddress", address),
    more,
    wantsPicture ? statusIn("ResolveRecipients:Picture", noPicture) : null
  )

/** Told only of who is found without a doubt (MS-ASCMD_R4618, MS-ASCMD_R4279). */
const certainly = ({ wantsAvailability, wantsCertificates }: ResolveRequest): Content => [
  wantsAvailability ? statusIn("ResolveRecipients:Availability", noAvailability) : null,
  wantsCertificates
    ? statusIn(
        "ResolveRecipients:Certificates",
        noCertificates,
        element("ResolveRecipients:CertificateCount", 0),
        element("ResolveRecipients:RecipientCount", 1)
      )
    : null
]

const statusIn = (
  tag: "ResolveRecipients:Availability" | "ResolveRecipients:Certificates" | "ResolveRecipients:Picture",
  status: number,
  ...content: ReadonlyArray<Element>
): Element => element(tag, element("ResolveRecipients:Status", status), content)
