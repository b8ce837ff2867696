import { Effect } from "effect"
import fc from "fast-check"
import { describe, it } from "vitest"
import { anyStep, Story } from "../../../support/syncStory.ts"
import { SyncWorld } from "../../../support/syncWorld.ts"

describe("devices and a mailbox", () => {
  it("are equal at rest, whatever happened, and no item was added twice (I4)", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 40 }), (steps) => {
        const story = new Story(SyncWorld.inMemory({ maxEntries: 5 }))
        Effect.runSync(Effect.zipRight(Effect.forEach(steps, story.run, { discard: true }), story.end))
      }),
      { numRuns: 1_000 }
    )
  }, 120_000)
})
