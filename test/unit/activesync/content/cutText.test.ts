import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { cutToBytes, cutToLength } from "../../../../src/protocols/activesync/content/cutText.ts"

const text = fc.string({ unit: "binary", maxLength: 200 })
const isWellFormed = (of: string) => Buffer.from(of, "utf8").toString("utf8") === of

describe("text is cut", () => {
  it("to octets between two characters, and no shorter than it has to be", () => {
    fc.assert(
      fc.property(text, fc.nat(900), (whole, max) => {
        const cut = cutToBytes(whole, max)
        assert.isTrue(whole.startsWith(cut))
        assert.isTrue(isWellFormed(cut))
        assert.isAtMost(Buffer.byteLength(cut), max)
        const [next = ""] = whole.slice(cut.length)
        assert.isTrue(next === "" || Buffer.byteLength(cut + next) > max)
      })
    )
  })

  it("to characters without half a pair", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 255 }), (whole, max) => {
        const cut = cutToLength(whole, max)
        assert.isTrue(whole.startsWith(cut))
        assert.isTrue(isWellFormed(cut))
        assert.isAtMost(cut.length, max)
        assert.isAtLeast(cut.length, Math.min(whole.length, max) - 1)
      })
    )
  })

  it("nowhere where it fits", () => {
    assert.strictEqual(cutToBytes("naïve 🙂", 11), "naïve 🙂")
    assert.strictEqual(cutToBytes("naïve 🙂", 10), "naïve ")
    assert.strictEqual(cutToBytes("x", 0), "")
  })
})
