import { assert, describe, it } from "@effect/vitest"
import { deedOf, keyRules } from "../../../../web/src/mail/page/keys.ts"
import { periodOf, shortTime } from "../../../../web/src/mail/page/when.ts"

const plain = (key: string, before: string | null = null) => deedOf({ key, isCtrl: false }, before)

describe("keys of the page", () => {
  it("mean one thing each", () => {
    const all = keyRules.flatMap(({ keys }) => keys)
    assert.strictEqual(new Set(all).size, all.length)
  })

  it("are Gmail's and Outlook's", () => {
    assert.deepStrictEqual(
      [plain("e"), plain("Delete"), plain("#"), deedOf({ key: "r", isCtrl: true }, null), plain("r")],
      ["archive", "remove", "remove", "reply", "reply"]
    )
  })

  it("wait for another one after g, and mean nothing after a wrong one", () => {
    assert.deepStrictEqual([plain("g"), plain("i", "g"), plain("q", "g")], ["waits", "goInbox", undefined])
  })

  it("leave to the browser what is its own", () => {
    for (const key of ["t", "w", "l", "c", "v", "p"])
      assert.isUndefined(deedOf({ key, isCtrl: true }, null), key)
  })
})

describe("when a message came", () => {
  const now = new Date(2026, 10, 30, 15, 0).getTime()
  const at = (...parts: readonly [number, number, number, number]) => new Date(...parts).getTime()

  it("is as short as it is clear", () => {
    assert.strictEqual(shortTime("de", at(2026, 10, 30, 9), now), "09:00")
    assert.match(shortTime("de", at(2026, 10, 27, 9), now), /^Fr/)
    assert.match(shortTime("en", at(2026, 2, 3, 9), now), /Mar 3/)
    assert.match(shortTime("en", at(2024, 2, 3, 9), now), /24/)
    const midnight = Date.UTC(2026, 10, 30, 0, 30)
    assert.strictEqual(shortTime("de", midnight, midnight + 60_000, "Asia/Tokyo"), "09:30")
    assert.match(shortTime("de", midnight, midnight + 86_400_000 / 2, "America/New_York"), /^So/)
  })

  it("belongs to a period by days of the calendar", () => {
    assert.deepStrictEqual(
      [
        at(2026, 11, 2, 9),
        at(2026, 10, 30, 0),
        at(2026, 10, 29, 23),
        at(2026, 10, 25, 1),
        at(2026, 10, 10, 1),
        at(2026, 8, 1, 1)
      ].map((then) => periodOf(then, now)),
      ["later", "today", "yesterday", "week", "month", "older"]
    )
  })
})
