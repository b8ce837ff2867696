import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { type Element, element, textOf } from "../../../src/protocols/activesync/wbxml/element.ts"
import { contentAt, syncedItem, tagsOf, watchedLetter } from "../../support/activesync/items.ts"
import { layerPhones } from "../../support/activesync/phones.ts"
import { Running } from "../../support/activesync/running.ts"

/** 9 o'clock, so many days from a day. */
const day = (days: number) => new Date(Date.UTC(2026, 10, 2 + days, 9)).toISOString()

const flag = (...content: ReadonlyArray<Element>) => element("Email:Flag", content)
const status = (value: number | string) => element("Email:Status", value)
const type = (text: string) => element("Email:FlagType", text)
const active = [status(2), type("for Follow Up")]
const done = [element("Email:CompleteTime", day(30)), element("Tasks:DateCompleted", day(30))]
const starts = (days: number) => element("Tasks:StartDate", day(days))
const startsUtc = (days: number) => element("Tasks:UtcStartDate", day(days))
const due = (days: number) => element("Tasks:DueDate", day(days))
const dueUtc = (days: number) => element("Tasks:UtcDueDate", day(days))
const dates = [starts(0), startsUtc(0), due(20), dueUtc(20)]
const reminder = [element("Tasks:ReminderSet", 1), element("Tasks:ReminderTime", day(12))]
const order = [element("Tasks:OrdinalDate", day(1)), element("Tasks:SubOrdinalDate", "any text")]
/** What Microsoft calls the flag of a task. */
const task = [
  status(2),
  type("Flag for follow up"),
  element("Tasks:Subject", "Call back"),
  ...dates,
  ...reminder
]
const all = [...active, element("Tasks:Subject", "Call back"), ...dates, ...reminder, ...done, ...order]

const textsOf = (elements: ReadonlyArray<Element>): Readonly<Record<string, string>> =>
  Object.fromEntries(elements.map((one) => [one.tag, textOf(one)]))

/** A phone that flags a letter, and what another is told of it, which is the flag alone; undefined where it is nothing. */
const world = Effect.map(watchedLetter, ({ id, write, told }) => ({
  id,
  set: (...content: ReadonlyArray<Element>) => write(flag(...content)),
  told: Effect.map(told, (properties) => {
    if (properties === undefined) return undefined
    assert.deepStrictEqual(tagsOf(properties), ["Email:Flag"])
    return contentAt(properties, "Email:Flag")
  })
}))

/** A flag that another phone is told so; without a reminder it says that there is none. */
const accepted = (content: ReadonlyArray<Element>) =>
  Effect.gen(function* () {
    const { set, told } = yield* world
    assert.isUndefined(yield* set(...content))
    assert.deepStrictEqual(yield* told, { "Tasks:ReminderSet": "0", ...textsOf(content) })
  })

