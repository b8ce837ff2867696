import { Cause, Clock, Effect, Exit } from "effect"
import type { CommandResult } from "../../domain/Command.ts"
import { type CoreError, type NotFound, Unavailable } from "../../domain/errors.ts"
import { CorrelationId, type Epoch, type MailboxId, type ModSeq } from "../../domain/ids.ts"
import type { StoredMessage } from "../../domain/Message.ts"
import { select } from "../../domain/mailbox/decide/decide.ts"
import type { MailboxLimits, MailboxState } from "../../domain/mailbox/State.ts"
import type { Commit, MailboxStore, StoreUnavailable } from "../../storage/mailbox/MailboxStore.ts"
import type { Ownership } from "../sharding/Ownership.ts"
import { batchLength, type DecidedBatch, decideBatch, type Outcome, touchedFolders } from "./batch.ts"
import type { Ask } from "./MailboxProtocol.ts"
import { settle } from "./settle.ts"
import type { Watchers } from "./watchers.ts"

/** A command that waits for its turn, and the way back to who asked. */
export interface Waiting {
  readonly ask: Ask
  readonly answer: (exit: Exit.Exit<CommandResult, CoreError>) => void
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
  waitingForState: Array<(exit: Exit.Exit<MailboxState, CoreError>) => void>
  active: { readonly state: MailboxState; readonly epoch: Epoch } | undefined
  /** The newest modseq that watchers were told. */
  published: ModSeq
  isDraining: boolean
  /** After a defect in a batch: its commands run one by one, to find which it was. */
  soloRuns: number
  /** Defects in a row. */
  defects: number
  lastUsedAt: number
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
  readonly onCommit: (commit: Commit, commands: number) => void
  readonly onDefect: (mailboxId: MailboxId, cause: Cause.Cause<unknown>) => Effect.Effect<void>
  /** Passed before and after the commit; crash tests stop the process there. */
  readonly boundary: (name: "delivery-decided" | "delivery-committed") => Effect.Effect<void>
}

const maxReturns = 5

/**
 * Takes every command that waits, decides them, commits them in one round trip, answers, publishes — until nothing
 * waits. Interruptible before the commit; from commit to publish it is not.
 */
export const drain = (actor: MailboxActor, services: ActorServices): Effect.Effect<void> =>
  Effect.whileLoop({
    while: () => actor.waiting.length > 0 || actor.waitingForState.length > 0,
    body: () => Effect.catchAllCause(turn(actor, services), (cause) => failEverybody(actor, services, cause)),
    step: () => {}
  })

const turn = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices) {
  const active = actor.active ?? (yield* activate(actor, services))
  if (active === undefined) return
  if (active.state.folders.size === 0)
    return yield* runOrBlame(actor, services, { ...active, batch: [creation(actor)] })
  for (const answer of actor.waitingForState.splice(0)) answer(Exit.succeed(active.state))
  const batch = takeBatch(actor, services.settings)
  if (batch.length > 0) yield* runOrBlame(actor, services, { ...active, batch })
})

/** The first commit of every mailbox; where it fails, so does everybody who waits. */
const creation = (actor: MailboxActor): Waiting => ({
  ask: {
    mailboxId: actor.mailboxId,
    command: { _tag: "CreateMailbox" },
    origin: "postroom",
    correlationId: CorrelationId(`create-${actor.mailboxId}`),
    operationId: null
  },
  answer: (exit) => {
    if (Exit.isFailure(exit)) answerEverybody(actor, Exit.failCause(exit.cause))
  },
  isAbandoned: false,
  returns: 0
})

const takeBatch = (actor: MailboxActor, settings: ActorSettings): ReadonlyArray<Waiting> => {
  const present = actor.waiting.filter((waiting) => !waiting.isAbandoned)
  const max = actor.soloRuns > 0 ? 1 : settings.maxBatch
  if (actor.soloRuns > 0) actor.soloRuns--
  const length = batchLength(
    present.slice(0, max).map(({ ask }) => ask),
    max
  )
  actor.waiting = present.slice(length)
  return present.slice(0, length)
}

const activate = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices) {
  const activated = yield* services.ownership.epochOf(actor.mailboxId).pipe(
    Effect.flatMap((epoch) =>
      Effect.map(services.store.activate(actor.mailboxId, epoch), (state) => ({ state, epoch }))
    ),
    Effect.tapErrorTag("StaleEpoch", () => services.ownership.lost(actor.mailboxId)),
    Effect.mapError(toCoreError),
    Effect.exit
  )
  if (Exit.isFailure(activated)) {
    answerEverybody(actor, Exit.failCause(activated.cause))
    return undefined
  }
  actor.active = activated.value
  const { modSeq } = activated.value.state
  if (modSeq > actor.published) {
    actor.published = modSeq
    actor.watchers.wake(modSeq, null)
  }
  return activated.value
})

interface Turn {
  readonly state: MailboxState
  readonly epoch: Epoch
  readonly batch: ReadonlyArray<Waiting>
}

