import { Cause, Effect, Exit } from "effect"
import { type NotFound, Unavailable } from "../../domain/errors.ts"
import type { MailboxStore } from "../../storage/mailbox/MailboxStore.ts"
import type { Outcome } from "./batch.ts"
import {
  type Active,
  type ActorServices,
  answerAll,
  answerWaiting,
  type MailboxActor,
  putBack,
  type Waiting
} from "./MailboxActor.ts"
import { Moved } from "./MailboxProtocol.ts"

/** What a batch is decided on. */
export interface Turn extends Active {
  readonly batch: ReadonlyArray<Waiting>
}

type Failure<Method extends "activate" | "commit"> = Effect.Effect.Error<
  ReturnType<MailboxStore["Type"][Method]>
>

/** Nothing was published. What the mailbox is now is read again, unless it is known. */
export const onCommitFailure = (
  actor: MailboxActor,
  services: ActorServices,
  { turn, cause }: { readonly turn: Turn; readonly cause: Cause.Cause<Failure<"commit">> }
): Effect.Effect<void> => {
  const { batch, epoch } = turn
  const failure = Cause.failureOrCause(cause)
  if (failure._tag === "Right") return onDefect(actor, services, { batch, cause: failure.right })
  switch (failure.left._tag) {
    case "AlreadyApplied":
      return answerApplied(actor, services, batch)
    case "StaleEpoch": {
      actor.active = undefined
      const losing = onStale(actor, services, { epoch, batch })
      answerAll(batch, Exit.fail(new Moved()))
      return losing
    }
    case "HeadMoved":
      actor.active = undefined
      return Effect.sync(() => putBack(actor, batch))
    case "StoreUnavailable":
      return Effect.sync(() => leaveOpen(actor, services, batch))
  }
}

/** A younger owner has claimed the mailbox: nothing of the batch was written, and of what waits nothing will be. */
export const onStale = (
  actor: MailboxActor,
  services: ActorServices,
  { epoch, batch }: Pick<Turn, "epoch" | "batch">
): Effect.Effect<void> => {
  services.onStale(batch.length + actor.waiting.length)
  return services.ownership.lost(actor.mailboxId, epoch)
}

/** Whatever came of it, the next command reads the truth first. */
const leaveOpen = (actor: MailboxActor, services: ActorServices, batch: Turn["batch"]): void => {
  actor.active = undefined
  answerAll(batch, Exit.fail(new Unavailable({ what: "storage" })))
  services.onDoubt(actor)
}

/** Some of the batch was done before: those get their answer, the others run again. */
const answerApplied = Effect.fnUntraced(function* (
  actor: MailboxActor,
  { store }: ActorServices,
  batch: Turn["batch"]
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

/** A bug on the way of a batch; or its store is being stopped under it, which is nobody's bug. */
export const onDefect = (
  actor: MailboxActor,
  services: ActorServices,
  { batch, cause }: { readonly batch: Turn["batch"]; readonly cause: Cause.Cause<never> }
): Effect.Effect<void> =>
  Cause.isInterruptedOnly(cause)
    ? Effect.sync(() => leaveOpen(actor, services, batch))
    : onDefects(actor, services, { batch, outcomes: batch.map(() => Exit.failCause(cause)) })

/** One command at fault must not take the others along: they run one by one, and only the faulty one dies. */
export const onDefects = Effect.fnUntraced(function* (
  actor: MailboxActor,
  services: ActorServices,
  { batch, outcomes }: { readonly batch: Turn["batch"]; readonly outcomes: ReadonlyArray<Outcome> }
) {
  if (batch.length > 1) {
    actor.soloRuns = batch.length
    return putBack(actor, batch)
  }
  actor.defects++
  for (const [index, outcome] of outcomes.entries()) {
    batch[index]?.answer(outcome)
    if (Exit.isFailure(outcome)) {
      yield* Effect.annotateLogs(
        services.onDefect(actor.mailboxId, outcome.cause),
        "correlation_id",
        batch[index]?.ask.correlationId
      )
    }
  }
  if (actor.defects < services.settings.maxDefects) return
  actor.active = undefined
  actor.defects = 0
  yield* Effect.matchEffect(services.store.quarantine(actor.mailboxId), {
    // The next defects try again.
    onFailure: () => Effect.void,
    onSuccess: () => services.onQuarantine(actor.mailboxId)
  })
})

/** A bug outside of any command. */
export const failEverybody = (
  actor: MailboxActor,
  services: ActorServices,
  cause: Cause.Cause<never>
): Effect.Effect<void> => {
  const isStopping = Cause.isInterruptedOnly(cause)
  const exit = isStopping ? Exit.fail(new Unavailable({ what: "mailbox" })) : Exit.failCause(cause)
  actor.active = undefined
  answerAll(actor.inHand, exit)
  answerWaiting(actor, exit)
  return isStopping ? Effect.void : services.onDefect(actor.mailboxId, cause)
}

export const toAnswer = (error: Failure<"activate"> | Moved): NotFound | Unavailable | Moved => {
  switch (error._tag) {
    case "NotFound":
    case "Moved":
      return error
    case "StaleEpoch":
      return new Moved()
    case "MailboxQuarantined":
      return new Unavailable({ what: "quarantined" })
    case "StoreUnavailable":
      return new Unavailable({ what: "storage", cause: error })
  }
}