/** A flag that is refused, and leaves the one before it as it was. */
const refused = (...flags: ReadonlyArray<ReadonlyArray<Element>>) =>
  Effect.gen(function* () {
    const { set, told } = yield* world
    assert.isUndefined(yield* set(...all))
    assert.deepStrictEqual(yield* told, textsOf(all))
    for (const content of flags) {
      assert.strictEqual(yield* set(...content), "6")
      assert.isUndefined(yield* told)
    }
  })

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })("Flags", (it) => {
  it.effect(
    "EMAIL_S03_TC01, MS-ASEMAIL_R692/R1007: a flag with all elements is told as it was set, and kept so",
    () =>
      Effect.gen(function* () {
        const { id, set, told } = yield* world
        assert.isUndefined(yield* set(...all))
        assert.deepStrictEqual(yield* told, textsOf(all))
        const { properties } = yield* syncedItem(id)
        assert.deepStrictEqual(contentAt(properties, "Email:Flag"), textsOf(all))
      })
  )

  it.effect("EMAIL_S03_TC02, MS-ASEMAIL_R757: a status beyond 0, 1 and 2 is 6", () =>
    refused([status(3), type("for Follow Up"), ...done], [status(""), ...active.slice(1)], [status("two")])
  )

  it.effect("EMAIL_S03_TC03, MS-ASEMAIL_R336: a flag that is complete has both of its times", () =>
    accepted([status(1), type("for Follow Up"), ...done])
  )

  it.effect("EMAIL_S03_TC04, MS-ASEMAIL_R702: a reminder without a time is 6", () =>
    refused([...active, element("Tasks:ReminderSet", 1)])
  )

  it.effect("EMAIL_S03_TC05, MS-ASEMAIL_R407/R739/R741: due before its start is 6", () =>
    refused([...active, starts(20), startsUtc(20), due(10), dueUtc(30)])
  )

  it.effect("EMAIL_S03_TC06, MS-ASEMAIL_R851/R862: by UTC as well", () =>
    refused([...active, starts(20), startsUtc(20), due(30), dueUtc(0)])
  )

  it.effect(
    "EMAIL_S03_TC07, MS-ASEMAIL_R409/R853/R864: some of the four dates without the others are 6",
    () => refused([...active, starts(0), due(20)], ...dates.map((date) => [...active, date]))
  )

  it.effect("EMAIL_S03_TC08, MS-ASEMAIL_R406/R738/R850/R861: dates in their order are taken", () =>
    accepted([...active, ...dates])
  )

  it.effect("EMAIL_S03_TC11, MS-ASEMAIL_R693/R940/R1072: a flag with its dates has no reminder", () =>
    accepted([status(2), type("Flag for follow up"), ...dates])
  )

  it.effect("EMAIL_S03_TC27, MS-ASEMAIL_R942: a flag may have a subject and a reminder of its own", () =>
    accepted(task)
  )

  for (const [title, before] of [
    ["EMAIL_S03_TC12, MS-ASEMAIL_R86/R334: a message is done with the times of it alone", []],
    ["EMAIL_S03_TC30, MS-ASEMAIL_R87: so is a task, of which nothing else is left", task]
  ] as const) {
    it.effect(title, () =>
      Effect.gen(function* () {
        const { set, told } = yield* world
        yield* set(...before)
        yield* told
        assert.isUndefined(yield* set(status(1), ...done))
        assert.deepStrictEqual(yield* told, {
          ...textsOf([status(1), ...done]),
          "Tasks:ReminderSet": "0"
        })
      })
    )
  }

  for (const [title, before, content] of [
    ["EMAIL_S03_TC13, MS-ASEMAIL_R88: status 0 clears a flag", [...active, ...dates], [status(0)]],
    ["EMAIL_S03_TC14, MS-ASEMAIL_R8800: an empty one clears it", [...active, ...dates], []],
    ["EMAIL_S03_TC28, MS-ASEMAIL_R89: status 0 clears a task", task, [status(0)]],
    ["EMAIL_S03_TC29, MS-ASEMAIL_R8900: an empty flag clears it", task, []]
  ] as const) {
    it.effect(title, () =>
      Effect.gen(function* () {
        const { set, told } = yield* world
        yield* set(...before)
        assert.strictEqual((yield* told)?.["Email:Status"], "2")
        assert.isUndefined(yield* set(...content))
        assert.deepStrictEqual(yield* told, {})
      })
    )
  }

  it.effect(
    "EMAIL_S03_TC15, EMAIL_S03_TC31, MS-ASEMAIL_R90/R91/R1021: a flag is updated as often as a phone wishes",
    () =>
      Effect.gen(function* () {
        const { set, told } = yield* world
        for (const text of ["Flag for follow up", "for Follow Up"]) {
          for (const others of [dates, task.slice(2), []]) {
            const content = [status(2), type(text), ...others]
            assert.isUndefined(yield* set(...content))
            assert.deepStrictEqual(yield* told, { "Tasks:ReminderSet": "0", ...textsOf(content) })
          }
        }
      })
  )

  it.effect("EMAIL_S03_TC16, MS-ASEMAIL_R92: without what it needs it is 6", () =>
    refused([status(2)], [type("for Follow Up")], [status(1)], ...done.map((time) => [status(1), time]))
  )

  it.effect("EMAIL_S03_TC26, MS-ASEMAIL_R941: a flag with the times of its completion is a flag, too", () =>
    accepted([status(2), type("Flag for follow up"), ...done])
  )

  for (const [number, requirement, second] of [
    ["TC17", "R581", due(10)],
    ["TC18", "R634", element("Tasks:OrdinalDate", day(5))],
    ["TC19", "R697", element("Tasks:ReminderSet", 0)],
    ["TC20", "R706", element("Tasks:ReminderTime", day(6))],
    ["TC21", "R746", starts(-1)],
    ["TC22", "R761", status(1)],
    ["TC23", "R777", element("Tasks:SubOrdinalDate", "other text")],
    ["TC24", "R858", dueUtc(10)],
    ["TC25", "R869", startsUtc(-1)]
  ] as const) {
    it.effect(
      `EMAIL_S03_${number}, MS-ASEMAIL_${requirement}: two ${second.tag} are no error; the last one holds`,
      () =>
        Effect.gen(function* () {
          const { set, told } = yield* world
          assert.isUndefined(yield* set(second, ...all))
          assert.deepStrictEqual(yield* told, textsOf(all))
          assert.isUndefined(yield* set(...all, second))
          assert.deepStrictEqual(yield* told, textsOf([...all, second]))
        })
    )
  }

  it.effect("what a phone flags is flagged for all, and what others flag is for phones", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { id, set, told } = yield* world
        const { mailbox, call } = yield* (yield* Running).client("alice@demo.test")
        const messageId = BigInt(id)
        const flags = Effect.map(
          call((signal) => mailbox.getMessage({ messageId }, { signal })),
          ({ message }) => message?.flags ?? []
        )
        const edit = (wish: { addFlags?: Array<string>; removeFlags?: Array<string> }) =>
          call((signal) => mailbox.changeFlags({ messageIds: [messageId], ...wish }, { signal }))
        yield* set(...all)
        yield* told
        assert.include(yield* flags, "\\Flagged")
        yield* set(status(1), ...done)
        yield* told
        assert.notInclude(yield* flags, "\\Flagged")
        yield* edit({ addFlags: ["\\Flagged"] })
        assert.strictEqual((yield* told)?.["Email:Status"], "2")
        yield* edit({ removeFlags: ["\\Flagged"] })
        assert.deepStrictEqual(yield* told, {})
      })
    )
  )
})
