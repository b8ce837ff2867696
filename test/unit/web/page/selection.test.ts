import { assert, describe, it } from "@effect/vitest"
import {
  cursorAt,
  kept,
  nothing,
  pressedOn,
  type Selection,
  stretched,
  toggled
} from "../../../../web/src/mail/page/selection.ts"

const keys = ["a", "b", "c", "d", "e"]
const chosen = ({ chosen }: Selection) => [...chosen].sort().join("")

describe("what is chosen in a list", () => {
  it("grows from the anchor to where one goes with shift, and shrinks again", () => {
    const at = cursorAt(nothing, "b")
    const down = stretched(stretched(at, keys, "c"), keys, "d")
    assert.strictEqual(chosen(down), "bcd")
    assert.strictEqual(chosen(stretched(down, keys, "c")), "bc")
    assert.strictEqual(chosen(stretched(down, keys, "a")), "ab")
  })

  it("begins at the line itself where there is no anchor", () => {
    assert.strictEqual(chosen(stretched(nothing, keys, "c")), "c")
  })

  it("takes single lines in and out", () => {
    const two = toggled(toggled(nothing, "a"), "d")
    assert.strictEqual(chosen(two), "ad")
    assert.strictEqual(chosen(toggled(two, "a")), "d")
  })

  it("is all, one or nothing by keys", () => {
    const all = pressedOn(cursorAt(nothing, "b"), keys, { key: "a", isCtrl: true })
    assert.strictEqual(chosen(all ?? nothing), "abcde")
    assert.strictEqual(
      chosen(pressedOn(all ?? nothing, keys, { key: "Escape", isCtrl: false }) ?? nothing),
      ""
    )
    assert.strictEqual(
      chosen(pressedOn(cursorAt(nothing, "b"), keys, { key: " ", isCtrl: false }) ?? nothing),
      "b"
    )
    assert.isUndefined(pressedOn(nothing, keys, { key: "Escape", isCtrl: false }))
    assert.isUndefined(pressedOn(nothing, keys, { key: " ", isCtrl: false }))
  })

  it("goes on with the next line where the one at the cursor has left, or with the last", () => {
    const at = toggled(cursorAt(nothing, "c"), "c")
    const next = kept(at, keys, ["a", "b", "d", "e"])
    assert.deepStrictEqual([next.cursor, chosen(next)], ["d", ""])
    assert.strictEqual(kept(cursorAt(nothing, "e"), keys, ["a", "b"]).cursor, "b")
    assert.strictEqual(kept(cursorAt(nothing, "e"), keys, []).cursor, null)
  })

  it("is the same object where nothing of it has changed", () => {
    const at = toggled(nothing, "a")
    assert.strictEqual(kept(at, keys, ["z", ...keys]), at)
  })
})
