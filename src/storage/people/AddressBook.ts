import { Context, type Effect } from "effect"
import type { Absence } from "../../domain/Absence.ts"
import type { NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxId, TenantId } from "../../domain/ids.ts"

/** Somebody as others of the tenant see them. */
export interface Person {
  readonly mailboxId: MailboxId
  readonly address: string
  /** May be empty. */
  readonly displayName: string
  /** Further addresses. */
  readonly aliases: ReadonlyArray<string>
}

export interface FoundPeople {
  /** In the order of their names. */
  readonly people: ReadonlyArray<Person>
  /** All that there are, on this page and others. */
  readonly total: number
}

/** People as they look each other up, and whether they are away. */
export class AddressBook extends Context.Tag("postroom/storage/AddressBook")<
  AddressBook,
  {
    /**
     * Active people of a tenant, by the beginning of an address, or of words of the name: "al ex" is Alice Example.
     * An empty query finds everybody.
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
