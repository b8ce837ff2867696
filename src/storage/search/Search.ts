import { Context, type Effect } from "effect"
import type { Busy, Unavailable } from "../../domain/errors.ts"
import type { FolderId, MailboxId, MessageId } from "../../domain/ids.ts"
import type { Query } from "./query/Query.ts"

/** A message that was found, and its place in the order of all that are. */
export interface Hit {
  readonly messageId: MessageId
  /** Epoch milliseconds. */
  readonly receivedAt: number
}

export interface SearchRequest {
  readonly query: Query
  /** Only these folders; null = all of the mailbox. */
  readonly folderIds: ReadonlyArray<FolderId> | null
  /** The last hit of the page before; null = from the newest. */
  readonly after: Hit | null
  readonly limit: number
  /** Only messages with a higher number. */
  readonly beyond?: MessageId
}

export interface Found {
  /** Newest first. Each exists, lies in one of the folders and passes every filter at the time of the answer. */
  readonly hits: ReadonlyArray<Hit>
  /** False where so much mail waits for the index that not all of it was looked at. */
  readonly isComplete: boolean
  /** True where the engine that is there for such searches was away, and another one answered: all, but later perhaps. */
  readonly isDegraded: boolean
}

/** Finds messages of one mailbox, and never of another one, whatever the query says. */
export class Search extends Context.Tag("postroom/storage/Search")<
  Search,
  {
    /**
     * Words of subject, people, text and file names; without case and accents. A word that is neither quoted nor a
     * beginning is found in other forms of its language too. `Busy`: it took too long.
     */
    readonly search: (
      mailboxId: MailboxId,
      request: SearchRequest
    ) => Effect.Effect<Found, Busy | Unavailable>
  }
>() {}
