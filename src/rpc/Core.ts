import { Context, type Effect, type Either, type Stream } from "effect"
import type { JournalEntry } from "../domain/Change.ts"
import type { Part } from "../domain/Content.ts"
import type { CoreError } from "../domain/errors.ts"
import type { Category, Flag } from "../domain/Flags.ts"
import type { Folder, FolderRole } from "../domain/Folder.ts"
import type { FollowUp, LastVerb } from "../domain/FollowUp.ts"
import type {
  FolderId,
  MailboxId,
  MessageId,
  ModSeq,
  OperationId,
  TaskId,
  ThreadId,
  Uid
} from "../domain/ids.ts"
import type { MessageSummary, NewMessage } from "../domain/Message.ts"
import type { ListFilter, ListStart, Place } from "../domain/MessageList.ts"
import type { NamedOperation, Undone } from "../domain/Operation.ts"
import type { Hit } from "../storage/search/Search.ts"
import type { SnippetPiece } from "../storage/search/snippet.ts"
import type { Call } from "./Call.ts"

export interface OfMailbox {
  readonly mailboxId: MailboxId
}

export interface OfFolder extends OfMailbox {
  readonly folderId: FolderId
}

export interface OfMessage extends OfMailbox {
  readonly messageId: MessageId
}

export interface OfThread extends OfMailbox {
  readonly threadId: ThreadId
}

export interface OfMessages extends OfMailbox {
  readonly messageIds: ReadonlyArray<MessageId>
}

export interface Named {
  /** Names the wish, so that a retry gets the first answer; null where doing it twice does no harm. */
  readonly operationId: OperationId | null
}

export interface MailboxOverview {
  readonly mailboxId: MailboxId
  readonly modSeq: ModSeq
  readonly total: number
  readonly unread: number
  readonly usedBytes: number
  readonly quotaBytes: number | null
  readonly folders: number
}

export interface MessagePage {
  /** Newest first. */
  readonly messages: ReadonlyArray<MessageSummary>
  /** Where the next page begins; null at the end. */
  readonly belowUid: Uid | null
  /** The page is at least this new. */
  readonly modSeq: ModSeq
}

/** A page of a list by date. */
export interface ListPage {
  /** Newest first. */
  readonly messages: ReadonlyArray<MessageSummary>
  /** The last of them, where there are older ones. */
  readonly older: Place | null
  /** The first of them, where there are newer ones. */
  readonly newer: Place | null
  /** How long the list is, and how many of it are newer than the page; null where it begins at a place. */
  readonly counts: { readonly total: number; readonly skipped: number } | null
  /** The page is at least this new. */
  readonly modSeq: ModSeq
}

export interface MessageView {
  readonly message: MessageSummary
  /** Depth first; the first is the message itself. */
  readonly parts: ReadonlyArray<Part>
}

export interface FoundMessages {
  /** Newest first. */
  readonly hits: ReadonlyArray<{
    readonly message: MessageSummary
    /** Around the first match in the text, else how it begins. */
    readonly snippet: ReadonlyArray<SnippetPiece>
  }>
  /** Where the next page begins; null at the end. */
  readonly after: Hit | null
  /** False where so much mail waits for the index that not all of it was looked at. */
  readonly isComplete: boolean
  /** True where another engine had to answer than the one that is there for it. */
  readonly isDegraded: boolean
}

export type BodyForm = "text" | "html" | "preview"

export interface Body {
  readonly content: string
  readonly mediaType: string
  readonly isTruncated: boolean
  /** UTF-8 octets of the whole; an upper bound where it was cut. */
  readonly sizeBytes: number
}

/** The body of one of many messages. */
export interface MessageBody {
  readonly messageId: MessageId
  readonly body: Either.Either<Body, CoreError>
}

/** What an undo came to. */
export interface UndoneNow extends Undone {
  /** The mailbox's newest change after it. */
  readonly modSeq: ModSeq
  /** True where it had been done before. */
  readonly isDuplicate: boolean
}

/** A window of the journal. */
export interface Changes {
  readonly entries: ReadonlyArray<JournalEntry>
  /** Everything up to here was told. */
  readonly modSeq: ModSeq
  /** True where there is more at once. */
  readonly more: boolean
}

