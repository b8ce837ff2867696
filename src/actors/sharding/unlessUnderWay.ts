import { Effect } from "effect"

/** Lets an effect run once at a time: begun while it runs, it does nothing. */
export const unlessUnderWay = () => {
  let isUnderWay = false
  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, E, R> =>
    Effect.suspend(() => {
      if (isUnderWay) return Effect.void
      isUnderWay = true
      const over = Effect.sync(() => {
        isUnderWay = false
      })
      return Effect.asVoid(Effect.ensuring(effect, over))
    })
}
