import { Effect } from "effect"
import type { ShardMap } from "./ShardMap.ts"

export interface Listeners extends Pick<typeof ShardMap.Service, "listen"> {
  readonly tell: () => void
}

/** Who in this process listens to one shard map. */
export const makeListeners = (): Listeners => {
  const all = new Set<() => void>()
  return {
    listen: (changed) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          // One function may listen twice.
          const listener = () => changed()
          all.add(listener)
          return listener
        }),
        (listener) => Effect.sync(() => all.delete(listener))
      ),
    tell: () => {
      for (const listener of all) listener()
    }
  }
}
