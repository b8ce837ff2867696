import { Duration, Effect, Option, Queue, type Scope, Stream } from "effect"
import { undeterred } from "../../observability/undeterred.ts"
import type { Group, Rung } from "./group.ts"

/** Entries read at a time by who waits for some. */
const readAtOnce = 64
/** Entries that were heard and nobody took; beyond it none are read. */
const maxHeard = 512
/** How long one read waits; a connection that died without a word is noticed after it. */
const block = Duration.seconds(2)
/** Between two reads that failed. */
const retryPause = Duration.millis(200)
/** After this long without being looked after here, what was heard is somebody else's work, too. */
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

    const tellIfLeft = Effect.delay(
      Effect.suspend(() => (heard.length > 0 ? tellOthers : Effect.void)),
      patience
    )
    const ring = () => {
      for (const listener of listeners) listener.unsafeOffer(undefined)
    }
    const hear = (rung: ReadonlyArray<Rung>) =>
      Effect.suspend(() => {
        if (rung.length === 0) return Effect.void
        const isBusy = waiting === 0
        heard.push(...rung)
        ring()
        return isBusy ? Effect.asVoid(Effect.forkIn(tellIfLeft, scope)) : Effect.void
      })
    const ringLater = Effect.map(Effect.sleep(retryPause), ring)

    const reading = Effect.scoped(
      Effect.flatMap(group.opened(block), (read) =>
        isAwaited.await.pipe(
          Effect.zipRight(
            Effect.suspend(() =>
              heard.length >= maxHeard ? ringLater : Effect.flatMap(read(readAtOnce), hear)
            )
          ),
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
