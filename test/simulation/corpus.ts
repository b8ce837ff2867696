import type { StoryOptions } from "./story.ts"

/**
 * Stories that once found something. A seed tells another story where the simulation itself changes, so whatever was found has
 * a small test of its own, too.
 */
export const corpus: ReadonlyArray<Pick<StoryOptions, "seed" | "troubles">> = [
  // A commit whose answer was lost was taken for one that came late: `Claimed.claim`.
  { seed: 1168 },
  // A runner that was killed and started again within its lease gave up for ever, as if another process had its name.
  { seed: 35, troubles: ["kill", "move", "partition"] },
  // What an earlier life of a runner had sent to the map came late, and the living one gave up for ever.
  { seed: 20284 },
  // A listener came to an owner whose shard left while it was read, and slept there for ever, its edge long without the map.
  { seed: 3519 }
]
