import { Duration, Effect } from "effect"
import { monotonicMillis } from "../../domain/monotonicMillis.ts"

interface Known {
  underWay: number
  failures: number
  /** By the monotonic clock. */
  restsUntil: number
}

/** What came of asking, or how long to wait before. */
type Asked<A> = { readonly wait: Duration.Duration } | { readonly answer: A }

const longestRest = Duration.toMillis("1 minute")
/** How soon a place may be free again. */
const shortly = Duration.seconds(1)

/**
 * Leaves alone for a while who does not answer, and asks nobody too much at a time: one receiver that is away must not
 * take the turns of all others. What this process knows; another one finds out for itself.
 */
export const makeRests = ({ maxUnderWay }: { readonly maxUnderWay: number }) => {
  const all = new Map<string, Known>()

  /** Takes a place; else how long to wait. */
  const enter = (id: string): Effect.Effect<Duration.Duration | null> =>
    Effect.map(monotonicMillis, (now) => {
      const known = all.get(id) ?? { underWay: 0, failures: 0, restsUntil: 0 }
      if (known.restsUntil > now) return Duration.millis(known.restsUntil - now)
      // After a failure one looks whether it is back.
      if (known.underWay >= (known.failures > 0 ? 1 : maxUnderWay)) return shortly
      known.underWay += 1
      all.set(id, known)
      return null
    })

  const leave = (id: string, hasAnswered: boolean): Effect.Effect<void> =>
    Effect.map(monotonicMillis, (now) => {
      const known = all.get(id)
      if (known === undefined) return
      known.underWay -= 1
      known.failures = hasAnswered ? 0 : known.failures + 1
      known.restsUntil = hasAnswered ? 0 : now + Math.min(longestRest, 1000 * 2 ** (known.failures - 1))
      if (known.underWay === 0 && known.failures === 0) all.delete(id)
    })

  return {
    /** Runs `call`, or says how long to wait before asking again. */
    asking: <A, E>(id: string, call: Effect.Effect<A, E>): Effect.Effect<Asked<A>, E> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          enter(id),
          (wait): Effect.Effect<Asked<A>, E> =>
            wait !== null
              ? Effect.succeed({ wait })
              : restore(call).pipe(
                  Effect.onExit((exit) => leave(id, exit._tag === "Success")),
                  Effect.map((answer) => ({ answer }))
                )
        )
      )
  }
}
