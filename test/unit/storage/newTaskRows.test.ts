import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { mergePayloads, newTaskRows } from "../../../src/storage/streams/newTaskRows.ts"
import type { Payload } from "../../../src/storage/streams/Streams.ts"
import { carrying } from "../../../src/storage/streams/taskTrace.ts"
import { task } from "../../support/streams.ts"

describe("newTaskRows", () => {
  it("makes one row of tasks under one key of a stream, and keeps the first one's id", () => {
    const first = task({ stream: "index", workKey: "k", payload: { from: 2, to: 3 }, notBefore: 50 })
    const second = task({ stream: "index", workKey: "k", payload: { from: 1, to: 2 }, notBefore: 40 })
    const elsewhere = task({ stream: "notify", workKey: "k" })
    const rows = newTaskRows([first, second, elsewhere])
    assert.strictEqual(rows.length, 2)
    assert.deepInclude(rows[0], { task_id: first.taskId, payload: { from: 1, to: 3 }, not_before: 40 })
  })

  it("is due at once when one of them is", () => {
    const rows = newTaskRows([task({ workKey: "k", notBefore: 50 }), task({ workKey: "k" })])
    assert.deepInclude(rows[0], { not_before: null })
  })

  it("never merges tasks without a key", () => {
    assert.strictEqual(newTaskRows([task(), task(), task()]).length, 3)
  })
})

describe("mergePayloads", () => {
  it("replaces what is not a range, also where only one side is a number", () => {
    assert.deepEqual(mergePayloads({ from: "a", x: 1 }, { from: 3, to: 4 }), { from: 3, to: 4, x: 1 })
    assert.deepEqual(mergePayloads({ from: 1, to: 2 }, { from: "a", to: null }), { from: "a", to: null })
  })

  it("goes on with the trace of the last that was traced", () => {
    const [first, last] = [carrying("00-first"), carrying("00-last")]
    const merged = [first, { x: 1 }, last, { x: 2 }].reduce<Payload>(mergePayloads, {})
    assert.deepEqual(merged, { ...last, x: 2 })
  })

  it("covers every range that went into it, in whatever order they came", () => {
    const range = FastCheck.record({ from: FastCheck.integer(), to: FastCheck.integer() })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(range, { minLength: 1 }), (ranges) => {
        const all = ranges.reduce<Readonly<Record<string, unknown>>>(mergePayloads, {})
        assert.deepEqual(all, {
          from: Math.min(...ranges.map(({ from }) => from)),
          to: Math.max(...ranges.map(({ to }) => to))
        })
      })
    )
  })
})
