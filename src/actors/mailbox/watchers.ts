import type { Listener, Wake } from "./MailboxProtocol.ts"

/** Who waits for a mailbox to grow. A waiter is a callback in a Set: 0.14 KB, where a fiber would be 4 KB. */
export interface Watchers {
  readonly size: number
  /** What it answers ends it, and says whether it was still there. */
  readonly add: (listener: Listener) => () => boolean
  /** Tells everybody; a listener that throws is dropped, the others hear it all the same. */
  readonly wake: (wake: Wake) => void
  /** Tells everybody that nothing more comes from here, and drops them. */
  readonly lose: () => void
}

export const makeWatchers = (): Watchers => {
  const watchers = new Set<{ readonly listener: Listener }>()
  const tell = (call: (listener: Listener) => void): void => {
    for (const watcher of watchers) {
      try {
        call(watcher.listener)
      } catch {
        watchers.delete(watcher)
      }
    }
  }
  return {
    get size() {
      return watchers.size
    },
    add: (listener) => {
      const watcher = { listener }
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    wake: (wake) => tell((listener) => listener.wake(wake)),
    lose: () => {
      tell((listener) => listener.lost())
      watchers.clear()
    }
  }
}
