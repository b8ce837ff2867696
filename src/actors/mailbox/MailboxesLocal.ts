import {
  Config,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberMap,
  FiberSet,
  Layer,
  Schedule,
  type Tracer
} from "effect"
import type { CommandResult } from "../../domain/Command.ts"
import { Busy, type CoreError } from "../../domain/errors.ts"
import { type MailboxId, ModSeq, type ShardId } from "../../domain/ids.ts"
import { defaultMailboxLimits, type MailboxState } from "../../domain/mailbox/State.ts"
import { monotonicMillis, monotonicMillisOf } from "../../domain/monotonicMillis.ts"
import { Boundaries } from "../../observability/boundaries.ts"
import { metrics } from "../../observability/metrics.ts"
import { inTrace, spanned } from "../../observability/spans.ts"
import { setting } from "../../settings/setting.ts"
import { duration, integer } from "../../settings/types.ts"
import { undoWindow } from "../../settings/undoWindow.ts"
import { MailboxStore } from "../../storage/mailbox/MailboxStore.ts"
import { OutboxBell } from "../../storage/outbox/OutboxBell.ts"
import { Ownership, shardOf } from "../sharding/Ownership.ts"
import { ShardCosts } from "../sharding/ShardCosts.ts"
import { drain } from "./drain.ts"
import {
  type Active,
  type ActorServices,
  answerAll,
  answerWaiting,
  hasWork,
  type MailboxActor,
  makeActor
} from "./MailboxActor.ts"
import { type Ask, type Listener, Mailboxes, Moved } from "./MailboxProtocol.ts"

/** How many commands may wait, how many go into a commit, when a mailbox leaves memory. */
export const ActorConfig = Config.all({
  maxWaiting: setting({
    name: "POSTROOM_ACTOR_MAX_WAITING",
    type: integer,
    default: 1024,
    meaning: "Commands that may wait for one mailbox; over it callers are told to come back."
  }),
  maxBatch: setting({
    name: "POSTROOM_ACTOR_MAX_BATCH",
    type: integer,
    default: 256,
    meaning: "Commands of one mailbox that share a commit."
  }),
  maxDefects: setting({
    name: "POSTROOM_ACTOR_MAX_DEFECTS",
    type: integer,
    default: 3,
    meaning: "Defects in a row after which a mailbox is quarantined."
  }),
  idle: setting({
    name: "POSTROOM_ACTOR_IDLE",
    type: duration,
    default: Duration.minutes(2),
    meaning: "How long an unused mailbox stays in memory."
  }),
  undoWindow
})

const busy = new Busy({ retryAfterMillis: 1000 })
const moved = Exit.fail(new Moved())
/** This process goes; another one has its mailboxes, or will. */
const stopped = moved

/** What a stop waits for commits under way; of those that take longer the outcome stays open. */
const patienceAtStop = Duration.seconds(5)

/** From one look at a mailbox whose last commit is in doubt to the next, while storage is away. */
const lookAgain = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered
)

