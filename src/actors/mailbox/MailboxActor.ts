import { type Cause, type Effect, Exit, type Fiber, type Tracer } from "effect"
import type { CommandResult } from "../../domain/Command.ts"
import { type CoreError, Unavailable } from "../../domain/errors.ts"
import { type Epoch, type MailboxId, ModSeq } from "../../domain/ids.ts"
import type { MailboxLimits, MailboxState } from "../../domain/mailbox/State.ts"
import type { Commit, MailboxStore } from "../../storage/mailbox/MailboxStore.ts"
import type { Ownership } from "../sharding/Ownership.ts"
import type { CursorCache } from "./CursorCache.ts"
import type { Ask, Moved } from "./MailboxProtocol.ts"
import { makeWatchers, type Watchers } from "./watchers.ts"

/** A command that waits for its turn, and the way back to who asked. */
export interface Waiting {
  readonly ask: Ask
  /** The first answer counts, further ones are ignored. */
  readonly answer: (exit: Exit.Exit<CommandResult, CoreError | Moved>) => void
  /** Of the trace that it is part of. */
  readonly span: Tracer.AnySpan | undefined
  /** The caller went away before its turn: it is passed over. */
  isAbandoned: boolean
  /** Times it was put back after the mailbox turned out to be elsewhere than thought. */
  returns: number
}

/** A mailbox in memory: its state while active, its waiting commands, its watchers. Written by its drain fiber alone. */
export interface MailboxActor {
  readonly mailboxId: MailboxId
  readonly watchers: Watchers
  waiting: Array<Waiting>
  /** Callers that only want the mailbox active. */
  waitingForState: Array<(exit: Exit.Exit<MailboxState, CoreError | Moved>) => void>
  /** The commands of the turn under way. */
  inHand: ReadonlyArray<Waiting>
  active: Active | undefined
  /** The newest modseq that watchers were told. */
  published: ModSeq
  /** While it has work. */
  drain: Fiber.RuntimeFiber<void> | undefined
  /** After a defect in a batch: its commands run one by one, to find which it was. */
  soloRuns: number
  /** Defects in a row. */
  defects: number
  lastUsedAt: number
}

/** What an active mailbox has in memory. All of it is let go at the first doubt. */
export interface Active {
  readonly state: MailboxState
  readonly epoch: Epoch
  readonly claim: number
  readonly cursors: CursorCache
}

export interface ActorSettings {
  /** Commands that one commit takes. */
  readonly maxBatch: number
  /** Defects in a row after which the mailbox is quarantined. */
  readonly maxDefects: number
  readonly limits: MailboxLimits
}

export interface ActorServices {
  readonly store: MailboxStore["Type"]
  readonly ownership: Ownership["Type"]
  readonly settings: ActorSettings
  /** Told of every commit, for metrics and the outbox's doorbell. */
  readonly onCommit: (commit: Commit, spent: { readonly commands: number; readonly millis: number }) => void
  /** So many commands were refused because a younger owner has claimed the mailbox. */
  readonly onStale: (commands: number) => void
  readonly onDefect: (mailboxId: MailboxId, cause: Cause.Cause<unknown>) => Effect.Effect<void>
  readonly onQuarantine: (mailboxId: MailboxId) => Effect.Effect<void>
  /** Told where it stays open whether a commit was written: the mailbox's watchers have nobody else to find out. */
  readonly onDoubt: (actor: MailboxActor) => void
  /** Passed before and after the commit; crash tests stop the process there. */
  readonly boundary: (name: "delivery-decided" | "delivery-committed") => Effect.Effect<void>
}

export const makeActor = (mailboxId: MailboxId): MailboxActor => ({
  mailboxId,
  watchers: makeWatchers(),
  waiting: [],
  waitingForState: [],
  inHand: [],
  active: undefined,
  published: ModSeq(0),
  drain: undefined,
  soloRuns: 0,
  defects: 0,
  lastUsedAt: 0
})

export const hasWork = (actor: MailboxActor): boolean =>
  actor.waiting.length > 0 || actor.waitingForState.length > 0

export const answerAll = (
  batch: ReadonlyArray<Waiting>,
  exit: Exit.Exit<CommandResult, CoreError | Moved>
): void => {
  for (const waiting of batch) waiting.answer(exit)
}

/** Of those that are traced. */
export const spansOf = (batch: ReadonlyArray<Waiting>): ReadonlyArray<Tracer.AnySpan> =>
  batch.flatMap(({ span }) => span ?? [])

/** Those whose turn has not come. */
export const answerWaiting = (actor: MailboxActor, exit: Exit.Exit<never, CoreError | Moved>): void => {
  answerAll(actor.waiting.splice(0), exit)
  for (const answer of actor.waitingForState.splice(0)) answer(exit)
}

/** Asked for again, in their order, before those that came later. */
export const putBack = (actor: MailboxActor, batch: ReadonlyArray<Waiting>): void => {
  const again: Array<Waiting> = []
  for (const waiting of batch) {
    waiting.returns++
    if (waiting.returns > maxReturns) waiting.answer(Exit.fail(new Unavailable({ what: "mailbox" })))
    else again.push(waiting)
  }
  actor.waiting = [...again, ...actor.waiting]
}

const maxReturns = 5
