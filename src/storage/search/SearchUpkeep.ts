import { Context, type Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { MailboxId, TenantId } from "../../domain/ids.ts"

/** A mailbox with its tenant, as a task needs them. */
export interface IndexedMailbox {
  readonly mailboxId: MailboxId
  readonly tenantId: TenantId
}

/** A part of a listing in the order of mailbox ids. */
export interface MailboxPage {
  /** null = from the beginning. */
  readonly after: MailboxId | null
  readonly limit: number
}

export interface IndexStatus {
  readonly mailboxes: number
  readonly messages: number
  /** Messages in the index. */
  readonly indexed: number
  /** Messages that came in and wait for it. */
  readonly waiting: number
  /** Mailboxes whose index is written anew. */
  readonly rebuilding: number
  /** Messages that are still to be written anew. */
  readonly toRebuild: number
}

/** What the index of a mailbox lacks, and what it has too much, of the messages that it should know. */
export interface Drift extends IndexedMailbox {
  readonly missing: number
  readonly orphaned: number
}

/** Looks after the index as a whole. For operators: reads every row. */
export class SearchUpkeep extends Context.Tag("postroom/storage/SearchUpkeep")<
  SearchUpkeep,
  {
    readonly status: Effect.Effect<IndexStatus, Unavailable>
    readonly mailboxes: (page: MailboxPage) => Effect.Effect<ReadonlyArray<IndexedMailbox>, Unavailable>
    /**
     * Has these mailboxes written anew by whoever indexes them next. What is found meanwhile does not change; a
     * mailbox whose turn has begun goes on where it is.
     */
    readonly rebuild: (mailboxIds: ReadonlyArray<MailboxId>) => Effect.Effect<void, Unavailable>
    /** Of the mailboxes of a page. */
    readonly drift: (page: MailboxPage) => Effect.Effect<ReadonlyArray<Drift>, Unavailable>
  }
>() {}
