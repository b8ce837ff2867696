import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import {
  childElements,
  childText,
  type Element,
  element
} from "../../../src/protocols/activesync/wbxml/element.ts"
import { askSync, folderIds, keyOf, syncAll, syncOne } from "../../support/activesync/handset.ts"
import {
  bodyOf,
  contentAt,
  everywhere,
  fetchedItem,
  prefer,
  preferPart,
  syncedItem
} from "../../support/activesync/items.ts"
import { layerPhones, newHandset } from "../../support/activesync/phones.ts"
import { mail } from "../../support/activesync/running.ts"
import { add, markRead } from "../../support/activesync/talk.ts"

const { inbox, drafts } = folderIds

const text = "The first words, and some more of them."
const html = "<html><body><p>The first words</p></body></html>"

const letterOf = (type: string, body: string) =>
  mail(
    "From: Sender <sender@elsewhere.test>",
    "To: alice@demo.test",
    "Subject: with a body",
    "MIME-Version: 1.0",
    `Content-Type: ${type}; charset=utf-8`,
    "",
    body
  )

const plainMail = letterOf("text/plain", text)
const htmlMail = letterOf("text/html", html)

const partOf = (properties: Element | undefined) => contentAt(properties, "AirSyncBase:BodyPart")
const nativeOf = (properties: Element | undefined) => childText(properties, "AirSyncBase:NativeBodyType")

/** A body that is whole. */
const whole = (type: number, data: string) => ({
  "AirSyncBase:Type": String(type),
  "AirSyncBase:EstimatedDataSize": String(data.length),
  "AirSyncBase:Data": data
})

/** One of which these octets came. */
const cut = (type: number, data: string, octets: number) => ({
  ...whole(type, data),
  "AirSyncBase:Truncated": "1",
  "AirSyncBase:Data": data.slice(0, octets)
})

/** What Sync, ItemOperations and Search give of a message is this. */
const isEverywhere = (
  id: string,
  options: ReadonlyArray<Element>,
  expected: { readonly body?: object; readonly part?: object }
) =>
  Effect.gen(function* () {
    const items = yield* everywhere(id, options)
    const parts = expected.part === undefined ? undefined : { "AirSyncBase:Status": "1", ...expected.part }
    for (const item of items) {
      assert.deepStrictEqual(bodyOf(item), expected.body)
      assert.deepStrictEqual(partOf(item), parts)
    }
    return items
  })

