import { Duration, Effect, Option, Queue, type Scope, Stream } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import type { Group, Rung } from "./group.ts"

/** Entries read at a time by who waits for some. */
const readAtOnce = 64
/** How long one read waits; a connection that died without a word is noticed after it. */
const block = Duration.seconds(2)
/** Between two reads that failed. */
const retryPause = Duration.millis(200)
/** What was heard and nobody here took for so long is given to others. */
const patience = Duration.millis(100)

/** What one process hears of one stream. */
export interface Ear {
  /** Rings when entries come or Postgres rings. Entries are read only while somebody waits for a ring. */
  readonly rings: Stream.Stream<void>
  /** Up to so many entries, for whoever looks after them now. None when there are none, or Valkey is away. */
  readonly take: (max: number) => Effect.Effect<ReadonlyArray<Rung>>
  /** All entries that were heard. Whoever looks for whatever is due needs none of them. */
  readonly drain: () => ReadonlyArray<Rung>
  /** Postgres rang: there may be tasks without an entry, and looking after entries alone would not find them. */
  hasToLook: boolean
}

export const makeEar = ({
  group,
  postgresRings,
  tellOthers,
  upkeep,
  upkeepInterval
}: {
  readonly group: Group
  readonly postgresRings: Stream.Stream<void>
  /** Asks other processes to look. */
  readonly tellOthers: Effect.Effect<void>
  /** Runs every so often while somebody listens. */
  readonly upkeep: Effect.Effect<void>
  readonly upkeepInterval: Duration.Duration
}): Effect.Effect<Ear, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const listeners = new Set<Queue.Queue<void>>()
    const isAwaited = yield* Effect.makeLatch(false)
    let waiting = 0
    const heard: Array<Rung> = []
    let isWatched = false

    const ring = () => {
      for (const listener of listeners) listener.unsafeOffer(undefined)
    }
    /** Whoever looks finds the tasks in Postgres, here, too; nobody needs the entries any more. */
    const giveAway = Effect.suspend(() => {
      ear.hasToLook = true
      return Effect.zipRight(tellOthers, undeterred("settling entries", group.settle(heard.splice(0))))
    })
    const watch = Effect.suspend(() => {
      const [first] = heard
      return Effect.delay(
        Effect.suspend(() => (first !== undefined && heard[0] === first ? giveAway : Effect.void)),
        patience
      )
    }).pipe(
      Effect.repeat({
        while: () => {
          isWatched = heard.length > 0
          return isWatched
        }
      })
    )
    const hear = (rung: ReadonlyArray<Rung>) =>
      Effect.suspend(() => {
        if (rung.length === 0) return Effect.void
        heard.push(...rung)
        ring()
        if (isWatched) return Effect.void
        isWatched = true
        return Effect.asVoid(Effect.forkIn(watch, scope))
      })

    const reading = Effect.scoped(
      Effect.flatMap(group.opened(block), (read) =>
        Effect.zipRight(isAwaited.await, Effect.flatMap(read(readAtOnce), hear)).pipe(
          Effect.tapErrorCause(() => Effect.sleep(retryPause)),
          (turn) => Effect.forever(undeterred("reading a stream", turn))
        )
      )
    )
    const adopting = undeterred("taking over entries", Effect.flatMap(group.adopt(upkeepInterval), hear))
    const start = yield* Effect.cached(
      // `interruptible`: the fibers are forked by an acquire, whose uninterruptibility they would inherit.
      Effect.forEach(
        [reading, Effect.forever(Effect.delay(Effect.zipRight(adopting, upkeep), upkeepInterval))],
        (one) => Effect.forkIn(Effect.interruptible(one), scope),
        { discard: true }
      )
    )

    const waited = <A>(effect: Effect.Effect<A>) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => {
          waiting += 1
          return isAwaited.open
        }),
        () => effect,
        () =>
          Effect.suspend(() => {
            waiting -= 1
            return waiting === 0 ? isAwaited.close : Effect.void
          })
      )

    const ear: Ear = {
      rings: Stream.unwrapScoped(
        Effect.gen(function* () {
          const queue = yield* Effect.acquireRelease(
            Effect.tap(Queue.dropping<void>(1), (one) => listeners.add(one)),
            (one) => Effect.sync(() => listeners.delete(one))
          )
          yield* Effect.forkScoped(
            Stream.runForEach(postgresRings, () =>
              Effect.sync(() => {
                ear.hasToLook = true
                queue.unsafeOffer(undefined)
              })
            )
          )
          yield* start
          const next = Effect.flatMap(Queue.poll(queue), (rung) =>
            Option.isSome(rung) ? Effect.void : waited(Queue.take(queue))
          )
          return Stream.repeatEffect(next)
        })
      ),
      take: (max) =>
        Effect.suspend(() =>
          heard.length > 0
            ? Effect.sync(() => heard.splice(0, max))
            : Effect.orElseSucceed(group.take(max), () => [])
        ),
      drain: () => heard.splice(0),
      hasToLook: true
    }
    return ear
  })
