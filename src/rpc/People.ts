import { Context, type Effect } from "effect"
import type { Absence } from "../domain/Absence.ts"
import type { CoreError } from "../domain/errors.ts"
import type { FoundPeople, Person } from "../domain/Person.ts"
import type { Call } from "./Call.ts"
import type { OfMailbox } from "./Core.ts"

type Reply<A> = Effect.Effect<A, CoreError>

/** One method for each rpc of `PeopleService` (`proto/postroom/core/v1/people.proto`). */
export interface PeopleMethods {
  /**
   * People of one tenant, by the beginning of an address, or of words of the name: "al ex" is Alice Example. An empty query
   * finds everybody; of beginnings that thousands share not all are found.
   */
  readonly findPeople: (
    call: Call,
    input: {
      /** Null = the caller's. */
      readonly tenant: string | null
      readonly query: string
      readonly offset: number
      readonly limit: number | null
    }
  ) => Reply<FoundPeople>
  readonly getPerson: (call: Call, input: OfMailbox) => Reply<Person>
  readonly getAbsence: (call: Call, input: OfMailbox) => Reply<Absence>
  readonly setAbsence: (call: Call, input: OfMailbox & { readonly absence: Absence }) => Reply<void>
}

export class People extends Context.Tag("postroom/rpc/People")<People, PeopleMethods>() {}
