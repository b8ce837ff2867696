import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childText, type Element, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { contentAt, syncedItem, tagsOf, watchedLetter } from "../../support/activesync/items.ts"
import { layerPhones } from "../../support/activesync/phones.ts"
import { letters } from "../../support/activesync/running.ts"

const read = (value: number | string) => element("Email:Read", value)
const categories = (...names: ReadonlyArray<string>) =>
  element(
    "Email:Categories",
    names.map((name) => element("Email:Category", name))
  )
const time = "2026-11-02T09:00:00.000Z"
const flag = (type: string) =>
  element(
    "Email:Flag",
    element("Email:Status", 2),
    element("Email:FlagType", type),
    element("Email:CompleteTime", time),
    element("Tasks:DateCompleted", time)
  )

const categoriesOf = (properties: Element | undefined) => contentAt(properties, "Email:Categories")
const typeOf = (properties: Element | undefined) => contentAt(properties, "Email:Flag")?.["Email:FlagType"]

/** A letter that is read, flagged and has a category, as another phone knows. */
const marked = Effect.tap(watchedLetter, ({ write, told }) =>
  Effect.gen(function* () {
    assert.isUndefined(yield* write(read(1), flag("for Follow Up"), categories("First")))
    const properties = (yield* told) ?? assert.fail("nothing is told")
    assert.deepStrictEqual(tagsOf(properties), ["Email:Read", "Email:Flag", "Email:Categories"])
  })
)

/** A change that is refused, and changes nothing. */
const refused = (...properties: ReadonlyArray<Element>) =>
  Effect.gen(function* () {
    const { write, told } = yield* watchedLetter
    assert.strictEqual(yield* write(...properties), "6")
    assert.isUndefined(yield* told)
  })

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })("Marks", (it) => {
  it.effect(
    "EMAIL_S01_TC01, MS-ASEMAIL_R350/R649: a message has a ConversationIndex; that it is no blind copy is not said",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["metadata"])
        const { properties } = yield* syncedItem(id)
        assert.isDefined(childText(properties, "Email2:ConversationIndex"))
        assert.notInclude(tagsOf(properties), "Email2:ReceivedAsBcc")
      })
  )

  it.effect("EMAIL_S01_TC03, MS-ASEMAIL_R320: a change without categories leaves them", () =>
    Effect.gen(function* () {
      const { id, write, told } = yield* marked
      assert.isUndefined(yield* write(read(1), flag("Flag for follow up")))
      assert.deepStrictEqual(tagsOf((yield* told) ?? assert.fail("nothing is told")), ["Email:Flag"])
      const { properties } = yield* syncedItem(id)
      assert.deepStrictEqual(categoriesOf(properties), { "Email:Category": "First" })
    })
  )

  it.effect("EMAIL_S01_TC04, MS-ASEMAIL_R319: no category in Categories takes all of them away", () =>
    Effect.gen(function* () {
      const { id, write, told } = yield* marked
      assert.isUndefined(yield* write(categories()))
      const properties = (yield* told) ?? assert.fail("nothing is told")
      assert.deepStrictEqual(tagsOf(properties), ["Email:Categories"])
      assert.deepStrictEqual(categoriesOf(properties), {})
      assert.deepStrictEqual(categoriesOf((yield* syncedItem(id)).properties), {})
    })
  )

  it.effect("EMAIL_S01_TC08, MS-ASEMAIL_R104/R1017: what changed is told, all of it and nothing else", () =>
    Effect.gen(function* () {
      const { write, told } = yield* marked
      assert.isUndefined(yield* write(read(0), flag("Flag for follow up"), categories("Second")))
      const properties = (yield* told) ?? assert.fail("nothing is told")
      assert.deepStrictEqual(tagsOf(properties), ["Email:Read", "Email:Flag", "Email:Categories"])
      assert.strictEqual(childText(properties, "Email:Read"), "0")
      assert.strictEqual(typeOf(properties), "Flag for follow up")
      assert.deepStrictEqual(categoriesOf(properties), { "Email:Category": "Second" })
    })
  )

  it.effect("EMAIL_S01_TC25, MS-ASEMAIL_R77: changed categories are told", () =>
    Effect.gen(function* () {
      const { write, told } = yield* marked
      assert.isUndefined(yield* write(categories("Second")))
      const properties = (yield* told) ?? assert.fail("nothing is told")
      assert.deepStrictEqual(tagsOf(properties), ["Email:Categories"])
      assert.deepStrictEqual(categoriesOf(properties), { "Email:Category": "Second" })
    })
  )

  it.effect("EMAIL_S01_TC10, MS-ASEMAIL_R640/R643: Read is 1 when it was read; what is no boolean is 6", () =>
    Effect.gen(function* () {
      const { id, write, told } = yield* watchedLetter
      assert.isUndefined(yield* write(read(1)))
      assert.strictEqual(childText(yield* told, "Email:Read"), "1")
      assert.strictEqual(yield* write(read("NON_BOOL")), "6")
      assert.isUndefined(yield* told)
      assert.strictEqual(childText((yield* syncedItem(id)).properties, "Email:Read"), "1")
    })
  )

  it.effect("EMAIL_S01_TC11, MS-ASEMAIL_R723: the sender is not to be changed: 6", () =>
    refused(element("Email2:Sender", "bob@demo.test"))
  )

  it.effect("EMAIL_S01_TC17, MS-ASEMAIL_R347: nor the conversation, and nothing that comes with it", () =>
    refused(element("Email2:ConversationId", Buffer.alloc(16, 7)), read(1))
  )
})
