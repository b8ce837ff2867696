import { Context, type Duration, type Effect, type Stream } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { CorrelationId, TaskId, TenantId } from "../../domain/ids.ts"

/** The streams and the one consumer group of each. */
export const groupOf = {
  mail_ingest: "ingesters",
  index: "indexers",
  notify: "notifiers",
  retention: "janitors",
  send: "senders"
} as const

export type StreamName = keyof typeof groupOf

/** JSON that a worker of the stream decodes with its own Schema. */
export type Payload = Readonly<Record<string, unknown>>

export interface NewTask {
  readonly taskId: TaskId
  readonly stream: StreamName
  readonly correlationId: CorrelationId
  readonly tenantId: TenantId | null
  /** At most one queued task per stream and key; a second one is merged into it (see `publish`). */
  readonly workKey: string | null
  readonly payload: Payload
  /** Epoch milliseconds before which nobody may take it; null = at once. It counts as created then. */
  readonly notBefore: number | null
}

/** A task that a worker holds until `claim` ends. */
export interface ClaimedTask {
  readonly taskId: TaskId
  readonly stream: StreamName
  readonly claimId: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly correlationId: CorrelationId
  readonly tenantId: TenantId | null
  readonly payload: Payload
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** A task that was given up: `dlq:{stream}`. */
export interface DeadLetter {
  readonly taskId: TaskId
  readonly stream: StreamName
  readonly attempt: number
  readonly correlationId: CorrelationId
  readonly tenantId: TenantId | null
  readonly payload: Payload
  readonly error: string
  readonly createdAt: number
  readonly diedAt: number
}

/** Tasks that were given up for the same reason. */
export interface DeadLetterCause {
  readonly stream: StreamName
  /** The last error, with `#` for each number and UUID in it. */
  readonly cause: string
  readonly tasks: number
  readonly firstDiedAt: number
  readonly lastDiedAt: number
}

export interface StreamStats {
  readonly stream: StreamName
  /** Tasks that wait, whether due or later. */
  readonly queued: number
  readonly running: number
  readonly dead: number
  /** Age of the oldest due task that nobody has finished, in milliseconds; 0 = none. */
  readonly lagMillis: number
}

/**
 * Work streams: at least once, in no promised order. The record of a task is its row in `queue.tasks`; ringing is
 * only a hint, so a lost ring costs a sweep interval, never a task.
 */
export class Streams extends Context.Tag("postroom/storage/Streams")<
  Streams,
  {
    /**
     * Commits the tasks durably, then rings. A task id that exists already is left as it is. Where a queued task of
     * the same stream and work key waits, the new payload's fields replace the old one's, except that a numeric `from`
     * keeps the smaller and a numeric `to` the larger value.
     */
    readonly publish: (tasks: ReadonlyArray<NewTask>) => Effect.Effect<void, Unavailable>
    /** Whether a task of this id was published; one that has long been done may be forgotten. */
    readonly has: (taskId: TaskId) => Effect.Effect<boolean, Unavailable>
    /** Takes up to `max` due tasks; each is ours until `hold` has passed. Never blocks on other consumers. */
    readonly claim: (
      stream: StreamName,
      options: { readonly max: number; readonly hold: Duration.Duration }
    ) => Effect.Effect<ReadonlyArray<ClaimedTask>, Unavailable>
    /**
     * Emits when work may be due: on a ring, when what this process put off is due, after a reconnect, and at least
     * once per sweep interval.
     */
    readonly rings: (stream: StreamName) => Stream.Stream<void>
    /** Done. A claim that ended meanwhile is ignored: somebody else holds the task. */
    readonly ack: (tasks: ReadonlyArray<ClaimedTask>) => Effect.Effect<void, Unavailable>
    /** Not done: tried again after a backoff with jitter, or dead after the last attempt (or at once with `final`). */
    readonly fail: (
      task: ClaimedTask,
      why: { readonly error: string; readonly final: boolean }
    ) => Effect.Effect<"retry" | "dead" | "lost", Unavailable>
    /**
     * Gives back tasks without counting an attempt: at once, e.g. at a graceful stop, or each after its own delay, where
     * something is in its way that will pass.
     */
    readonly release: (
      tasks: ReadonlyArray<ClaimedTask>,
      delayOf?: (task: ClaimedTask) => Duration.Duration
    ) => Effect.Effect<void, Unavailable>
    /** Frees tasks whose claim ended; returns how many. Runs by itself every sweep interval. */
    readonly sweep: Effect.Effect<number, Unavailable>
    /** In the order of their ids; those of one `cause` alone where it is said. */
    readonly deadLetters: (
      stream: StreamName,
      page: { readonly after: TaskId | null; readonly limit: number; readonly cause?: string | null }
    ) => Effect.Effect<ReadonlyArray<DeadLetter>, Unavailable>
    /** Dead tasks of all streams by why they died, the most frequent first; of one tenant alone where it is said. */
    readonly causes: (tenantId: TenantId | null) => Effect.Effect<ReadonlyArray<DeadLetterCause>, Unavailable>
    /**
     * Puts dead tasks back with a fresh count of attempts; "all" takes every dead one of the stream. They are due at once,
     * or so many in each second. Returns how many.
     */
    readonly replay: (
      stream: StreamName,
      which: ReadonlyArray<TaskId> | "all",
      perSecond?: number | null
    ) => Effect.Effect<number, Unavailable>
    /** Gives dead tasks up for good; they stay in the ledger as dropped. Returns how many. */
    readonly drop: (
      stream: StreamName,
      which: ReadonlyArray<TaskId> | "all"
    ) => Effect.Effect<number, Unavailable>
    readonly stats: Effect.Effect<ReadonlyArray<StreamStats>, Unavailable>
  }
>() {}
