import { assert, describe, it } from "@effect/vitest"
import { Fiber } from "effect"
import { corpus } from "../../simulation/corpus.ts"
import { plantedBugs } from "../../simulation/planted.ts"
import { play, type StoryOptions } from "../../simulation/story.ts"

const minutes = 120_000

/** Whatever is found in any of them. */
const failuresOf = (stories: ReadonlyArray<StoryOptions>): ReadonlyArray<string> =>
  stories.flatMap((story) => {
    const { failure } = play(story)
    return failure === null ? [] : [`${story.seed}: ${failure}`]
  })

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

describe("a story of faults", () => {
  it("is the same whenever its seed is played", { timeout: minutes }, () => {
    for (const seed of range(1, 2)) {
      assert.deepStrictEqual(play({ seed, isTold: true }), play({ seed, isTold: true }))
    }
  })

  it("leaves nothing of itself behind", { timeout: minutes }, () => {
    const before = Fiber.unsafeRoots().length
    play({ seed: 4 })
    assert.strictEqual(Fiber.unsafeRoots().length, before)
  })

  it("is another one for another seed", { timeout: minutes }, () => {
    assert.notStrictEqual(play({ seed: 1 }).digest, play({ seed: 2 }).digest)
  })

  it("gets mail delivered and wishes granted in spite of its faults", { timeout: minutes }, () => {
    const { counts } = play({ seed: 3 })
    assert.isAbove(counts.accepted, 0)
    assert.isAbove(counts.granted, 0)
  })

  it(
    "ends well with every seed that once did not",
    () => assert.deepStrictEqual(failuresOf(corpus), []),
    minutes
  )

  it("ends well with fresh seeds", { timeout: minutes }, () => {
    assert.deepStrictEqual(failuresOf(range(1, 40).map((seed) => ({ seed }))), [])
  })
})

describe("stories find", () => {
  for (const [name, { planted, from, seeds, finds, troubles }] of Object.entries(plantedBugs)) {
    it(`a bug that was planted: ${name}`, { timeout: minutes }, () => {
      const found = range(from, seeds).some((seed) =>
        play({ seed, planted, troubles }).failure?.startsWith(finds)
      )
      assert.isTrue(found, `${seeds} seeds did not find it`)
    })
  }
})
