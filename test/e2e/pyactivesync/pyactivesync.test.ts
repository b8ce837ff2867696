import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Schedule, Schema, Stream } from "effect"
import { demoPassword, type Platform } from "../../support/platform.ts"
import { platformProcess } from "../../support/platformProcess.ts"
import { pythonWith, stepsOf } from "../../support/python.ts"

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const python = pythonWith(here("requirements.txt"))

const Step = Schema.parseJson(
  Schema.Struct({ step: Schema.String }, Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

const running = (binary: string, { at, dataFolder }: Platform) =>
  stepsOf(binary, {
    script: here("client.py"),
    args: ["--server", `${at.host}:${at.https}`],
    env: { POSTROOM_PASSWORD: demoPassword, REQUESTS_CA_BUNDLE: join(dataFolder, "tls", "cert.pem") },
    step: Step
  })

const mail = (subject: string, text: string) =>
  Buffer.from(
    [
      "From: Eve <eve@elsewhere.test>",
      "To: alice@demo.test",
      `Subject: ${subject}`,
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "",
      text,
      "--b",
      'Content-Type: text/plain; name="notes.txt"',
      "Content-Disposition: attachment; filename=notes.txt",
      "",
      "a note",
      "--b--",
      ""
    ].join("\r\n")
  )

const deliver = (platform: Platform, subject: string, text: string) =>
  Effect.scoped(
    Effect.flatMap(platform.smtp, (smtp) =>
      smtp.deliver({ to: ["alice@demo.test"], bytes: mail(subject, text) })
    )
  )

/** Delivers once the phone is parked, so that it is woken. */
const wake = (platform: Platform) =>
  platform.metrics.pipe(
    Effect.filterOrFail((text) => /^activesync_parked_requests 1$/m.test(text)),
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.timeout("30 seconds"),
    Effect.orDie,
    Effect.zipRight(deliver(platform, "third", "And a third."))
  )

const arrived = (platform: Platform, count: number) =>
  platform.ledger.pipe(
    Effect.filterOrFail(({ delivered }) => Number(delivered) === count),
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.timeout("30 seconds"),
    Effect.orDie
  )

/** Each step as it should be told. */
const expected = [
  { step: "provision", key: true },
  {
    step: "folders",
    // Its numbers for folders of people and for the recipient cache are one off: USER_GENERIC is mail, UNKNOWN the cache.
    types: [
      "CALENDAR",
      "CONTACTS",
      "DELETED_ITEMS",
      "DRAFTS",
      "INBOX",
      "NOTES",
      "OUTBOX",
      "SENT_ITEMS",
      "TASKS",
      "UNKNOWN",
      "USER_GENERIC"
    ]
  },
  {
    step: "hierarchy",
    renamed: ["Inner", "Renamed"],
    twice: "2",
    calendar: "10",
    thrown_away: [true],
    gone: "4"
  },
  { step: "sync", estimate: 2, subjects: ["first", "second"], left: 0 },
  {
    step: "fetch",
    sender: '"Eve" <eve@elsewhere.test>',
    plain: "Full of melancholy.",
    html: '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>Full of melancholy.</body></html>',
    native: "PLAIN_TEXT",
    mime: "first",
    attachment: ["notes.txt", "a note"],
    missing: "6"
  },
  { step: "marks", statuses: ["1", "8"], echoed: 0, read: "1", flag: ["2", "Flag for follow up"] },
  { step: "pinging" },
  { step: "ping", status: "2", folder: true, subjects: ["third"] },
  { step: "send", again: "118", bad: "116", arrived: ["sent"], kept: ["sent"] },
  {
    step: "draft",
    status: "1",
    echoed: 0,
    subject: "begun",
    to: "bob@demo.test",
    text: "First words – of some.\n",
    attachment: ["all.bin", true],
    marks: ["1", "2", "Flag for follow up"]
  },
  { step: "contacts", made: "6", changed: ["1"], told: 0 },
  {
    step: "directory",
    resolved: ["bob@demo.test"],
    searched: [["Bob", "bob@demo.test"]],
    found: ["carol@demo.test"]
  },
  {
    step: "search",
    found: ["first"],
    free: ["first"],
    dated: ["first", "second", "sent", "third"],
    // One empty Result says that there is none (MS-ASCMD 2.2.3.153.2).
    future: [{}]
  },
  {
    step: "away",
    before: "DISABLED",
    after: ["ENABLED_SCHEDULED", "2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"],
    messages: [
      ["Internal", true, "Gone fishing"],
      ["ExternalKnown", true, "Gone fishing"],
      ["ExternalUnknown", true, "Gone fishing"]
    ],
    later: "DISABLED"
  },
  { step: "move", there: ["first"], gone: true, unknown: "1" },
  { step: "delete", moved: "first", left: [] },
  { step: "repertoire", never_called: [] },
  { step: "strangers", wrong: 401, nameless: "108" },
  { step: "program", code: 0, inbox: true }
]

describe("pyactivesync, a client that is not ours", () => {
  it.scopedLive.skipIf(python === undefined)(
    "does all that it can with what npm start starts (needs python3 with venv and pip)",
    () =>
      Effect.gen(function* () {
        const platform = yield* platformProcess({ from: "dist" })
        yield* deliver(platform, "first", "Full of melancholy.")
        yield* deliver(platform, "second", "Of another mood.")
        yield* arrived(platform, 2)
        const steps = yield* running(python ?? "", platform).pipe(
          Stream.tap(({ step }) => (step === "pinging" ? wake(platform) : Effect.void)),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )
        assert.deepStrictEqual(steps, expected)
      }),
    180_000
  )
})
