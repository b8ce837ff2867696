import { Cause, Clock, Effect, Exit } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import { CorrelationId } from "../../domain/ids.ts"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"
import { spannedInEach, under } from "../../observability/spans.ts"
import type { Commit } from "../../storage/mailbox/MailboxStore.ts"
import { batchLength, type DecidedBatch, decideBatch, type Outcome, touchedFolders } from "./batch.ts"
import { makeCursorCache } from "./CursorCache.ts"
import {
  failEverybody,
  onCommitFailure,
  onDefect,
  onDefects,
  onStale,
  type Turn,
  toAnswer
} from "./failures.ts"
import { load } from "./loading.ts"
import {
  type ActorServices,
  type ActorSettings,
  answerAll,
  answerWaiting,
  hasWork,
  type MailboxActor,
  spansOf,
  type Waiting
} from "./MailboxActor.ts"
import { settle } from "./settle.ts"

/**
 * Takes every command that waits, decides them, commits them in one round trip, answers, publishes — until nothing
 * waits. Only a stop interrupts it, and that first waits for the commit under way: see `RouterLocal`.
 */
export const drain = (actor: MailboxActor, services: ActorServices): Effect.Effect<void> =>
  Effect.whileLoop({
    while: () => hasWork(actor),
    body: () =>
      Effect.catchAllCause(
        // What it does besides the commit is told in the first trace that it is done for.
        under(turn(actor, services), actor.waiting.find(({ span }) => span !== undefined)?.span),
        (cause) => failEverybody(actor, services, cause)
      ),
    step: () => {}
  })

const turn = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices) {
  const active = (yield* remembered(actor, services)) ?? (yield* activate(actor, services))
  if (active === undefined) return
  const isNew = active.state.folders.size === 0
  if (!isNew) for (const answer of actor.waitingForState.splice(0)) answer(Exit.succeed(active.state))
  actor.inHand = isNew ? [creation(actor)] : takeBatch(actor, services.settings)
  if (actor.inHand.length === 0) return
  const batch = actor.inHand
  yield* Effect.catchAllCause(runBatch(actor, services, { ...active, batch }), (cause) =>
    onDefect(actor, services, { batch, cause })
  )
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
    if (Exit.isFailure(exit)) answerWaiting(actor, Exit.failCause(exit.cause))
  },
  span: undefined,
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

/** What memory has, where it holds: the shard did not leave since, and nobody else can have written the mailbox, or nobody has. */
const remembered = (actor: MailboxActor, { ownership, store }: ActorServices) => {
  const { active } = actor
  if (active === undefined) return Effect.void
  actor.active = undefined
  if (!ownership.holds(actor.mailboxId, active.epoch)) return Effect.void
  const isStill = ownership.isSure()
    ? Effect.succeed(true)
    : store.head(actor.mailboxId).pipe(
        Effect.map(({ epoch }) => epoch === active.epoch),
        // To activate it tells what is wrong.
        Effect.orElseSucceed(() => false)
      )
  return Effect.map(isStill, (holds) => {
    if (holds) actor.active = active
    return actor.active
  })
}

const activate = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices) {
  const activated = yield* services.ownership.epochOf(actor.mailboxId).pipe(
    Effect.flatMap((epoch) =>
      services.store.activate(actor.mailboxId, epoch).pipe(
        Effect.map(({ claim, ...state }) => ({ state, epoch, claim, cursors: makeCursorCache() })),
        Effect.tapErrorTag("StaleEpoch", () => onStale(actor, services, { epoch, batch: [] }))
      )
    ),
    Effect.mapError(toAnswer),
    Effect.either
  )
  if (activated._tag === "Left") {
    answerWaiting(actor, Exit.fail(activated.left))
    return undefined
  }
  actor.active = activated.right
  const { modSeq } = activated.right.state
  if (modSeq > actor.published) {
    actor.published = modSeq
    actor.watchers.wake({ modSeq, folders: null, isOfHierarchy: true, spans: [] })
  }
  return activated.right
})

const runBatch = Effect.fnUntraced(function* (actor: MailboxActor, services: ActorServices, turn: Turn) {
  const { settings, store } = services
  const { batch, state, epoch, claim } = turn
  const asks = batch.map(({ ask }) => ask)
  const now = yield* Clock.currentTimeMillis
  const loaded = yield* Effect.either(load(services, turn, { asks, now }))
  if (loaded._tag === "Left") return answerAll(batch, Exit.fail(toAnswer(loaded.left)))
  const fresh = decideBatch(state, asks, { ...loaded.right, limits: settings.limits, now, epoch, claim })
  if (fresh.outcomes.some(isDefect)) {
    return yield* onDefects(actor, services, { batch, outcomes: fresh.outcomes })
  }
  const decided = yield* recall(services, turn, fresh)
  const { commit } = decided
  if (commit === null) return answerOutcomes(batch, decided)
  yield* services.boundary("delivery-decided")
  const startedAt = yield* monotonicMillis
  const written = Effect.catchTag(store.commit(commit), "StoreUnavailable", (error) =>
    settle(store, commit, error)
  )
  yield* spannedInEach(written, spansOf(batch), () => ({
    name: "commit",
    kind: "client",
    attributes: { commands: batch.length, changes: commit.entries.length, modseq: commit.after.modSeq }
  })).pipe(
    Effect.zipLeft(services.boundary("delivery-committed")),
    Effect.matchCauseEffect({
      onSuccess: () =>
        Effect.map(monotonicMillis, (now) => {
          services.onCommit(commit, { commands: batch.length, millis: now - startedAt })
          publish(actor, { turn, decided, commit })
        }),
      onFailure: (cause) => onCommitFailure(actor, services, { turn, cause })
    })
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

const publish = (
  actor: MailboxActor,
  done: { readonly turn: Turn; readonly decided: DecidedBatch; readonly commit: Commit }
): void => {
  const { turn, decided, commit } = done
  const { cursors } = turn
  for (const { deviceId, folderId } of commit.resets) cursors.forget(deviceId, folderId)
  cursors.put(commit.cursors.map(({ cursor }) => cursor))
  actor.active = { state: decided.after, epoch: turn.epoch, claim: turn.claim, cursors }
  actor.published = decided.after.modSeq
  actor.defects = 0
  answerOutcomes(turn.batch, decided)
  if (actor.watchers.size > 0 && commit.entries.length > 0) {
    const { modSeq } = decided.after
    actor.watchers.wake({
      modSeq,
      folders: touchedFolders(commit),
      isOfHierarchy: commit.after.hierarchyModSeq > commit.before.hierarchyModSeq,
      spans: spansOf(turn.batch)
    })
  }
}

const answerOutcomes = (batch: ReadonlyArray<Waiting>, decided: DecidedBatch): void => {
  decided.outcomes.forEach((outcome, index) => {
    batch[index]?.answer(outcome)
  })
}

const isDefect = (outcome: Outcome): boolean =>
  Exit.isFailure(outcome) && Cause.failureOption(outcome.cause)._tag === "None"