layer(layerPhones, { timeout: 60_000, excludeTestServices: true })("Bodies", (it) => {
  it.effect(
    "AIRS_S01_TC05, MS-ASAIRS_R62/R282/R392/R407/R408: a message part without AllOrNone is cut where it is longer",
    () =>
      Effect.gen(function* () {
        const options = [preferPart({ type: 2, size: 8 })]
        yield* isEverywhere(yield* htmlMail, options, { part: cut(2, html, 8) })
      })
  )

  it.effect("AIRS_S01_TC06, MS-ASAIRS_R283/R409/R410/R411: and whole where it is not", () =>
    Effect.gen(function* () {
      const options = [preferPart({ type: 2, size: 100 })]
      yield* isEverywhere(yield* htmlMail, options, { part: whole(2, html) })
    })
  )

  it.effect("AIRS_S01_TC07, MS-ASAIRS_R294/R400: without a size it is whole, whatever AllOrNone says", () =>
    Effect.gen(function* () {
      const id = yield* htmlMail
      for (const allOrNone of [1, 0] as const)
        yield* isEverywhere(id, [preferPart({ type: 2, allOrNone })], { part: whole(2, html) })
    })
  )

  it.effect("AIRS_S02_TC01, MS-ASAIRS_R53/R54/R237/R304/R373: a body that fits comes, all or nothing", () =>
    Effect.gen(function* () {
      const options = [prefer({ type: 1, size: 100, allOrNone: 1 })]
      const items = yield* isEverywhere(yield* plainMail, options, { body: whole(1, text) })
      for (const item of items) assert.strictEqual(nativeOf(item), "1")
    })
  )

  it.effect("AIRS_S02_TC10, MS-ASAIRS_R105/R386: there is a body in all that is new, and after changes", () =>
    Effect.gen(function* () {
      const id = yield* plainMail
      for (const read of ["0", "1", "0"]) {
        const { handset } = yield* syncedItem(id)
        yield* syncOne(handset, inbox, { commands: [markRead(id, read === "1")] })
        for (const item of yield* isEverywhere(id, [], { body: whole(1, text) }))
          assert.strictEqual(childText(item, "Email:Read"), read)
      }
    })
  )

  // Microsoft's case adds contacts; here drafts are what has a body in a request.
  it.effect("AIRS_S02_TC11, MS-ASAIRS_R406/R11500: Truncated in a request means nothing", () =>
    Effect.gen(function* () {
      const writer = yield* newHandset()
      yield* syncAll(writer, drafts)
      const answered = yield* syncOne(writer, drafts, {
        commands: [null, 1, 0].map((truncated, index) =>
          add(
            `draft-${index}`,
            element(
              "AirSyncBase:Body",
              element("AirSyncBase:Type", 1),
              truncated === null ? null : element("AirSyncBase:Truncated", truncated),
              element("AirSyncBase:Data", text)
            )
          )
        )
      })
      const ids = answered?.responses.map(({ serverId }) => serverId ?? "") ?? []
      assert.lengthOf(ids, 3)
      for (const id of ids) {
        const { properties } = yield* syncedItem(id, [prefer({ type: 1 })], drafts)
        // A message ends with a line.
        assert.deepStrictEqual(bodyOf(properties), whole(1, `${text}\r\n`))
      }
    })
  )

  it.effect(
    "AIRS_S02_TC13, MS-ASAIRS_R238/R305/R307/R2411/R2412: NativeBodyType is the type, unless the body was made another",
    () =>
      Effect.gen(function* () {
        const id = yield* htmlMail
        const items = yield* isEverywhere(id, [prefer({ type: 2 })], { body: whole(2, html) })
        for (const item of items) assert.strictEqual(nativeOf(item), "2")
        const mimeToo = [element("AirSync:MIMESupport", 2), prefer({ type: 4 })]
        for (const options of [mimeToo, [prefer({ type: 4 })]]) {
          for (const item of yield* everywhere(id, options)) {
            assert.strictEqual(bodyOf(item)?.["AirSyncBase:Type"], "4")
            assert.strictEqual(nativeOf(item), "2")
          }
        }
        for (const item of yield* everywhere(id, [prefer({ type: 1 })])) {
          assert.deepStrictEqual(bodyOf(item), whole(1, "The first words"))
          assert.strictEqual(nativeOf(item), "2")
        }
      })
  )

  it.effect("AIRS_S04_TC06, MS-ASAIRS_R10016: two preferences of one type are 4", () =>
    Effect.gen(function* () {
      const handset = yield* newHandset()
      yield* syncOne(handset, inbox)
      const preference = prefer({ type: 1, size: 100, allOrNone: 1 })
      const answered = yield* askSync(handset, {
        collections: [{ id: inbox, key: keyOf(handset, inbox), options: [preference, preference] }]
      })
      assert.deepInclude(answered, { status: "4", collections: [] })
    })
  )

  it.effect(
    "EMAIL_S01_TC02, MS-ASEMAIL_R318/R439/R1057: a new message says what it has none of, and gives as much body as may be",
    () =>
      Effect.gen(function* () {
        const id = yield* plainMail
        const { properties } = yield* syncedItem(id, [prefer({ type: 1, size: 5120, allOrNone: 0 })])
        assert.deepStrictEqual(contentAt(properties, "Email:Categories"), {})
        assert.deepStrictEqual(contentAt(properties, "Email:Flag"), {})
        assert.deepStrictEqual(bodyOf(properties), whole(1, text))
        for (const preference of [prefer({ type: 1, size: 0 }), prefer({ type: 1, size: 5, allOrNone: 1 })]) {
          const none = yield* syncedItem(id, [preference])
          assert.notProperty(bodyOf(none.properties), "AirSyncBase:Data")
        }
      })
  )

  it.effect(
    "EMAIL_S01_TC19, MS-ASEMAIL_R61/R63: who asks ItemOperations for the subject gets nothing else",
    () =>
      Effect.gen(function* () {
        const handset = yield* newHandset()
        const options = [element("ItemOperations:Schema", element("Email:Subject"))]
        const { status, properties } = yield* fetchedItem(handset, yield* plainMail, { options })
        assert.strictEqual(status, "1")
        assert.deepStrictEqual(childElements(properties ?? assert.fail("no item")), [
          element("Email:Subject", "with a body")
        ])
      })
  )

  it.effect(
    "EMAIL_S01_TC20, MS-ASEMAIL_R61: ItemOperations gives the body that fits, and the message part",
    () =>
      Effect.gen(function* () {
        const handset = yield* newHandset()
        const options = [
          prefer({ type: 1, size: 5120, allOrNone: 1 }),
          preferPart({ type: 2, size: 5120, allOrNone: 1 })
        ]
        const { status, properties } = yield* fetchedItem(handset, yield* plainMail, { options })
        assert.strictEqual(status, "1")
        assert.deepStrictEqual(bodyOf(properties), whole(1, text))
        assert.include(partOf(properties)?.["AirSyncBase:Data"], text)
      })
  )

  it.effect("EMAIL_S01_TC21: ItemOperations cuts where not all or nothing was asked for", () =>
    Effect.gen(function* () {
      const handset = yield* newHandset()
      const options = [prefer({ type: 1, size: 10, allOrNone: 0 })]
      const { properties } = yield* fetchedItem(handset, yield* plainMail, { options })
      assert.deepStrictEqual(bodyOf(properties), cut(1, text, 10))
    })
  )

  it.effect("EMAIL_S01_TC22: and gives all of what fits where it was", () =>
    Effect.gen(function* () {
      const handset = yield* newHandset()
      const options = [prefer({ type: 1, size: 100, allOrNone: 1 })]
      const { properties } = yield* fetchedItem(handset, yield* plainMail, { options })
      assert.deepStrictEqual(bodyOf(properties), whole(1, text))
    })
  )
})
