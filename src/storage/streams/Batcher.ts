import { Cause, Deferred, Effect, Exit, type Scope } from "effect"

interface Waiting<A, E> {
  readonly items: ReadonlyArray<A>
  readonly resume: (exit: Exit.Exit<void, E>) => void
}

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
  Effect.map(Effect.scope, (scope) => {
    const waiting = new Set<Waiting<A, E>>()
    let inFlight = 0

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
          return Effect.forEach(callers, (caller) => serve([caller]), { discard: true })
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

    const startDrain = Effect.suspend(() => {
      if (inFlight >= maxInFlight) return Effect.void
      inFlight += 1
      // Ends by itself, and must not leave callers without an answer.
      return Effect.asVoid(Effect.forkIn(Effect.uninterruptible(drain), scope))
    })

    return (items) => {
      if (items.length === 0) return Effect.void
      return Effect.flatMap(Deferred.make<void, E>(), (done) => {
        const caller = { items, resume: (exit: Exit.Exit<void, E>) => Deferred.unsafeDone(done, exit) }
        // Before the drain starts, or it could end without having seen this caller.
        waiting.add(caller)
        return Effect.onInterrupt(Effect.zipRight(startDrain, Deferred.await(done)), () =>
          Effect.sync(() => waiting.delete(caller))
        )
      })
    }
  })
