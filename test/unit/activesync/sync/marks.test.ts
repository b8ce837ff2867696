import { assert, describe, it } from "@effect/vitest"
import { marksOf } from "../../../../src/protocols/activesync/sync/marks.ts"
import { element } from "../../../../src/protocols/activesync/wbxml/element.ts"

const flagged = (type: string, subject: string) =>
  marksOf(
    element(
      "AirSync:ApplicationData",
      element(
        "Email:Flag",
        element("Email:Status", 2),
        element("Email:FlagType", type),
        element("Tasks:Subject", subject)
      )
    )
  )

describe("marks that a device sets", () => {
  it("texts of a flag have a size, for they stay with the message: 6", () => {
    const longest = "x".repeat(4096)
    assert.deepInclude(flagged(longest, longest), {
      addFlags: ["\\Flagged"],
      followUp: { status: 2, type: longest, subject: longest }
    })
    assert.isUndefined(flagged(`${longest}x`, "call back"))
    assert.isUndefined(flagged("call back", `${longest}x`))
  })
})
