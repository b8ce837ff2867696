import { Effect } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import type { ModSeq } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import type { Mailboxes, Moved, Wake } from "../mailbox/MailboxProtocol.ts"
import { folded, type News, newsOf } from "./news.ts"
import type { Subscription } from "./RunnerRpcs.ts"

/** News that are told together. */
const maxTold = 500

/**
 * What one connected runner watches here. Of what it has not yet taken, one wake is kept for each watch: later ones
 * are folded into it.
 */
export interface OwnerWatches {
  /** Answers where the mailbox stands; what comes after it is news. */
  readonly subscribe: (subscription: Subscription) => Effect.Effect<ModSeq, CoreError | Moved>
  readonly unsubscribe: (watches: ReadonlyArray<number>) => void
  /** Waits for news. */
  readonly take: Effect.Effect<ReadonlyArray<News>>
  /** The connection is gone: nothing is watched any more, nor will be. */
  readonly close: () => void
}

export const makeOwnerWatches = (mailboxes: Mailboxes["Type"]): OwnerWatches => {
  /** What ends each. One that does not stand yet ends when it does: it is no longer here then. */
  const watches = new Map<number, () => void>()
  const waiting = new Map<number, Wake | "lost">()
  const hasNews = Effect.unsafeMakeLatch(false)
  let isClosed = false

  const end = (watch: number): void => {
    const remove = watches.get(watch)
    if (remove === undefined) return
    watches.delete(watch)
    metrics.remoteWatches.dec({ side: "owner" })
    remove()
  }

  const tell = (watch: number, news: Wake | "lost"): void => {
    if (!watches.has(watch)) return
    const before = waiting.get(watch)
    if (before === "lost") return
    waiting.set(watch, news === "lost" ? news : folded(before, news))
    hasNews.unsafeOpen()
  }

  const subscribe = Effect.fnUntraced(function* ({ watch, mailboxId }: Subscription) {
    if (isClosed) return yield* Effect.interrupt
    watches.set(watch, () => undefined)
    metrics.remoteWatches.inc({ side: "owner" })
    // First the part that may take long, which must stay interruptible.
    const { modSeq } = yield* mailboxes.state(mailboxId)
    const listener = {
      wake: (wake: Wake) => tell(watch, wake),
      lost: () => {
        tell(watch, "lost")
        end(watch)
      }
    }
    yield* Effect.uninterruptible(
      Effect.map(mailboxes.listen(mailboxId, modSeq, listener), (remove) => {
        if (watches.has(watch)) watches.set(watch, remove)
        else remove()
      })
    )
    return modSeq
  })

  return {
    subscribe: (subscription) =>
      Effect.onError(subscribe(subscription), () => Effect.sync(() => end(subscription.watch))),
    unsubscribe: (ended) => {
      for (const watch of ended) {
        end(watch)
        waiting.delete(watch)
      }
    },
    take: Effect.map(hasNews.await, () => {
      const told: Array<News> = []
      for (const [watch, news] of waiting) {
        if (told.length === maxTold) return told
        told.push(news === "lost" ? { _tag: "Lost", watch } : newsOf(watch, news))
        waiting.delete(watch)
      }
      hasNews.unsafeClose()
      return told
    }),
    close: () => {
      isClosed = true
      for (const watch of [...watches.keys()]) end(watch)
      waiting.clear()
    }
  }
}