/** Runs the actors of this process: one per mailbox in use, a fiber only while it has work. */
export const layer = Layer.scoped(
  Mailboxes,
  Effect.gen(function* () {
    const config = yield* ActorConfig
    const bell = yield* OutboxBell
    const { pass } = yield* Boundaries
    const clock = yield* Effect.clock
    const ownership = yield* Ownership
    const costs = yield* ShardCosts
    const shards = new Map<ShardId, Map<MailboxId, MailboxActor>>()
    const drains = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(drains)()
    const runLook = yield* FiberMap.makeRuntime<never, MailboxId>()
    let isStopping = false

    const services: ActorServices = {
      store: yield* MailboxStore,
      ownership,
      settings: {
        ...config,
        limits: { ...defaultMailboxLimits, undoWindowMillis: Duration.toMillis(config.undoWindow) }
      },
      onCommit: (commit, { commands, millis }) => {
        metrics.mailboxCommits.inc()
        metrics.mailboxCommands.inc(commands)
        metrics.mailboxChanges.inc(commit.entries.length)
        if (commit.entries.length > 0) bell.ring()
        const { mailboxId, usedBytes } = commit.before
        costs.spent(mailboxId, shardOf(mailboxId, ownership.shardCount), {
          commitMillis: millis,
          bytes: Math.max(0, commit.after.usedBytes - usedBytes),
          commands
        })
      },
      onStale: (commands) => metrics.mailboxStale.inc(commands),
      onDefect: (mailboxId, cause) => {
        metrics.mailboxDefects.inc()
        return Effect.logError("a mailbox command failed by a defect", cause).pipe(
          Effect.annotateLogs({ mailbox: mailboxId })
        )
      },
      onQuarantine: (mailboxId) => {
        metrics.mailboxesQuarantined.inc()
        return Effect.logError("a mailbox is shut after repeated defects; an operator must release it").pipe(
          Effect.annotateLogs({ mailbox: mailboxId })
        )
      },
      onDoubt: (actor) => {
        const { mailboxId, watchers } = actor
        if (watchers.size === 0) return
        // Activation tells them what there is.
        const look = Effect.retry(Effect.delay(state(mailboxId), "1 second"), {
          schedule: lookAgain,
          while: (error) => watchers.size > 0 && error._tag === "Unavailable" && error.what === "storage"
        })
        runLook(mailboxId, Effect.ignore(look), { onlyIfMissing: true })
      },
      boundary: pass
    }

    costs.countsBy(function* () {
      for (const [shardId, actors] of shards) {
        let watchers = 0
        for (const actor of actors.values()) watchers += actor.watchers.size
        yield { shardId, watchers, mailboxes: actors.size }
      }
    })

    let size = 0
    const all = function* (): Generator<MailboxActor> {
      for (const actors of shards.values()) yield* actors.values()
    }
    const counted = (more: number): void => {
      size += more
      metrics.mailboxActors.set(size)
    }

    const actorOf = (mailboxId: MailboxId): MailboxActor => {
      const shardId = shardOf(mailboxId, ownership.shardCount)
      const actors = shards.get(shardId) ?? new Map<MailboxId, MailboxActor>()
      shards.set(shardId, actors)
      const known = actors.get(mailboxId)
      if (known !== undefined) return known
      const actor = makeActor(mailboxId)
      actors.set(mailboxId, actor)
      counted(1)
      return actor
    }

    const remove = (actors: Map<MailboxId, MailboxActor>, { mailboxId }: MailboxActor): void => {
      if (actors.delete(mailboxId)) counted(-1)
    }

    const start = (actor: MailboxActor): void => {
      actor.lastUsedAt = monotonicMillisOf(clock)
      if (actor.drain !== undefined) return
      const end = Effect.sync(() => {
        actor.drain = undefined
        if (isStopping) return
        actor.inHand = []
        // What came between the last look at the queue and the end of the fiber starts the next one.
        if (hasWork(actor)) start(actor)
      })
      // Not at once: who comes in the same turn of the event loop shares the first commit.
      actor.drain = run(Effect.ensuring(drain(actor, services), end), { immediate: false })
    }

    /** Its work ends, its listeners go where it is now. */
    const dismiss = (actor: MailboxActor): void => {
      answerWaiting(actor, moved)
      metrics.mailboxWatchers.dec(actor.watchers.size)
      actor.watchers.lose()
      if (actor.drain === undefined) actor.active = undefined
    }

    const settle = (shardId: ShardId): Effect.Effect<void> =>
      Effect.suspend(() => {
        const actors = shards.get(shardId) ?? new Map<MailboxId, MailboxActor>()
        for (const actor of actors.values()) {
          dismiss(actor)
          if (actor.drain === undefined) remove(actors, actor)
        }
        const busy = [...actors.values()].flatMap(({ drain: fiber }) => fiber ?? [])
        return busy.length === 0 ? Effect.void : Effect.zipRight(Fiber.awaitAll(busy), settle(shardId))
      })

    ownership.whenGone((shardId) => {
      for (const actor of shards.get(shardId)?.values() ?? []) dismiss(actor)
    })

    yield* Effect.addFinalizer(
      Effect.fnUntraced(function* () {
        isStopping = true
        for (const actor of all()) answerWaiting(actor, stopped)
        yield* FiberSet.awaitEmpty(drains).pipe(Effect.interruptible, Effect.timeoutOption(patienceAtStop))
        yield* FiberSet.clear(drains)
        for (const actor of all()) {
          answerAll(actor.inHand, stopped)
          answerWaiting(actor, stopped)
        }
      })
    )

    const enqueue = (
      wish: Ask,
      span: Tracer.AnySpan | undefined
    ): Effect.Effect<CommandResult, CoreError | Moved> =>
      Effect.async((resume) => {
        if (isStopping) return resume(stopped)
        const actor = actorOf(wish.mailboxId)
        if (actor.waiting.length >= config.maxWaiting) {
          metrics.mailboxBusy.inc()
          return resume(Effect.fail(busy))
        }
        const waiting = { ask: wish, answer: resume, span, isAbandoned: false, returns: 0 }
        actor.waiting.push(waiting)
        start(actor)
        return Effect.sync(() => {
          waiting.isAbandoned = true
        })
      })

    const isServable = (active: Active | undefined): active is Active =>
      active !== undefined &&
      // One without folders is still being made.
      active.state.folders.size > 0 &&
      ownership.holds(active.state.mailboxId, active.epoch) &&
      ownership.isSure()

    const state = (mailboxId: MailboxId): Effect.Effect<MailboxState, CoreError | Moved> =>
      Effect.async((resume) => {
        if (isStopping) return resume(stopped)
        const actor = actorOf(mailboxId)
        if (isServable(actor.active)) {
          actor.lastUsedAt = monotonicMillisOf(clock)
          return resume(Effect.succeed(actor.active.state))
        }
        actor.waitingForState.push(resume)
        start(actor)
        return Effect.sync(() => {
          actor.waitingForState = actor.waitingForState.filter((other) => other !== resume)
        })
      })

    const passivate = Effect.map(monotonicMillis, (now) => {
      for (const actors of shards.values())
        for (const actor of actors.values()) {
          if (actor.drain !== undefined || now - actor.lastUsedAt < Duration.toMillis(config.idle)) continue
          actor.active = undefined
          if (actor.watchers.size === 0) remove(actors, actor)
        }
    })
    yield* Effect.forkScoped(
      Effect.repeat(passivate, Schedule.spaced(Duration.min(config.idle, "15 seconds")))
    )

    const listen = (mailboxId: MailboxId, beyond: ModSeq, listener: Listener) =>
      Effect.flatMap(state(mailboxId), ({ modSeq }) => {
        // Those of a shard that has left were told so already: nobody would ever tell this one.
        if (!ownership.owns(mailboxId)) return moved
        const actor = actorOf(mailboxId)
        const remove = actor.watchers.add(listener)
        metrics.mailboxWatchers.inc()
        const newest = ModSeq(Math.max(modSeq, actor.published))
        if (newest > beyond) listener.wake({ modSeq: newest, folders: null, isOfHierarchy: true, spans: [] })
        return Effect.succeed(() => {
          if (remove()) metrics.mailboxWatchers.dec()
        })
      })

    return Mailboxes.of({
      ask: (wish) =>
        spanned(
          inTrace((span) => enqueue(wish, span)),
          () => ({
            name: `mailbox ${wish.command._tag}`,
            attributes: { mailbox: wish.mailboxId, origin: wish.origin, correlation_id: wish.correlationId }
          })
        ),
      state,
      listen,
      settle
    })
  })
)
