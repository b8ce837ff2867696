import type { MailboxId } from "./ids.ts"

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