/** A bug anywhere on the way is answered to those whose commands they were, and counted. */
const runOrBlame = (actor: MailboxActor, services: ActorServices, turn: Turn): Effect.Effect<void> =>
  Effect.catchAllCause(runBatch(actor, services, turn), (cause) => {
    const outcomes = turn.batch.map(() => Exit.failCause(cause))
    if (Cause.isInterruptedOnly(cause)) answerAll(turn.batch, Exit.fail(new Unavailable({ what: "mailbox" })))
    return Cause.isInterruptedOnly(cause)
      ? Effect.interrupt
      : onDefects(actor, services, { turn, decided: { outcomes, after: turn.state, commit: null } })
  })

const runBatch = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices, turn: Turn) {
  const { settings, store } = services
  const asks = turn.batch.map(({ ask }) => ask)
  const loaded = yield* Effect.either(loadMessages(services, turn.state, asks))
  if (loaded._tag === "Left") return answerAll(turn.batch, Exit.fail(toCoreError(loaded.left)))
  const now = yield* Clock.currentTimeMillis
  const context = { messages: loaded.right, limits: settings.limits, now, epoch: turn.epoch }
  const fresh = decideBatch(turn.state, asks, context)
  if (fresh.outcomes.some(isDefect)) return yield* onDefects(actor, services, { turn, decided: fresh })
  const decided = yield* recall(services, turn, fresh)
  const { commit } = decided
  if (commit === null) return answerOutcomes(turn.batch, decided)
  yield* services.boundary("delivery-decided")
  yield* Effect.uninterruptible(
    store.commit(commit).pipe(
      Effect.catchTag("StoreUnavailable", (error) => settle(store, commit, error)),
      Effect.zipLeft(services.boundary("delivery-committed")),
      Effect.matchCauseEffect({
        onSuccess: () => Effect.sync(() => publish(actor, services, { turn, decided, commit })),
        onFailure: (cause) => onCommitFailure(actor, services, { turn, cause })
      })
    )
  )
})

/** A named wish that is refused or idle now may have been granted before: then it gets that answer again. */
const recall = Effect.fnUntraced(function* (
  { store }: ActorServices,
  { state, batch }: Turn,
  decided: DecidedBatch
) {
  const operationIds = batch.flatMap(({ ask }, index) => {
    const outcome = decided.outcomes[index]
    const isIdle = outcome === undefined || Exit.isFailure(outcome) || outcome.value.changes.length === 0
    return isIdle && ask.operationId !== null ? [ask.operationId] : []
  })
  if (operationIds.length === 0) return decided
  const found = yield* Effect.either(store.applied(state.mailboxId, { taskIds: [], operationIds }))
  const outcomes = decided.outcomes.map((outcome, index): Outcome => {
    const operationId = batch[index]?.ask.operationId
    if (operationId === null || operationId === undefined || !operationIds.includes(operationId))
      return outcome
    if (found._tag === "Left") return Exit.fail(new Unavailable({ what: "storage" }))
    const before = found.right.operations.get(operationId)
    return before === undefined ? outcome : Exit.succeed({ ...before, duplicate: true })
  })
  return { ...decided, outcomes }
})

const loadMessages = (
  { store, settings }: ActorServices,
  state: MailboxState,
  asks: ReadonlyArray<Ask>
): Effect.Effect<ReadonlyArray<StoredMessage>, StoreUnavailable> => {
  const selections = asks.map(({ command }) => select(state, command))
  const ids = [...new Set(selections.flatMap((selection) => (selection._tag === "Ids" ? selection.ids : [])))]
  const folders = selections.filter((selection) => selection._tag === "Folders")
  // One more than a chunk, so that a bulk command knows whether something is left.
  const limit = settings.limits.bulkChunk + 1
  const reads = [
    ...(ids.length > 0 ? [store.select(state.mailboxId, { _tag: "Ids", ids }, ids.length)] : []),
    ...folders.map((selection) => store.select(state.mailboxId, selection, limit))
  ]
  if (reads.length === 0) return Effect.succeed([])
  return Effect.map(Effect.all(reads), (found) => found.flat())
}

const publish = (
  actor: MailboxActor,
  services: ActorServices,
  done: { readonly turn: Turn; readonly decided: DecidedBatch; readonly commit: Commit }
): void => {
  const { turn, decided, commit } = done
  actor.active = { state: decided.after, epoch: turn.epoch }
  actor.published = decided.after.modSeq
  actor.defects = 0
  answerOutcomes(turn.batch, decided)
  actor.watchers.wake(decided.after.modSeq, touchedFolders(commit))
  services.onCommit(commit, turn.batch.length)
}

