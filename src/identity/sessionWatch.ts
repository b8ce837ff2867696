import { Chunk, Clock, Effect, Stream } from "effect"
import type { MailboxId } from "../domain/ids.ts"
import type { SessionStore } from "../storage/directory/SessionStore.ts"
import type { Sessions } from "./Sessions.ts"

/** How late it is noticed that a session ended by itself, or while nobody was heard. */
const lookEvery = "1 minute"

/** Asked for in one query. */
const perLook = 5_000

interface Watched {
  readonly userId: MailboxId
  readonly wakes: Set<() => void>
}

/** Waits for ends of sessions: a callback for each wait, one listener and one look for all of them. */
export const makeSessionWatch = (store: SessionStore["Type"]) =>
  Effect.gen(function* () {
    const watched = new Map<string, Watched>()

    const tell = (sessionId: string) => {
      for (const wake of watched.get(sessionId)?.wakes ?? []) wake()
      watched.delete(sessionId)
    }

    /** At the sessions of one person; null = at all. */
    const look = (userId: MailboxId | null) =>
      Effect.suspend(() => {
        const some = [...watched].filter(([, one]) => userId === null || one.userId === userId)
        return Effect.forEach(Chunk.chunksOf(Chunk.fromIterable(some), perLook), (part) =>
          Effect.gen(function* () {
            const asked = Chunk.toReadonlyArray(part).map(([sessionId]) => sessionId)
            const living = new Set(yield* store.living(asked, yield* Clock.currentTimeMillis))
            for (const sessionId of asked) if (!living.has(sessionId)) tell(sessionId)
          })
        )
      }).pipe(Effect.ignore)

    yield* Effect.forkScoped(Effect.forever(Effect.delay(look(null), lookEvery)))
    yield* Effect.forkScoped(Stream.runForEach(store.ends, ({ userId }) => look(userId)))

    const ended: Sessions["Type"]["ended"] = ({ sessionId, mailboxId }) =>
      Effect.async((resume) => {
        const wake = () => resume(Effect.void)
        const one = watched.get(sessionId) ?? { userId: mailboxId, wakes: new Set() }
        watched.set(sessionId, one)
        one.wakes.add(wake)
        return Effect.sync(() => {
          one.wakes.delete(wake)
          if (one.wakes.size === 0 && watched.get(sessionId) === one) watched.delete(sessionId)
        })
      })

    return { ended }
  })
