import { Context, type Effect, Schema } from "effect"
import type { JournalEntry, MessageAdded } from "../../domain/Change.ts"
import type { CommandResult, CursorWrite, Selection } from "../../domain/Command.ts"
import type { NotFound } from "../../domain/errors.ts"
import type {
  CorrelationId,
  DeviceId,
  Epoch,
  FolderId,
  MailboxId,
  MessageId,
  ModSeq,
  OperationId,
  TaskId
} from "../../domain/ids.ts"
import type { NewMessage, StoredMessage } from "../../domain/Message.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"
import type { DoneOperation } from "../../domain/Operation.ts"
import type { Cursor } from "../../domain/sync/Cursor.ts"
import type { Collection, FolderRead, FolderReading, HierarchyReading } from "../../domain/sync/material.ts"

/** A younger owner has claimed the mailbox: whoever sees this owns it no longer. */
export class StaleEpoch extends Schema.TaggedError<StaleEpoch>()("StaleEpoch", {}) {}

/**
 * The mailbox is not at the modseq that the commit stands on, or was claimed again under the same epoch, or it was shut:
 * load it again.
 */
export class HeadMoved extends Schema.TaggedError<HeadMoved>()("HeadMoved", {}) {}

/** A delivery or named operation of this commit was applied before; nothing of the commit was. */
export class AlreadyApplied extends Schema.TaggedError<AlreadyApplied>()("AlreadyApplied", {}) {}

/** The mailbox is quarantined: an operator must release it. */
export class MailboxQuarantined extends Schema.TaggedError<MailboxQuarantined>()("MailboxQuarantined", {}) {}

/** Postgres did not answer. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  /** True where the statement may have been committed all the same: read the head back. */
  commitUnknown: Schema.Boolean,
  cause: Schema.optional(Schema.Defect)
}) {}

/** A message that a commit adds: content from outside, or shared with a message of the same mailbox. */
export type AddedMessage = Omit<MessageAdded, "_tag"> & { readonly modSeq: ModSeq } & (
    | { readonly _tag: "New"; readonly message: NewMessage }
    | { readonly _tag: "Copy"; readonly sourceId: MessageId }
  )

/** A mailbox as its owner finds it. */
export interface Claimed extends MailboxState {
  /** Of the times that it was claimed: what was sent under an earlier one writes nothing, however late it comes. */
  readonly claim: number
}

/** Everything that one commit writes, for one mailbox. */
export interface Commit {
  readonly epoch: Epoch
  readonly claim: number
  readonly before: MailboxState
  readonly after: MailboxState
  readonly entries: ReadonlyArray<JournalEntry>
  readonly added: ReadonlyArray<AddedMessage>
  /** Messages that existed before, as they are after the commit. */
  readonly updated: ReadonlyArray<
    StoredMessage & {
      readonly modSeq: ModSeq
      /** Its follow-up or last verb are there, or were until now. */
      readonly isMarked: boolean
    }
  >
  readonly expunged: ReadonlyArray<MessageId>
  readonly deliveries: ReadonlyArray<{ readonly taskId: TaskId; readonly messageId: MessageId }>
  readonly operations: ReadonlyArray<{ readonly operationId: OperationId; readonly result: CommandResult }>
  readonly cursors: ReadonlyArray<CursorWrite>
  /** Devices, or single folders of them, that are forgotten; before the cursors. */
  readonly resets: ReadonlyArray<{ readonly deviceId: DeviceId; readonly folderId: FolderId | null }>
  readonly correlationId: CorrelationId
  /** Of the span that it is written in, for the work that follows; the driver adds it where there is one. */
  readonly traceparent?: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The write side of mailboxes. Only their actors use it. */
export class MailboxStore extends Context.Tag("postroom/storage/MailboxStore")<
  MailboxStore,
  {
    /**
     * Claims the mailbox for `epoch`, then reads its state. From then on no older epoch can commit, nor who claimed it
     * before under this one. A user without a mailbox yet gets an empty one.
     */
    readonly activate: (
      mailboxId: MailboxId,
      epoch: Epoch
    ) => Effect.Effect<Claimed, NotFound | StaleEpoch | MailboxQuarantined | StoreUnavailable>
    /** At most `limit` messages of a folder selection, oldest first; every named one of an id selection. */
    readonly select: (
      mailboxId: MailboxId,
      selection: Selection,
      limit: number
    ) => Effect.Effect<ReadonlyArray<StoredMessage>, StoreUnavailable>
    /** What is remembered of a device: of these collections, or of all, then without what was before. */
    readonly cursors: (
      mailboxId: MailboxId,
      deviceId: DeviceId,
      collections: ReadonlyArray<Collection> | null
    ) => Effect.Effect<ReadonlyArray<Cursor>, StoreUnavailable>
    readonly readFolder: (
      mailboxId: MailboxId,
      read: FolderRead
    ) => Effect.Effect<FolderReading, StoreUnavailable>
    /** Changes of the folders themselves with `after` < modseq. */
    readonly readHierarchy: (
      mailboxId: MailboxId,
      after: ModSeq
    ) => Effect.Effect<HierarchyReading, StoreUnavailable>
    /** All of it or nothing, durable when it succeeds. One statement, one round trip. */
    readonly commit: (
      commit: Commit
    ) => Effect.Effect<void, StaleEpoch | HeadMoved | AlreadyApplied | StoreUnavailable>
    /** The committed head: settles a commit whose answer was lost. */
    readonly head: (
      mailboxId: MailboxId
    ) => Effect.Effect<{ readonly epoch: Epoch; readonly modSeq: ModSeq }, NotFound | StoreUnavailable>
    /** Which of these were applied, with their answers. */
    readonly applied: (
      mailboxId: MailboxId,
      named: { readonly taskIds: ReadonlyArray<TaskId>; readonly operationIds: ReadonlyArray<OperationId> }
    ) => Effect.Effect<Applied, StoreUnavailable>
    /** What a named operation changed; null where none of that id changed anything that the journal still knows. */
    readonly operation: (
      mailboxId: MailboxId,
      operationId: OperationId
    ) => Effect.Effect<DoneOperation | null, StoreUnavailable>
    /** Keeps the mailbox from being activated and written to until an operator releases it. */
    readonly quarantine: (mailboxId: MailboxId) => Effect.Effect<void, StoreUnavailable>
    readonly release: (mailboxId: MailboxId) => Effect.Effect<void, NotFound | StoreUnavailable>
  }
>() {}

export interface Applied {
  readonly deliveries: ReadonlyMap<TaskId, MessageId>
  readonly operations: ReadonlyMap<OperationId, CommandResult>
}
