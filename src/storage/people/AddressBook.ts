import { Context, type Effect } from "effect"
import type { Absence } from "../../domain/Absence.ts"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId, TenantId } from "../../domain/ids.ts"
import type { FoundPeople, Person } from "../../domain/Person.ts"

/** People as they look each other up, and whether they are away. */
export class AddressBook extends Context.Tag("postroom/storage/AddressBook")<
  AddressBook,
  {
    /**
     * Active people of a tenant, by the beginning of an address, or of words of the name: "al ex" is Alice Example.
     * An empty query finds everybody. Of beginnings that thousands share not all are found.
     */
    readonly find: (
      tenantId: TenantId,
      of: { readonly query: string; readonly offset: number; readonly limit: number }
    ) => Effect.Effect<FoundPeople, Unavailable>
    readonly person: (mailboxId: MailboxId) => Effect.Effect<Person, NotFound | Unavailable>
    readonly absence: (mailboxId: MailboxId) => Effect.Effect<Absence, Unavailable>
    readonly setAbsence: (
      mailboxId: MailboxId,
      absence: Absence
    ) => Effect.Effect<void, NotFound | Unavailable>
  }
>() {}
