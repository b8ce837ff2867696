import { Effect, type Scope } from "effect"
import type { MailboxId } from "../../domain/ids.ts"

/** One more of this user's, while there are not too many; it ends with the scope. */
export const makeAtOncePerUser = <E>(most: number, tooMany: () => E) => {
  const underWay = new Map<MailboxId, number>()
  return (whose: MailboxId): Effect.Effect<void, E, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        const count = underWay.get(whose) ?? 0
        if (count >= most) return Effect.fail(tooMany())
        underWay.set(whose, count + 1)
        return Effect.void
      }),
      () =>
        Effect.sync(() => {
          const count = underWay.get(whose) ?? 1
          if (count === 1) underWay.delete(whose)
          else underWay.set(whose, count - 1)
        })
    )
}
