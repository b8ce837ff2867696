import { assert, describe, it } from "@effect/vitest"
import {
  conversationIndexOf,
  threadIndexAfter
} from "../../../../src/protocols/activesync/content/conversation.ts"
import { summary } from "../../../support/alice.ts"

const guid = new Uint8Array(16).fill(7)
const began = Date.UTC(2026, 0, 31, 10)
const minute = 60_000

const message = (threadIndex: string | null) => ({
  ...summary(1),
  date: began,
  headers: threadIndex === null ? {} : { "thread-index": threadIndex }
})
const indexOf = (threadIndex: string | null) => Buffer.from(conversationIndexOf(message(threadIndex)))

describe("the index of a conversation", () => {
  it("MSASCON_S01_TC05, MS-ASCON_R86, R90, R95: begins with when it began and grows by five octets with each answer", () => {
    const second = threadIndexAfter(message(null), { now: began + minute, guid })
    const third = threadIndexAfter(message(second), { now: began + 2 * minute, guid })
    const indexes = [null, second, third].map(indexOf)
    assert.deepStrictEqual(
      indexes.map(({ length }) => length),
      [5, 10, 15]
    )
    assert.isTrue(indexes[2]?.subarray(0, 10).equals(indexes[1] ?? assert.fail()))
    assert.isTrue(indexes[1]?.subarray(0, 5).equals(indexes[0] ?? assert.fail()))
    // 60 seconds are 600,000,000 units of 100 ns; what the header leaves out makes up to a quarter of a second more.
    assert.approximately(indexes[1]?.readUInt32BE(5) ?? 0, 600_000_000 / 2 ** 18, 1)
  })

  it("is less fine after two years, and never runs backwards", () => {
    const late = indexOf(threadIndexAfter(message(null), { now: began + 2 * 365 * 24 * 60 * minute, guid }))
    assert.strictEqual((late[5] ?? 0) >> 7, 1)
    const early = indexOf(threadIndexAfter(message(null), { now: began - minute, guid }))
    assert.strictEqual(early.readUInt32BE(5), 0)
  })

  it("does not grow without end, and takes nothing for one that is none", () => {
    let index = threadIndexAfter(message(null), { now: began, guid })
    for (let n = 0; n < 150; n++) index = threadIndexAfter(message(index), { now: began + n * minute, guid })
    assert.isAtMost(indexOf(index).length, 5 + 5 * 100)
    assert.isAtMost(index.length, 800)
    assert.strictEqual(indexOf("nonsense!").length, 5)
  })
})
