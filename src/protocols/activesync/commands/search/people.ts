import { Effect } from "effect"
import type { CoreError } from "../../../../domain/errors.ts"
import type { FoundPeople, Person } from "../../../../domain/Person.ts"
import type { Call } from "../../../../rpc/Call.ts"
import type { PeopleMethods } from "../../../../rpc/People.ts"
import { legalText } from "../../wbxml/characters.ts"
import { type Element, element } from "../../wbxml/element.ts"
import { maxResults, type ResultRange } from "./range.ts"

export type SearchPeople = Pick<PeopleMethods, "findPeople">

/** People of the caller's tenant, in the order of their names (MS-ASCMD_R416, R426). */
export const findPeople = (
  people: SearchPeople,
  call: Call,
  { text, range }: { readonly text: string; readonly range: ResultRange }
): Effect.Effect<FoundPeople, CoreError> => {
  const query = beginnings(text)
  const limit = Math.min(range.last + 1, maxResults) - range.first
  return query === "" || limit <= 0
    ? Effect.succeed({ people: [], total: 0 })
    : people.findPeople(call, { tenant: null, query, offset: range.first, limit })
}

/** "Michael A." is looked for as "Michael A" (MS-ASCMD_R422). */
const beginnings = (text: string): string => text.replace(/[.,;]+(?=\s|$)/g, "").trim()

/** The user has no photo (MS-ASCMD_R4373): the directory holds none. */
const noPicture = 173

/** What the directory knows of somebody: neither first and last names apart nor telephones. */
export const personElements = (
  { address, displayName }: Person,
  { wantsPictures }: { readonly wantsPictures: boolean }
): ReadonlyArray<Element> => [
  element("Gal:DisplayName", legalText(displayName === "" ? address : displayName)),
  element("Gal:Alias", address.slice(0, address.lastIndexOf("@"))),
  element("Gal:EmailAddress", address),
  ...(wantsPictures ? [element("Gal:Picture", element("Gal:Status", noPicture))] : [])
]
