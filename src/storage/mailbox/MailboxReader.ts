import { Context, type Effect } from "effect"
import type { JournalEntry } from "../../domain/Change.ts"
import type { Part } from "../../domain/Content.ts"
import type { CursorExpired, NotFound, Unavailable } from "../../domain/errors.ts"
import type { ContentId, FolderId, MailboxId, MessageId, ModSeq, ThreadId, Uid } from "../../domain/ids.ts"
import type { MessageSummary } from "../../domain/Message.ts"
import type { ListFilter, ListStart } from "../../domain/MessageList.ts"
import type { NamedOperation } from "../../domain/Operation.ts"

export interface MessageList {
  readonly folderId: FolderId
  readonly filter: ListFilter
}

/** The read side of mailboxes: straight from Postgres, never through an actor, so that it blocks no command. */
export class MailboxReader extends Context.Tag("postroom/storage/MailboxReader")<
  MailboxReader,
  {
    /** Newest first: messages of the folder with a UID below `belowUid` (null = from the top). */
    readonly page: (
      mailboxId: MailboxId,
      page: { readonly folderId: FolderId; readonly belowUid: Uid | null; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<MessageSummary>, Unavailable>
    /** Messages of the folder that pass the filter, newest first by the date received; of `NewerThan` those next to it. */
    readonly byDate: (
      mailboxId: MailboxId,
      wanted: MessageList & { readonly from: Exclude<ListStart, { _tag: "Before" }>; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<MessageSummary>, Unavailable>
    /** How many of them were received at `since` (epoch milliseconds) or later. */
    readonly countSince: (
      mailboxId: MailboxId,
      wanted: MessageList & { readonly since: number }
    ) => Effect.Effect<number, Unavailable>
    /** Those of the ids that exist, in no promised order. */
    readonly messages: (
      mailboxId: MailboxId,
      ids: ReadonlyArray<MessageId>
    ) => Effect.Effect<ReadonlyArray<MessageSummary>, Unavailable>
    /** Messages of a conversation, newest first. */
    readonly thread: (
      mailboxId: MailboxId,
      threadId: ThreadId,
      limit: number
    ) => Effect.Effect<ReadonlyArray<MessageSummary>, Unavailable>
    readonly message: (
      mailboxId: MailboxId,
      id: MessageId
    ) => Effect.Effect<MessageSummary, NotFound | Unavailable>
    /** The body structure, depth first; the first entry is the message itself. */
    readonly parts: (contentId: ContentId) => Effect.Effect<ReadonlyArray<Part>, NotFound | Unavailable>
    /** Body structures of those contents that there are. */
    readonly structures: (
      contentIds: ReadonlyArray<ContentId>
    ) => Effect.Effect<ReadonlyMap<ContentId, ReadonlyArray<Part>>, Unavailable>
    /** Journal entries with `after` < modseq, ascending, at most `limit`; `CursorExpired` below the low-water mark. */
    readonly journal: (
      mailboxId: MailboxId,
      cursor: { readonly after: ModSeq; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<JournalEntry>, CursorExpired | NotFound | Unavailable>
    /** Named wishes that changed something, newest first: at most `limit`, committed at `since` (epoch milliseconds) or later. */
    readonly operations: (
      mailboxId: MailboxId,
      wanted: { readonly since: number; readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<NamedOperation>, Unavailable>
  }
>() {}
