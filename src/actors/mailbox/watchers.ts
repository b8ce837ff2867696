import type { Wake } from "./MailboxProtocol.ts"

type Watcher = (wake: Wake) => void

/** Who waits for a mailbox to grow. A waiter is a callback in a Set: 0.14 KB, where a fiber would be 4 KB. */
export interface Watchers {
  readonly size: number
  readonly add: (watcher: Watcher) => () => void
  /** Tells everybody; a watcher that throws is dropped, the others hear it all the same. */
  readonly wake: (wake: Wake) => void
}

export const makeWatchers = (): Watchers => {
  const watchers = new Set<{ readonly call: Watcher }>()
  return {
    get size() {
      return watchers.size
    },
    add: (call) => {
      const watcher = { call }
      watchers.add(watcher)
      return () => {
        watchers.delete(watcher)
      }
    },
    wake: (wake) => {
      for (const watcher of watchers) {
        try {
          watcher.call(wake)
        } catch {
          watchers.delete(watcher)
        }
      }
    }
  }
}
