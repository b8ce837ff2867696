import { Data, Duration, Effect, type Scope } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { undeterred } from "../observability/undeterred.ts"
import { type Turn, type TurnName, Turns } from "../storage/turns/Turns.ts"

export interface PassOptions<E> {
  readonly name: TurnName
  /** From the end of a pass to the beginning of the next one. */
  readonly interval: Duration.Duration
  /**
   * One step from a cursor (null = the beginning) to the next (null = the end). A crash, and another process that believed
   * this one to be gone, do a step twice.
   */
  readonly step: (cursor: string | null) => Effect.Effect<string | null, E>
}

/** For so long nobody else goes on when a process vanished. It is renewed while a step takes its time. */
const hold = Duration.minutes(1)
/** Between two looks whether it is our turn. The first is not at once: a start has other things to do. */
const look = Duration.seconds(30)

/** Goes through something again and again, in one process at a time, from where the last one stopped. */
export const passes = <E>({
  name,
  interval,
  step
}: PassOptions<E>): Effect.Effect<void, never, Turns | Scope.Scope> =>
  Effect.gen(function* () {
    const turns = yield* Turns

    /** Fails where the turn was lost; what is away for a moment is no loss yet. */
    const renewing = (turn: Turn): Effect.Effect<never, TurnLost> =>
      Effect.orElseSucceed(turns.renew(turn, hold), () => true).pipe(
        Effect.filterOrFail(
          (isOurs) => isOurs,
          () => new TurnLost()
        ),
        Effect.delay(Duration.times(hold, 1 / 3)),
        Effect.forever
      )

    const walk = (turn: Turn): Effect.Effect<void, E | Unavailable | TurnLost> =>
      Effect.gen(function* () {
        let cursor = turn.cursor
        do {
          cursor = yield* Effect.raceFirst(step(cursor), renewing(turn))
          const isOurs = cursor === null || (yield* turns.advance(turn, cursor, hold))
          if (!isOurs) return yield* new TurnLost()
        } while (cursor !== null)
        yield* turns.finish(turn, interval)
      })

    const pass = Effect.flatMap(turns.take(name, hold), (turn) =>
      turn === null
        ? Effect.void
        : walk(turn).pipe(
            Effect.tapError(() =>
              Effect.logWarning(`the pass ${name} stops here for now; something is away`)
            ),
            Effect.onError(() => Effect.ignore(turns.leave(turn)))
          )
    )
    yield* Effect.forkScoped(Effect.forever(Effect.delay(undeterred(`the pass ${name}`, pass), look)))
  })

/** Somebody else took the turn. */
class TurnLost extends Data.TaggedError("TurnLost") {}
