import { Effect } from "effect"
import fc from "fast-check"
import { describe, it } from "vitest"
import { anyStep, type Step, Story } from "../../../support/syncStory.ts"
import { SyncWorld } from "../../../support/syncWorld.ts"

const tell = (steps: ReadonlyArray<Step>): void => {
  const story = new Story(SyncWorld.inMemory({ maxEntries: 5 }))
  Effect.runSync(Effect.zipRight(Effect.forEach(steps, story.run, { discard: true }), story.end))
}

/** Mail that comes and goes, and phones that only filter it otherwise again and again. */
const anyFilterStep = fc
  .tuple(
    anyStep,
    fc.constantFrom("deliver", "deliver", "flags", "move", "expunge", "wait", "sync", "sync", "sync"),
    fc.constantFrom(0, 0, 5, 7, 1)
  )
  .map(([step, kind, d]): Step => ({ ...step, kind, d, changes: [] }))

describe("devices and a mailbox", () => {
  it("are equal at rest, whatever happened, and no item was added twice (I4)", () => {
    fc.assert(fc.property(fc.array(anyStep, { minLength: 1, maxLength: 40 }), tell), { numRuns: 1_000 })
  }, 120_000)

  it("are equal at rest after long stories, too (I4)", () => {
    fc.assert(fc.property(fc.array(anyStep, { minLength: 150, maxLength: 200 }), tell), { numRuns: 60 })
  }, 120_000)

  it("MS-ASCMD_R2110: are equal whatever they filter, also where filters keep conversations whole", () => {
    fc.assert(fc.property(fc.array(anyFilterStep, { minLength: 20, maxLength: 40 }), tell), { numRuns: 500 })
  }, 120_000)
})
