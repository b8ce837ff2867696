import { Cause, Duration, Effect, Exit, Fiber, Runtime, type Scope } from "effect"

interface Waiting<A, E> {
  readonly items: ReadonlyArray<A>
  readonly resume: (exit: Exit.Exit<void, E>) => void
}

/** What the end of the scope waits for runs under way; those that take longer end, and answer, without it. */
const patience = Duration.seconds(2)

/** Callers of a failed batch that are served alone at a time: one that must wait long holds nobody up. */
const aloneAtOnce = 4

/**
 * Gathers what several callers want done into one run each. A caller that comes alone is served at once; while
 * `maxInFlight` runs are under way the others gather, so batches grow with the load and with nothing else.
 *
 * A batch that dies, or fails with an error that is `particular` to what was asked, is done again one caller at a
 * time, so that nobody fails for another. An interrupted caller's items are taken out of a batch that has not begun.
 */
export const makeBatcher = <A, E>({
  run,
  isParticular,
  maxItems,
  maxInFlight
}: {
  readonly run: (items: ReadonlyArray<A>) => Effect.Effect<void, E>
  readonly isParticular: (error: E) => boolean
  readonly maxItems: number
  readonly maxInFlight: number
}): Effect.Effect<(items: ReadonlyArray<A>) => Effect.Effect<void, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Not in the fiber of whoever happens to come first: a batch is nobody's, nor in anybody's transaction.
    const fork = Runtime.runFork(yield* Effect.runtime())
    const waiting = new Set<Waiting<A, E>>()
    const drains = new Set<Fiber.RuntimeFiber<void>>()
    let inFlight = 0

    yield* Effect.addFinalizer(() =>
      Fiber.awaitAll(drains).pipe(Effect.interruptible, Effect.timeoutOption(patience))
    )

    /** At least one caller, however much it wants. */
    const take = (): ReadonlyArray<Waiting<A, E>> => {
      const taken: Array<Waiting<A, E>> = []
      let items = 0
      for (const caller of waiting) {
        if (items > 0 && items + caller.items.length > maxItems) break
        items += caller.items.length
        taken.push(caller)
        waiting.delete(caller)
      }
      return taken
    }

    const isWorthRepeating = (cause: Cause.Cause<E>) =>
      Cause.isDie(cause) || Cause.failures(cause).pipe((failures) => [...failures].some(isParticular))

    const serve = (callers: ReadonlyArray<Waiting<A, E>>): Effect.Effect<void> =>
      Effect.flatMap(Effect.exit(run(callers.flatMap(({ items }) => items))), (exit) => {
        if (callers.length > 1 && Exit.isFailure(exit) && isWorthRepeating(exit.cause)) {
          return Effect.forEach(callers, (caller) => serve([caller]), {
            concurrency: aloneAtOnce,
            discard: true
          })
        }
        return Effect.sync(() => {
          for (const { resume } of callers) resume(exit)
        })
      })

    const drain: Effect.Effect<void> = Effect.suspend(() => {
      const callers = take()
      if (callers.length > 0) return Effect.zipRight(serve(callers), drain)
      inFlight -= 1
      return Effect.void
    })

    const startDrain = () => {
      if (inFlight >= maxInFlight) return
      inFlight += 1
      // Not at once: who comes in the same turn of the event loop shares the first run.
      const fiber = fork(drain, { immediate: false })
      drains.add(fiber)
      fiber.addObserver(() => drains.delete(fiber))
    }

    return (items) =>
      items.length === 0
        ? Effect.void
        : Effect.async((resume) => {
            const caller = { items, resume }
            waiting.add(caller)
            startDrain()
            return Effect.sync(() => waiting.delete(caller))
          })
  })
