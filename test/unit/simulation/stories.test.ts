import { assert, describe, it } from "@effect/vitest"
import { corpus } from "../../simulation/corpus.ts"
import { plantedBugs } from "../../simulation/planted.ts"
import { play } from "../../simulation/story.ts"

const minutes = 120_000

/** Whatever is found in any of them. */
const failuresOf = (seeds: Iterable<number>): ReadonlyArray<string> =>
  [...seeds].flatMap((seed) => {
    const { failure } = play({ seed })
    return failure === null ? [] : [`${seed}: ${failure}`]
  })

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

describe("a story of faults", () => {
  it("is the same whenever its seed is played", { timeout: minutes }, () => {
    for (const seed of range(1, 3)) assert.strictEqual(play({ seed }).digest, play({ seed }).digest)
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

  for (const from of [1]) {
    it(`ends well with seeds ${from} to ${from + 24}`, { timeout: minutes }, () => {
      assert.deepStrictEqual(failuresOf(range(from, 25)), [])
    })
  }
})

describe("stories find", () => {
  for (const [name, { planted, seeds, finds }] of Object.entries(plantedBugs)) {
    it(`a bug that was planted: ${name}`, { timeout: minutes }, () => {
      const found = range(1, seeds).some((seed) => play({ seed, planted }).failure?.startsWith(finds))
      assert.isTrue(found, `${seeds} seeds did not find it`)
    })
  }
})
