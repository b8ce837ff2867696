import { Array as Arr, Deferred, Effect, FiberId } from "effect"
import type { CoreError } from "../../domain/errors.ts"
import { type MailboxId, ModSeq } from "../../domain/ids.ts"
import { metrics } from "../../observability/metrics.ts"
import type { Listener, Moved, Wake } from "../mailbox/MailboxProtocol.ts"
import { PeerAway } from "../sharding/Peers.ts"
import { type News, wakeOf } from "./news.ts"
import type { Subscription } from "./RunnerRpcs.ts"
import { refusalOf } from "./refusals.ts"

type Refusal = CoreError | Moved | PeerAway

/** A mailbox there that somebody here listens to. */
interface Watched extends Subscription {
  readonly entries: Set<Entry>
  /** Done once the owner has answered. */
  readonly standing: Deferred.Deferred<void, Refusal>
  isStanding: boolean
  /** The newest modseq that is known of. */
  modSeq: ModSeq
  isOver: boolean
}

interface Entry {
  readonly listener: Listener
  /** Before that it is told nothing: whoever listens has not yet been answered. */
  isStanding: boolean
}

/** Who listens here to the mailboxes of one runner. A listener is a callback; those of one mailbox share a watch. */
export interface CallerWatches {
  readonly size: number
  readonly listen: (
    mailboxId: MailboxId,
    beyond: ModSeq,
    listener: Listener
  ) => Effect.Effect<() => void, Refusal>
  readonly tell: (news: ReadonlyArray<News>) => void
  /** The connection is gone. */
  readonly close: () => void
}

export interface WatchCalls {
  readonly subscribe: (subscriptions: ReadonlyArray<Subscription>) => Effect.Effect<void, PeerAway>
  readonly unsubscribe: (watches: ReadonlyArray<number>) => Effect.Effect<void>
  readonly run: (effect: Effect.Effect<void>) => void
}

/** Watches that are put up by one call. */
const maxTogether = 500

export const makeCallerWatches = ({ subscribe, unsubscribe, run }: WatchCalls): CallerWatches => {
  const byMailbox = new Map<MailboxId, Watched>()
  const byNumber = new Map<number, Watched>()
  let arriving: Array<Watched> = []
  let leaving: Array<number> = []
  let isSending = false
  let lastNumber = 0
  let isClosed = false

  /** What comes and goes in one turn goes together. */
  const send = (): void => {
    if (isSending) return
    isSending = true
    run(
      Effect.flatMap(Effect.yieldNow(), () => {
        isSending = false
        const [come, gone] = [arriving.filter(({ isOver }) => !isOver), leaving]
        arriving = []
        leaving = []
        for (const together of Arr.chunksOf(come, maxTogether)) run(putUp(together))
        return gone.length === 0 ? Effect.void : unsubscribe(gone)
      })
    )
  }

  const putUp = (together: ReadonlyArray<Watched>): Effect.Effect<void> =>
    Effect.catchAll(subscribe(together.map(({ watch, mailboxId }) => ({ watch, mailboxId }))), (error) =>
      Effect.sync(() => {
        for (const watched of together) {
          if (watched.isOver || watched.isStanding) continue
          lose(watched, error)
          // It may stand there all the same.
          leaving.push(watched.watch)
          send()
        }
      })
    )

  const forget = (watched: Watched): void => {
    watched.isOver = true
    metrics.remoteWatches.dec({ side: "caller" })
    byNumber.delete(watched.watch)
    byMailbox.delete(watched.mailboxId)
  }

  const drop = (watched: Watched, entry: Entry): void => {
    watched.entries.delete(entry)
    if (watched.entries.size > 0 || watched.isOver) return
    forget(watched)
    leaving.push(watched.watch)
    send()
  }

  /** The last word: those who do not stand yet hear it as their answer. */
  const lose = (watched: Watched, why: Refusal): void => {
    forget(watched)
    Deferred.unsafeDone(watched.standing, Effect.fail(why))
    const entries = [...watched.entries]
    watched.entries.clear()
    for (const { isStanding, listener } of entries) if (isStanding) undisturbed(listener.lost)
  }

  const begin = (mailboxId: MailboxId): Watched => {
    const watched: Watched = {
      watch: ++lastNumber,
      mailboxId,
      entries: new Set(),
      standing: Deferred.unsafeMake(FiberId.none),
      isStanding: false,
      modSeq: ModSeq(0),
      isOver: false
    }
    metrics.remoteWatches.inc({ side: "caller" })
    byMailbox.set(mailboxId, watched)
    byNumber.set(watched.watch, watched)
    arriving.push(watched)
    send()
    return watched
  }

  const stand = (watched: Watched, entry: Entry, beyond: ModSeq): Effect.Effect<() => void, Refusal> => {
    // The last word came between the answer and now.
    if (watched.isOver) return new PeerAway({ isOpen: false })
    entry.isStanding = true
    const { modSeq } = watched
    if (modSeq > beyond) undisturbed(() => entry.listener.wake({ ...unknown, modSeq }))
    return Effect.succeed(() => drop(watched, entry))
  }

  return {
    get size() {
      return byNumber.size
    },
    listen: (mailboxId, beyond, listener) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.suspend(() => {
          if (isClosed) return new PeerAway({ isOpen: false })
          const watched = byMailbox.get(mailboxId) ?? begin(mailboxId)
          const entry: Entry = { listener, isStanding: false }
          watched.entries.add(entry)
          return restore(Deferred.await(watched.standing)).pipe(
            Effect.onError(() => Effect.sync(() => drop(watched, entry))),
            Effect.flatMap(() => stand(watched, entry, beyond))
          )
        })
      ),
    tell: (news) => {
      for (const one of news) {
        const watched = byNumber.get(one.watch)
        if (watched === undefined) continue
        if (one._tag === "Ended") lose(watched, refusalOf(one.error))
        else if (one._tag === "Stands") stands(watched, one.modSeq)
        else wake(watched, wakeOf(one))
      }
    },
    close: () => {
      isClosed = true
      const away = new PeerAway({ isOpen: false })
      for (const watched of [...byNumber.values()]) lose(watched, away)
    }
  }
}

const unknown = { folders: null, isOfHierarchy: true, spans: [] }

const wake = (watched: Watched, news: Wake): void => {
  reach(watched, news.modSeq)
  for (const { isStanding, listener } of watched.entries)
    if (isStanding) undisturbed(() => listener.wake(news))
}

const stands = (watched: Watched, modSeq: ModSeq): void => {
  reach(watched, modSeq)
  watched.isStanding = true
  Deferred.unsafeDone(watched.standing, Effect.void)
}

const reach = (watched: Watched, modSeq: ModSeq): void => {
  if (modSeq > watched.modSeq) watched.modSeq = modSeq
}

/** One that throws must not keep the others from hearing it. */
const undisturbed = (call: () => void): void => {
  try {
    call()
  } catch {
    // Its own bug, and its own loss.
  }
}