export interface Applied {
  /** The mailbox's newest change after the command. */
  readonly modSeq: ModSeq
  readonly missing: ReadonlyArray<MessageId>
  /** Copies in order; empty for other commands. */
  readonly added: ReadonlyArray<{ readonly messageId: MessageId; readonly uid: Uid }>
  /** The folder that was made; null for other commands. */
  readonly folderId: FolderId | null
  /** A bulk command has more to do: ask again. */
  readonly more: boolean
  /** True where it had been applied before. */
  readonly isDuplicate: boolean
}

export interface Submitted {
  /** 0 for a duplicate, and so are the remote ones. */
  readonly localRecipients: number
  readonly remoteRecipients: number
  /** True where the wish had been carried out before: nothing was sent now. */
  readonly isDuplicate: boolean
}

export interface Delivered {
  readonly mailboxId: MailboxId
  /** Why not; null where the message is in the mailbox. */
  readonly error: CoreError | null
  /** The mailbox's newest change after the delivery; null where there was none. */
  readonly modSeq: ModSeq | null
  /** Delivered before. */
  readonly isDuplicate: boolean
}

type Reply<A> = Effect.Effect<A, CoreError>
type Replies<A> = Stream.Stream<A, CoreError>

/** The one door to mail: one method for each rpc of `MailboxService` (`proto/postroom/core/v1/mailbox.proto`). */
export interface CoreMethods {
  readonly getMailbox: (call: Call, input: OfMailbox) => Reply<MailboxOverview>
  readonly listFolders: (
    call: Call,
    input: OfMailbox
  ) => Reply<{ readonly folders: ReadonlyArray<Folder>; readonly modSeq: ModSeq }>
  readonly listMessages: (
    call: Call,
    input: OfFolder & { readonly belowUid: Uid | null; readonly limit: number | null }
  ) => Reply<MessagePage>
  /** By the date received, newest first. */
  readonly listByDate: (
    call: Call,
    input: OfFolder & {
      readonly filter: ListFilter
      readonly from: ListStart
      readonly limit: number | null
    }
  ) => Reply<ListPage>
  /** Newest first; `NotFound` where there is no message of the conversation that the caller may read. */
  readonly listThread: (
    call: Call,
    input: OfThread
  ) => Reply<{ readonly messages: ReadonlyArray<MessageSummary> }>
  readonly getMessage: (call: Call, input: OfMessage) => Reply<MessageView>
  readonly getBody: (
    call: Call,
    input: OfMessage & { readonly type: BodyForm; readonly maxBytes: number | null }
  ) => Reply<Body>
  /** Those that there are, in the order asked for. */
  readonly getMessages: (
    call: Call,
    input: OfMessages
  ) => Reply<{ readonly messages: ReadonlyArray<MessageView> }>
  /** As `getBody`, of all that there are, in the order asked for; one that cannot be read is no matter of the others. */
  readonly getBodies: (
    call: Call,
    input: OfMessages & { readonly type: BodyForm; readonly maxBytes: number | null }
  ) => Reply<{ readonly bodies: ReadonlyArray<MessageBody> }>
  /** One part, by its path, without transfer encoding. */
  readonly getPart: (call: Call, input: OfMessage & { readonly path: string }) => Replies<Uint8Array>
  readonly getRaw: (call: Call, input: OfMessage) => Replies<Uint8Array>
  readonly listChanges: (
    call: Call,
    input: OfMailbox & {
      readonly after: ModSeq
      readonly limit: number | null
      /** Empty = all. */
      readonly folderIds: ReadonlyArray<FolderId>
    }
  ) => Reply<Changes>
  /** The first answer comes at once, later ones with changes or to keep the line alive; no gap, nothing twice. */
  readonly watch: (
    call: Call,
    input: OfMailbox & {
      /** null = from now. */
      readonly after: ModSeq | null
      readonly folderIds: ReadonlyArray<FolderId>
    }
  ) => Replies<Changes>
  /** `query` as people type it; see `SearchRequest` in the contract. */
  readonly search: (
    call: Call,
    input: OfMailbox & {
      readonly query: string
      /** Empty = all that the caller may read. */
      readonly folderIds: ReadonlyArray<FolderId>
      readonly after: Hit | null
      readonly limit: number | null
      /** The texts of the hits are not read: each has an empty snippet. */
      readonly withoutSnippets?: boolean
    }
  ) => Reply<FoundMessages>
  readonly changeFlags: (
    call: Call,
    input: OfMessages &
      Named & {
        readonly addFlags: ReadonlyArray<Flag>
        readonly removeFlags: ReadonlyArray<Flag>
        readonly addCategories: ReadonlyArray<Category>
        readonly removeCategories: ReadonlyArray<Category>
        /** null = none any more; absent = as it is. */
        readonly followUp?: FollowUp | null
        readonly lastVerb?: LastVerb
      }
  ) => Reply<Applied>
  readonly markAllRead: (call: Call, input: OfFolder & Named) => Reply<Applied>
  readonly moveMessages: (
    call: Call,
    input: OfMessages & Named & { readonly toFolderId: FolderId }
  ) => Reply<Applied>
  /**
   * From everywhere but Sent Items, and from now on what comes of it, too; asking twice does no harm. `NotFound` where there
   * is no such conversation.
   */
  readonly moveThread: (call: Call, input: OfThread & { readonly toFolderId: FolderId }) => Reply<Applied>
  readonly copyMessages: (
    call: Call,
    input: OfMessages & Named & { readonly toFolderId: FolderId }
  ) => Reply<Applied>
  readonly deleteMessages: (call: Call, input: OfMessages & Named) => Reply<Applied>
  readonly expungeMessages: (
    call: Call,
    input: OfMessages &
      Named & {
        /** Only those that lie there. */
        readonly folderId?: FolderId
      }
  ) => Reply<Applied>
  readonly emptyFolder: (
    call: Call,
    input: OfFolder & Named & { readonly permanently: boolean }
  ) => Reply<Applied>
  readonly createFolder: (
    call: Call,
    input: OfMailbox & Named & { readonly name: string; readonly parentId: FolderId | null }
  ) => Reply<Applied>
  readonly renameFolder: (call: Call, input: OfFolder & Named & { readonly name: string }) => Reply<Applied>
  readonly moveFolder: (
    call: Call,
    input: OfFolder & Named & { readonly toFolderId: FolderId | null }
  ) => Reply<Applied>
  readonly deleteFolder: (
    call: Call,
    input: OfFolder & Named & { readonly permanently: boolean }
  ) => Reply<Applied>
  /** `NotFound` where no operation of that id changed anything, `NotAllowed` where that was too long ago. */
  readonly undo: (call: Call, input: OfMailbox & Named & { readonly undoes: OperationId }) => Reply<UndoneNow>
  /** Those that can be undone, newest first. */
  readonly listOperations: (
    call: Call,
    input: OfMailbox & { readonly limit: number | null }
  ) => Reply<ReadonlyArray<NamedOperation>>
  readonly appendMessage: (
    call: Call,
    input: OfFolder &
      Named & {
        readonly raw: Uint8Array
        readonly flags: ReadonlyArray<Flag>
        readonly categories: ReadonlyArray<Category>
        /** Epoch milliseconds; null = now. */
        readonly receivedAt: number | null
      }
  ) => Reply<Applied>
  /** Durable when it answers: every recipient is accounted for, and so is the copy in Sent Items. */
  readonly submit: (
    call: Call,
    input: OfMailbox &
      Named & {
        /** An address of the mailbox. */
        readonly sender: string
        readonly recipients: ReadonlyArray<string>
        /** As its author keeps it; its Bcc fields are not sent. */
        readonly raw: Uint8Array
        /** Whether a copy goes to Sent Items, read. */
        readonly savesInSent: boolean
        /** Epoch milliseconds before which nobody gets it; absent = at once. `Writing.recall` takes it back until then. */
        readonly notBefore?: number | null
      }
  ) => Reply<Submitted>
  /** Whether an operation was submitted: for who lost the answer and has no message to ask with again. */
  readonly wasSubmitted: (call: Call, input: OfMailbox & Named) => Reply<boolean>
  /** Once per task and mailbox, however often it is asked for. One outcome per recipient, in order. */
  readonly deliver: (
    call: Call,
    input: {
      readonly taskId: TaskId
      readonly message: NewMessage
      readonly recipients: ReadonlyArray<{ readonly mailboxId: MailboxId; readonly target: FolderRole }>
    }
  ) => Reply<ReadonlyArray<Delivered>>
}

export class Core extends Context.Tag("postroom/rpc/Core")<Core, CoreMethods>() {}
