import { Context, type Effect } from "effect"
import type { Part } from "../../domain/Content.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { MailboxId, MessageId } from "../../domain/ids.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { Document } from "./document.ts"

/** How far the index of a mailbox has come. */
export interface Progress {
  /** Every message up to here is in the index. */
  readonly messageId: MessageId
  /** Every removal up to here was followed. */
  readonly modSeq: number
  /** Of an index that is written anew: every message up to here was; null where it is not. */
  readonly rebuilt: MessageId | null
}

/** A message that is not in the index yet. */
export interface Unindexed {
  readonly message: MessageSummary
  readonly parts: ReadonlyArray<Part>
}

/** The next step of a mailbox's index. */
export interface Step {
  readonly mailboxId: MailboxId
  readonly before: Progress
  readonly after: Progress
  /** To be written. */
  readonly messages: ReadonlyArray<Unindexed>
  /** To be removed. */
  readonly gone: ReadonlyArray<MessageId>
  /** There is more behind this step. */
  readonly more: boolean
}

export interface IndexedDocument extends Document {
  readonly messageId: MessageId
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** ISO 639-1; null = not known. */
  readonly language: string | null
}

/** What the index worker reads and writes. Mail state is the truth: a step is made from it, whatever rang. */
export class SearchFeed extends Context.Tag("postroom/storage/SearchFeed")<
  SearchFeed,
  {
    /** The next step of at most `limit` messages; null where there is nothing to do. */
    readonly next: (mailboxId: MailboxId, limit: number) => Effect.Effect<Step | null, Unavailable>
    /** Writes all of a step or nothing. False where another worker has made the step: ask for the next one. */
    readonly store: (
      step: Step,
      documents: ReadonlyArray<IndexedDocument>
    ) => Effect.Effect<boolean, Unavailable>
  }
>() {}
