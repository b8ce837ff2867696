import { assert, describe, it } from "@effect/vitest"
import type { ToldMarks } from "../../../../src/domain/sync/Cursor.ts"
import type { ProtocolVersion } from "../../../../src/protocols/activesync/Command.ts"
import {
  type ChangedBlocks,
  changedBlocks
} from "../../../../src/protocols/activesync/content/markElements.ts"
import { toXml } from "../../../support/activesync/wbxml.ts"

const none: ToldMarks = { flags: [], categories: [] }
const at = Date.UTC(2026, 0, 31, 10)

const blocksOf = (marks: ToldMarks): ChangedBlocks => ({
  read: marks.flags.includes("\\Seen"),
  flag: marks.flags.includes("\\Flagged") || marks.followUp !== undefined,
  categories: marks.categories.length > 0,
  lastVerb: marks.flags.includes("$Forwarded") || marks.lastVerb !== undefined
})

/** What a Change says that leads from no marks to these. */
const change = (after: ToldMarks, version: ProtocolVersion = "16.1") =>
  changedBlocks(after, version, blocksOf(after)).map(toXml)

describe("marks alone that changed", () => {
  it("MS-ASEMAIL_R75, R10604: of Read are Read", () => {
    assert.deepStrictEqual(change({ ...none, flags: ["\\Seen"] }), ["<Email:Read>1</Email:Read>"])
  })

  it("MS-ASEMAIL_R76, R100: of the flag are the flag", () => {
    const [flag, ...others] = change({ ...none, flags: ["\\Flagged"] })
    assert.deepStrictEqual(others, [])
    assert.strictEqual(
      flag,
      "<Email:Flag>\n  <Status>2</Status>\n  <FlagType>Flag for follow up</FlagType>\n  <Tasks:ReminderSet>0</Tasks:ReminderSet>\n</Email:Flag>"
    )
  })

  it("MS-ASEMAIL_R96: of categories are the categories, from 14.0 on", () => {
    const blue: ToldMarks = { ...none, categories: ["Blue"] }
    assert.deepStrictEqual(change(blue), [
      "<Email:Categories>\n  <Category>Blue</Category>\n</Email:Categories>"
    ])
    assert.deepStrictEqual(change(blue, "12.1"), [])
  })

  it("MS-ASEMAIL_R104, R10600, R10608, R10612: of several are all of these and no more", () => {
    const tags = (after: ToldMarks) => change(after).map((xml) => /^<Email\d?:(\w+)/.exec(xml)?.[1])
    assert.deepStrictEqual(tags({ flags: ["\\Seen", "\\Flagged"], categories: ["Blue"] }), [
      "Read",
      "Flag",
      "Categories"
    ])
    assert.deepStrictEqual(tags({ flags: ["\\Flagged"], categories: ["Blue"] }), ["Flag", "Categories"])
    assert.deepStrictEqual(tags({ flags: ["\\Seen"], categories: ["Blue"] }), ["Read", "Categories"])
    assert.deepStrictEqual(tags({ flags: ["\\Seen", "\\Flagged"], categories: [] }), ["Read", "Flag"])
  })

  it("MS-ASEMAIL_R81: of nothing are nothing", () => {
    assert.deepStrictEqual(change(none), [])
  })

  it("MS-ASEMAIL_R436, R440, R359: a follow-up says all that the person set", () => {
    const [flag] = change({
      ...none,
      flags: ["\\Flagged"],
      followUp: {
        status: 2,
        type: "Flag for follow up",
        subject: "Call",
        startDate: at,
        utcStartDate: at,
        dueDate: at,
        utcDueDate: at,
        isReminderSet: true,
        reminderTime: at,
        ordinalDate: at,
        subOrdinalDate: "5"
      }
    })
    const time = "2026-01-31T10:00:00.000Z"
    assert.strictEqual(
      flag,
      [
        "<Email:Flag>",
        "  <Tasks:Subject>Call</Tasks:Subject>",
        "  <Status>2</Status>",
        "  <FlagType>Flag for follow up</FlagType>",
        `  <Tasks:StartDate>${time}</Tasks:StartDate>`,
        `  <Tasks:DueDate>${time}</Tasks:DueDate>`,
        `  <Tasks:UtcStartDate>${time}</Tasks:UtcStartDate>`,
        `  <Tasks:UtcDueDate>${time}</Tasks:UtcDueDate>`,
        "  <Tasks:ReminderSet>1</Tasks:ReminderSet>",
        `  <Tasks:ReminderTime>${time}</Tasks:ReminderTime>`,
        `  <Tasks:OrdinalDate>${time}</Tasks:OrdinalDate>`,
        "  <Tasks:SubOrdinalDate>5</Tasks:SubOrdinalDate>",
        "</Email:Flag>"
      ].join("\n")
    )
  })

  it("MS-ASEMAIL_R334, R358: a flag that is done says when", () => {
    const [flag = ""] = change({
      ...none,
      followUp: { status: 1, type: "Flag for follow up", dateCompleted: at, completeTime: at }
    })
    assert.include(flag, "<Status>1</Status>")
    assert.include(flag, "<Tasks:DateCompleted>2026-01-31T10:00:00.000Z</Tasks:DateCompleted>")
    assert.include(flag, "<CompleteTime>2026-01-31T10:00:00.000Z</CompleteTime>")
  })

  it("MS-ASEMAIL_R510, R514: what was last done with the message", () => {
    assert.deepStrictEqual(change({ ...none, lastVerb: { verb: 2, at } }), [
      "<Email2:LastVerbExecuted>2</Email2:LastVerbExecuted>",
      "<Email2:LastVerbExecutionTime>2026-01-31T10:00:00.000Z</Email2:LastVerbExecutionTime>"
    ])
    assert.deepStrictEqual(change({ ...none, flags: ["$Forwarded"] }), [
      "<Email2:LastVerbExecuted>3</Email2:LastVerbExecuted>"
    ])
  })
})