const onCommitFailure = (
  actor: MailboxActor,
  services: ActorServices,
  failed: {
    readonly turn: Turn
    readonly cause: Cause.Cause<Effect.Effect.Error<ReturnType<MailboxStore["Type"]["commit"]>>>
  }
): Effect.Effect<void> => {
  const { turn } = failed
  const failure = Cause.failureOrCause(failed.cause)
  if (failure._tag === "Right") {
    const decided: DecidedBatch = {
      outcomes: turn.batch.map(() => Exit.failCause(failure.right)),
      after: turn.state,
      commit: null
    }
    return onDefects(actor, services, { turn, decided })
  }
  switch (failure.left._tag) {
    case "AlreadyApplied":
      return answerApplied(actor, services, turn.batch)
    case "StaleEpoch":
      actor.active = undefined
      answerAll(turn.batch, Exit.fail(new Unavailable({ what: "mailbox" })))
      return services.ownership.lost(actor.mailboxId)
    case "HeadMoved":
      actor.active = undefined
      return Effect.sync(() => putBack(actor, turn.batch))
    case "StoreUnavailable":
      // Whatever came of it, the next command reads the truth first.
      actor.active = undefined
      return Effect.sync(() => answerAll(turn.batch, Exit.fail(new Unavailable({ what: "storage" }))))
  }
}

/** Some of the batch was done before: those get their answer, the others run again. */
const answerApplied = Effect.fnUntraced(function* (
  actor: MailboxActor,
  { store }: ActorServices,
  batch: ReadonlyArray<Waiting>
) {
  const taskIds = batch.flatMap(({ ask }) => (ask.command._tag === "Deliver" ? [ask.command.taskId] : []))
  const operationIds = batch.flatMap(({ ask }) => (ask.operationId === null ? [] : [ask.operationId]))
  const found = yield* Effect.either(store.applied(actor.mailboxId, { taskIds, operationIds }))
  if (found._tag === "Left") return answerAll(batch, Exit.fail(new Unavailable({ what: "storage" })))
  const again: Array<Waiting> = []
  for (const waiting of batch) {
    const { command, operationId } = waiting.ask
    const before = operationId === null ? undefined : found.right.operations.get(operationId)
    if (before !== undefined) waiting.answer(Exit.succeed({ ...before, duplicate: true }))
    else if (command._tag === "Deliver" && found.right.deliveries.has(command.taskId)) {
      const modSeq = actor.published
      waiting.answer(Exit.succeed({ modSeq, changes: [], missing: [], more: false, duplicate: true }))
    } else again.push(waiting)
  }
  putBack(actor, again)
})

/** One command at fault must not take the others along: they run one by one, and only the faulty one dies. */
const onDefects = Effect.fnUntraced(function* (
  actor: MailboxActor,
  services: ActorServices,
  { turn, decided }: { readonly turn: Turn; readonly decided: DecidedBatch }
) {
  if (turn.batch.length > 1) {
    actor.soloRuns = turn.batch.length
    return putBack(actor, turn.batch)
  }
  answerOutcomes(turn.batch, decided)
  actor.defects++
  for (const outcome of decided.outcomes) {
    if (Exit.isFailure(outcome)) yield* services.onDefect(actor.mailboxId, outcome.cause)
  }
  if (actor.defects < services.settings.maxDefects) return
  actor.active = undefined
  actor.defects = 0
  yield* Effect.ignore(services.store.quarantine(actor.mailboxId))
})

const putBack = (actor: MailboxActor, batch: ReadonlyArray<Waiting>): void => {
  const again: Array<Waiting> = []
  for (const waiting of batch) {
    waiting.returns++
    if (waiting.returns > maxReturns) waiting.answer(Exit.fail(new Unavailable({ what: "mailbox" })))
    else again.push(waiting)
  }
  actor.waiting = [...again, ...actor.waiting]
}

const failEverybody = (
  actor: MailboxActor,
  services: ActorServices,
  cause: Cause.Cause<never>
): Effect.Effect<void> => {
  actor.active = undefined
  answerEverybody(actor, Exit.failCause(cause))
  return Cause.isInterruptedOnly(cause) ? Effect.interrupt : services.onDefect(actor.mailboxId, cause)
}

const answerEverybody = (actor: MailboxActor, exit: Exit.Exit<never, CoreError>): void => {
  answerAll(actor.waiting.splice(0), exit)
  for (const answer of actor.waitingForState.splice(0)) answer(exit)
}

const answerAll = (batch: ReadonlyArray<Waiting>, exit: Exit.Exit<CommandResult, CoreError>): void => {
  for (const waiting of batch) waiting.answer(exit)
}

const answerOutcomes = (batch: ReadonlyArray<Waiting>, decided: DecidedBatch): void => {
  decided.outcomes.forEach((outcome, index) => {
    batch[index]?.answer(outcome)
  })
}

const isDefect = (outcome: DecidedBatch["outcomes"][number]): boolean =>
  Exit.isFailure(outcome) && Cause.failureOption(outcome.cause)._tag === "None"

const toCoreError = (
  error: Effect.Effect.Error<ReturnType<MailboxStore["Type"]["activate"]>> | Unavailable
): NotFound | Unavailable => {
  switch (error._tag) {
    case "NotFound":
    case "Unavailable":
      return error
    case "StaleEpoch":
      return new Unavailable({ what: "mailbox" })
    case "MailboxQuarantined":
      return new Unavailable({ what: "quarantined" })
    case "StoreUnavailable":
      return new Unavailable({ what: "storage", cause: error })
  }
}
