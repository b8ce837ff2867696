import { Cause, Chunk, Effect, Exit, Option, Runtime, Scope, Stream } from "effect"

interface PullOptions<E> {
  readonly runtime: Runtime.Runtime<never>
  /** The stream ends when one of these aborts, whatever its consumer hangs on. */
  readonly until: ReadonlyArray<AbortSignal>
  readonly annotate: <A, X>(effect: Effect.Effect<A, X>) => Effect.Effect<A, X>
  /** What to throw for a stream that failed, died or was cut off. */
  readonly thrown: (cause: Cause.Cause<E>) => unknown
}

/** A stream in the hands of code that is not Effect's. */
export interface Pulls<A> {
  /** The next values, at least one; undefined at the end. */
  readonly next: () => Promise<ReadonlyArray<A> | undefined>
  /** Frees what the stream holds. */
  readonly close: () => Promise<void>
}

/**
 * Opens a stream for pulling. A writer that waits for a peer which is gone may never ask for the next value nor close:
 * so its resources are freed from here as soon as a signal aborts.
 */
export const openPulls = <A, E>(stream: Stream.Stream<A, E>, options: PullOptions<E>): Pulls<A> => {
  const runExit = Runtime.runPromiseExit(options.runtime)
  const scope = Effect.runSync(Scope.make())
  const ended = new AbortController()
  let pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>> | undefined

  const close = async (): Promise<void> => {
    for (const signal of options.until) signal.removeEventListener("abort", end)
    ended.abort()
    await runExit(Scope.close(scope, Exit.void))
  }
  const end = (): void => {
    void close()
  }
  for (const signal of options.until) {
    if (signal.aborted) end()
    else signal.addEventListener("abort", end, { once: true })
  }

  const opened = Effect.suspend(() =>
    pull === undefined
      ? Effect.map(Scope.extend(Stream.toPull(stream), scope), (made) => {
          pull = made
          return made
        })
      : Effect.succeed(pull)
  )

  return {
    next: async () => {
      const exit = await runExit(options.annotate(Effect.flatten(opened)), { signal: ended.signal })
      if (Exit.isSuccess(exit)) return Chunk.toReadonlyArray(exit.value)
      const isEnd = Option.exists(Cause.failureOption(exit.cause), Option.isNone)
      if (isEnd) return undefined
      throw options.thrown(
        Cause.flatMap(
          exit.cause,
          Option.match({ onNone: () => Cause.empty, onSome: (error) => Cause.fail(error) })
        )
      )
    },
    close
  }
}
