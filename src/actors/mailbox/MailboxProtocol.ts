import { Context, type Effect, Schema, type Scope, type Tracer } from "effect"
import type { Origin } from "../../domain/Change.ts"
import type { Command, CommandResult } from "../../domain/Command.ts"
import type { CoreError } from "../../domain/errors.ts"
import type { CorrelationId, FolderId, MailboxId, ModSeq, OperationId, ShardId } from "../../domain/ids.ts"
import type { MailboxState } from "../../domain/mailbox/State.ts"

/** A command with what every command carries. */
export interface Ask {
  readonly mailboxId: MailboxId
  readonly command: Command
  readonly origin: Origin
  readonly correlationId: CorrelationId
  /** Names this wish, so that a retry gets the first answer; null where doing it twice does no harm. */
  readonly operationId: OperationId | null
}

/** "Something beyond `modSeq` happened." Carries no content: read the journal from where you were. */
export interface Wake {
  readonly modSeq: ModSeq
  /** The folders touched since the last wake; null = unknown, look at all. */
  readonly folders: ReadonlySet<FolderId> | null
  /** Whether the folders themselves changed; true where it is unknown. */
  readonly isOfHierarchy: boolean
  /** Of what happened, where it is traced. */
  readonly spans: ReadonlyArray<Tracer.AnySpan>
}

/** Who waits for a mailbox to grow. Neither callback may block. */
export interface Listener {
  /** A wake may cover several commits, none is ever missing. */
  readonly wake: (wake: Wake) => void
  /** The last call: the mailbox went elsewhere, or the way to it broke. Listen again, from where you were. */
  readonly lost: () => void
}

/** The mailbox is not served where it was asked for, or no longer. Look into the shard map, and ask again as at a lost answer. */
export class Moved extends Schema.TaggedError<Moved>()("Moved", {
  /** `host:port` of the runner that has it or is to have it, as far as the one that was asked knows. */
  to: Schema.optional(Schema.String)
}) {}

/** What a runner does for the mailboxes that it owns; `More` is what may go wrong on the way to it. */
export interface MailboxMethods<More = never> {
  /**
   * Decided, committed and durable when it answers; a refusal changed nothing. Commands that wait together are
   * committed together. `Unavailable` may leave the outcome open: ask again with the same operation id.
   */
  readonly ask: (ask: Ask) => Effect.Effect<CommandResult, CoreError | Moved | More>
  /** Folders, counters and the newest modseq, from memory. */
  readonly state: (mailboxId: MailboxId) => Effect.Effect<MailboxState, CoreError | Moved | More>
  /**
   * Calls `wake` (at once where the mailbox is beyond `beyond` already) each time the mailbox grows, until what it
   * answers is called.
   */
  readonly listen: (
    mailboxId: MailboxId,
    beyond: ModSeq,
    listener: Listener
  ) => Effect.Effect<() => void, CoreError | Moved | More>
}

/** The mailboxes of this runner. They go to `Router`, which finds them wherever they are. */
export class Mailboxes extends Context.Tag("postroom/actors/Mailboxes")<
  Mailboxes,
  MailboxMethods & {
    /** Ends what is done for a shard that is no longer owned: when it returns, no commit of it is under way. */
    readonly settle: (shardId: ShardId) => Effect.Effect<void>
  }
>() {}

/**
 * The way to a mailbox's owner, wherever it runs. `Busy` = the mailbox's queue is full; `Unavailable` = its owner or
 * the database is away, or the mailbox is quarantined.
 */
export class Router extends Context.Tag("postroom/actors/Router")<
  Router,
  {
    /**
     * Decided, committed and durable when it answers; a refusal changed nothing. Commands that wait together are
     * committed together. `Unavailable` may leave the outcome open: ask again with the same operation id.
     */
    readonly ask: (ask: Ask) => Effect.Effect<CommandResult, CoreError>
    /** Folders, counters and the newest modseq, from memory. */
    readonly state: (mailboxId: MailboxId) => Effect.Effect<MailboxState, CoreError>
    /**
     * Calls `wake` (at once where the mailbox is beyond `beyond` already) each time the mailbox grows, until what it
     * answers is called. `wake` must not block. A wake may cover several commits, none is ever missing.
     */
    readonly listen: (
      mailboxId: MailboxId,
      beyond: ModSeq,
      wake: (wake: Wake) => void
    ) => Effect.Effect<() => void, CoreError>
    /** The same, until the scope closes. */
    readonly watch: (
      mailboxId: MailboxId,
      beyond: ModSeq,
      wake: (wake: Wake) => void
    ) => Effect.Effect<void, CoreError, Scope.Scope>
  }
>() {}
