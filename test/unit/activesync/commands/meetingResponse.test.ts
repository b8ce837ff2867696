import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Unavailable } from "../../../../src/domain/errors.ts"
import type { ProtocolVersion } from "../../../../src/protocols/activesync/Command.ts"
import { readInvitation, replyCalendar } from "../../../../src/protocols/activesync/compose/invitation.ts"
import { type Content, type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"
import { decodeText } from "../../../../src/protocols/mime/decode.ts"
import { readMessage } from "../../../../src/protocols/mime/readMessage.ts"
import { composeWorld, lines, plainMail } from "../../../support/activesync/composing.ts"

const calendar = (...event: ReadonlyArray<string>) =>
  lines(
    "BEGIN:VCALENDAR",
    "METHOD:REQUEST",
    "BEGIN:VEVENT",
    "UID:u-1",
    "SEQUENCE:2",
    'ORGANIZER;CN="Bob: the one":mailto:bob@demo.test',
    "SUMMARY:Lunch\\, at",
    "  noon",
    "DTSTART;TZID=Europe/Berlin:20260304T120000",
    ...event,
    "BEGIN:VALARM",
    "SUMMARY:alarm",
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR"
  )

const invitation = (text = calendar()) =>
  lines(
    "From: bob@demo.test",
    "Subject: Lunch",
    'Content-Type: multipart/alternative; boundary="a"',
    "",
    "--a",
    "Content-Type: text/plain",
    "",
    "Lunch?",
    "--a",
    "Content-Type: text/calendar; charset=utf-8; method=REQUEST",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(text).toString("base64"),
    "--a--",
    ""
  )

const request = (response: string | number, ...others: ReadonlyArray<Content>) =>
  element(
    "MeetingResponse:Request",
    element("MeetingResponse:UserResponse", response),
    element("MeetingResponse:CollectionId", "1"),
    element("MeetingResponse:RequestId", "1"),
    others
  )
const instance = (text: string) => element("MeetingResponse:InstanceId", text)
const noon = "2026-03-04T12:00:00.000Z"

const answer = (
  requests: ReadonlyArray<Element>,
  given: {
    readonly mail?: string
    readonly version?: ProtocolVersion
    readonly world?: ReturnType<typeof composeWorld>
  } = {}
) => {
  const world = given.world ?? composeWorld()
  world.messages.set(1, Buffer.from(given.mail ?? invitation()))
  return world.ask("MeetingResponse", {
    document: element("MeetingResponse:MeetingResponse", requests),
    version: given.version ?? "16.1"
  })
}

/** The statuses of the results, or the one that the whole is refused with. */
const statusOf = (...args: Parameters<typeof answer>) =>
  answer(...args).pipe(
    Effect.map((given) =>
      given._tag !== "Document"
        ? []
        : given.document.children.map((result) =>
            typeof result === "object" && "tag" in result
              ? result.children
                  .map((child) => (typeof child === "object" && "tag" in child ? child.children[0] : null))
                  .at(-1)
              : null
          )
    ),
    Effect.catchAll((error) => Effect.succeed("status" in error ? error.status : error._tag))
  )

describe("MeetingResponse without a calendar", () => {
  it.effect(
    "MS-ASCMD_R837, R5072, R5725 (ASCMD_S09_TC02): declines, without a CalendarId, and the invitation is gone",
    () =>
      Effect.gen(function* () {
        const world = composeWorld()
        const given = yield* answer([request(3)], { world, version: "14.1" })
        assert.deepStrictEqual(given, {
          _tag: "Document",
          document: element(
            "MeetingResponse:MeetingResponse",
            element(
              "MeetingResponse:Result",
              element("MeetingResponse:RequestId", "1"),
              element("MeetingResponse:Status", 1)
            )
          )
        })
        assert.deepStrictEqual([world.deleted, world.submitted], [[1], []])
      })
  )

  it.effect("MS-ASCMD_R4180, R5678, R5723, R5724: accepts, and keeps what tells of the meeting", () =>
    Effect.gen(function* () {
      const world = composeWorld()
      for (const version of ["12.1", "14.0", "14.1", "16.0", "16.1"] as const) {
        for (const response of [1, 2]) {
          assert.deepStrictEqual(yield* statusOf([request(response)], { world, version }), ["1"])
        }
      }
      assert.deepStrictEqual([world.deleted, world.submitted], [[], []])
    })
  )

  it.effect("MS-ASCMD_R5374 (ASCMD_S09_TC04): repeats a RequestId, and makes none up for a LongId", () =>
    Effect.gen(function* () {
      const byLongId = element(
        "MeetingResponse:Request",
        element("MeetingResponse:UserResponse", 3),
        element("Search:LongId", "L1")
      )
      const given = yield* answer([byLongId])
      assert.deepStrictEqual(given._tag === "Document" ? given.document.children : [], [
        element("MeetingResponse:Result", element("MeetingResponse:Status", 1))
      ])
    })
  )

  it.effect("MS-ASCMD_R4182 (ASCMD_S09_TC03): 2 for an answer that is none", () =>
    Effect.gen(function* () {
      for (const response of ["0", "4", "", "yes"]) {
        assert.deepStrictEqual(yield* statusOf([request(response)]), ["2"])
      }
    })
  )

  it.effect("MS-ASCMD_R4183 (ASCMD_S09_TC05): 2 for what is no invitation, and for what is not there", () =>
    Effect.gen(function* () {
      const cancelled = invitation(calendar().replace("REQUEST", "CANCEL"))
      for (const mail of [
        plainMail(),
        cancelled,
        invitation("BEGIN:VCALENDAR"),
        invitation(calendar().replace(/ORGANIZER.*/, ""))
      ]) {
        assert.deepStrictEqual(yield* statusOf([request(1)], { mail }), ["2"])
      }
      for (const id of ["2", "x", "calendar"]) {
        const named = element(
          "MeetingResponse:Request",
          element("MeetingResponse:UserResponse", 1),
          element("MeetingResponse:CollectionId", "1"),
          element("MeetingResponse:RequestId", id)
        )
        assert.deepStrictEqual(yield* statusOf([named]), ["2"])
      }
    })
  )

  it.effect("MS-ASCMD_R4184: 2 for who called the meeting", () =>
    Effect.gen(function* () {
      const mail = invitation(calendar().replace("bob@demo.test", "ALICE@demo.test"))
      assert.deepStrictEqual(yield* statusOf([request(1)], { mail }), ["2"])
    })
  )

  it.effect(
    "MS-ASCMD_R4185, R4186, R3196, R4919 (ASCMD_S09_TC06, ASCMD_S09_TC08, ASCMD_S09_TC09): an invitation in a mail has no occurrences",
    () =>
      Effect.gen(function* () {
        const mail = invitation(calendar("RRULE:FREQ=WEEKLY"))
        assert.deepStrictEqual(yield* statusOf([request(1, instance(noon))], { mail }), ["2"])
        assert.deepStrictEqual(yield* statusOf([request(1, instance(noon))]), ["146"])
      })
  )

  it.effect("MS-ASCMD_R3195, R4819 (ASCMD_S09_TC12): 104 for an InstanceId that is no date", () =>
    Effect.gen(function* () {
      for (const text of ["", "tomorrow", "2026-13-40T12:00:00.000Z"]) {
        assert.deepStrictEqual(yield* statusOf([request(1, instance(text))]), ["104"])
      }
    })
  )

  it.effect(
    "MS-ASCMD_R5650, R5670 (ASCMD_S09_TC07): 103 for more than 100 requests, and for what the schema does not allow",
    () =>
      Effect.gen(function* () {
        const many = (n: number) => Array.from({ length: n }, () => request(1))
        assert.strictEqual(yield* statusOf(many(101)), 103)
        assert.deepStrictEqual(
          yield* statusOf(many(100)),
          Array.from({ length: 100 }, () => "1")
        )
        assert.strictEqual(yield* statusOf([]), 103)
        assert.strictEqual(yield* statusOf([element("MeetingResponse:Result")]), 103)
        assert.strictEqual(yield* statusOf([request(1, element("Search:LongId", "L1"))]), 103)
        assert.strictEqual(
          yield* statusOf([element("MeetingResponse:Request", element("MeetingResponse:UserResponse", 1))]),
          103
        )
        assert.strictEqual(yield* statusOf([request(1, instance(noon))], { version: "14.0" }), 103)
        assert.strictEqual(
          yield* statusOf([request(1, element("MeetingResponse:SendResponse"))], { version: "14.1" }),
          103
        )
        assert.strictEqual(
          yield* Effect.flip(composeWorld().ask("MeetingResponse", { document: null })).pipe(
            Effect.map((error) => ("status" in error ? error.status : error._tag))
          ),
          101
        )
      })
  )
})

describe("MeetingResponse that the server has to pass on (16.x)", () => {
  const sendResponse = element(
    "MeetingResponse:SendResponse",
    element("AirSyncBase:Body", element("AirSyncBase:Type", 1), element("AirSyncBase:Data", "gladly"))
  )

  it.effect(
    "MS-ASCMD_R7478, MS-ASAIRS_R1331: writes to the organizer, in iCalendar and in the person's words, once",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 2, 4, 5, 6, 7))
        const world = composeWorld()
        assert.deepStrictEqual(yield* statusOf([request(1, sendResponse)], { world }), ["1"])
        assert.deepStrictEqual(yield* statusOf([request(1, sendResponse)], { world }), ["1"])
        const [sent, ...others] = world.submitted
        assert.deepStrictEqual([sent?.recipients, others], [["bob@demo.test"], []])
        if (sent === undefined) return
        const { envelope, parts, text } = readMessage(sent.raw)
        assert.deepStrictEqual(
          [envelope.subject, envelope.from[0]?.address, text],
          ["Accepted: Lunch, at noon", "alice@demo.test", "gladly"]
        )
        const part = parts.find(({ type }) => type === "text/calendar")
        if (part === undefined) return assert.fail("no calendar")
        assert.strictEqual(part.parameters["method"], "REPLY")
        assert.strictEqual(
          decodeText(sent.raw.subarray(part.bodyStart, part.bodyEnd), part).trimEnd(),
          lines(
            "BEGIN:VCALENDAR",
            "PRODID:-//Postroom//EN",
            "VERSION:2.0",
            "METHOD:REPLY",
            "BEGIN:VEVENT",
            "UID:u-1",
            "SEQUENCE:2",
            'ORGANIZER;CN="Bob: the one":mailto:bob@demo.test',
            "SUMMARY:Lunch\\, at noon",
            "DTSTAMP:20260304T050607Z",
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@demo.test",
            "END:VEVENT",
            "END:VCALENDAR"
          )
        )
      })
  )

  it.effect("says 2 where the organizer cannot be written to, and passes on that something is away", () =>
    Effect.gen(function* () {
      const mail = invitation(calendar().replace("bob@demo.test", "nobody@demo.test"))
      const world = composeWorld()
      assert.deepStrictEqual(yield* statusOf([request(3, sendResponse)], { mail, world }), ["2"])
      assert.deepStrictEqual(world.deleted, [])
      world.beforeSubmit = new Unavailable({ what: "storage" })
      assert.strictEqual(yield* statusOf([request(3, sendResponse)], { world }), "Unavailable")
    })
  )
})

describe("an invitation", () => {
  it("is read whatever its sender wrote, in little time", () => {
    for (const text of [
      "",
      "BEGIN:VEVENT\nEND:VEVENT",
      "\u0000",
      `BEGIN:VEVENT\n${'X;"'.repeat(300_000)}\nEND:VEVENT`,
      "BEGIN:VEVENT\n".repeat(50_000)
    ]) {
      assert.isUndefined(readInvitation(text))
    }
  })

  it("is answered in lines of at most 75 octets, cut between characters", () => {
    const read = readInvitation(calendar(`SEQUENCE:1${"\u00fc".repeat(200)}`))
    if (read === undefined) return assert.fail("no invitation")
    const text = replyCalendar(read, { address: "alice@demo.test", participation: "DECLINED", now: 0 })
    assert.isTrue(text.split("\r\n").every((line) => Buffer.byteLength(line) <= 75))
    assert.include(text.replace(/\r\n /g, ""), `1${"\u00fc".repeat(200)}`)
  })
})
