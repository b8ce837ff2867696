import { Effect } from "effect"
import { metrics } from "../../observability/metrics.ts"
import { type Mailboxes, Moved } from "../mailbox/MailboxProtocol.ts"
import { folded, type News, newsOf, type Waiting } from "./news.ts"
import type { Subscription } from "./RunnerRpcs.ts"
import { refusedOf } from "./refusals.ts"
import { served } from "./served.ts"

/** News that are told together. */
const maxTold = 500

/**
 * What one connected runner watches here. Of what it has not yet taken, one piece of news is kept for each watch: later
 * ones are folded into it.
 */
export interface OwnerWatches {
  /** Done once each of them stands or does not; which, is news. */
  readonly subscribe: (subscriptions: ReadonlyArray<Subscription>) => Effect.Effect<void>
  readonly unsubscribe: (watches: ReadonlyArray<number>) => void
  /** Waits for news. */
  readonly take: Effect.Effect<ReadonlyArray<News>>
  /** The connection is gone: nothing is watched any more, nor will be. */
  readonly close: () => void
}

export const makeOwnerWatches = (mailboxes: Mailboxes["Type"]): OwnerWatches => {
  /** What ends each. One that does not stand yet ends when it does: it is no longer here then. */
  const watches = new Map<number, () => void>()
  const waiting = new Map<number, Waiting>()
  const hasNews = Effect.unsafeMakeLatch(false)
  let isClosed = false

  const end = (watch: number): void => {
    const remove = watches.get(watch)
    if (remove === undefined) return
    watches.delete(watch)
    metrics.remoteWatches.dec({ side: "owner" })
    remove()
  }

  const tell = (watch: number, news: Waiting): void => {
    if (!watches.has(watch)) return
    waiting.set(watch, folded(waiting.get(watch), news))
    hasNews.unsafeOpen()
    if (news._tag === "Ended") end(watch)
  }

  const stand = Effect.fnUntraced(function* ({ watch, mailboxId }: Subscription) {
    // First the part that may take long, which must stay interruptible.
    const { modSeq } = yield* mailboxes.state(mailboxId)
    const listening = mailboxes.listen(mailboxId, modSeq, {
      wake: (wake) => tell(watch, { _tag: "Grown", wake }),
      lost: () => tell(watch, { _tag: "Ended", error: refusedOf(new Moved()) })
    })
    yield* Effect.uninterruptible(
      Effect.map(listening, (remove) => {
        if (watches.has(watch)) watches.set(watch, remove)
        else remove()
      })
    )
    tell(watch, { _tag: "Stands", modSeq })
  })

  const subscribe = (subscription: Subscription) => {
    const { watch } = subscription
    if (isClosed) return Effect.void
    watches.set(watch, () => undefined)
    metrics.remoteWatches.inc({ side: "owner" })
    return Effect.catchAll(
      served(() => stand(subscription)),
      (error) => Effect.sync(() => tell(watch, { _tag: "Ended", error: refusedOf(error) }))
    )
  }

  return {
    subscribe: (subscriptions) =>
      Effect.forEach(subscriptions, subscribe, { concurrency: "unbounded", discard: true }),
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
        told.push(newsOf(watch, news))
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
