import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  collection,
  commandsOf,
  deep,
  email,
  freeText,
  greater,
  inbox,
  less,
  mailQuery,
  mailSearch,
  peopleSearch,
  searchRunner,
  searchWorld,
  storeMany,
  storeSearch
} from "../../../support/activesync/searchWorld.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"

const responses: Array<Uint8Array> = []
const { run } = searchRunner(responses)

describe("A search of the mailbox that cannot be carried out", () => {
  const wrongPlaces: ReadonlyArray<readonly [string, string]> = [
    ["CMD_S14_TC02: several And", `<And>${inbox}${freeText("x")}</And><And/>`],
    ["CMD_S14_TC03: Class beside And", `${email}<And>${freeText("x")}</And>`],
    ["CMD_S14_TC04: CollectionId beside And", `${collection("1")}<And>${freeText("x")}</And>`],
    ["CMD_S14_TC05: FreeText beside And", `${freeText("x")}<And>${inbox}</And>`],
    ["CMD_S14_TC27: ConversationId beside And", `<ConversationId>AAAA</ConversationId><And>${inbox}</And>`],
    ["CMD_S14_TC31: GreaterThan beside And", `${greater("2026-01-01T00:00:00.000Z")}<And>${inbox}</And>`],
    ["CMD_S14_TC32: LessThan beside And", `${less("2026-01-01T00:00:00.000Z")}<And>${inbox}</And>`],
    ["CMD_S14_TC30: Or", `<Or>${email}${freeText("x")}</Or>`],
    ["MS-ASCMD_R2278: EqualTo", `<And><EqualTo><DocumentLibrary:LinkId/><Value>x</Value></EqualTo></And>`],
    ["And within And", `<And><And>${freeText("x")}</And></And>`],
    ["two texts", `<And>${freeText("x")}${freeText("y")}</And>`],
    [
      "CMD_S14_TC29, MS-ASCMD_R5815: two conversations",
      `<And><ConversationId>AAAA</ConversationId><ConversationId>AAAA</ConversationId>${freeText("x")}</And>`
    ]
  ]
  for (const [title, query] of wrongPlaces)
    it.effect(
      `${title} is too complex, status 8 (MS-ASCMD_R772, R923, R2032, R2086, R3105, R3143, R3220)`,
      () =>
        Effect.gen(function* () {
          const { search } = commandsOf(yield* searchWorld)
          assert.deepStrictEqual((yield* run(search, mailQuery(query))).statuses, [1, 8])
        })
    )

  const repeated: ReadonlyArray<readonly [string, string]> = [
    ["CMD_S14_TC06, MS-ASCMD_R2143: DeepTraversal", deep + deep],
    [
      "CMD_S14_TC07, MS-ASCMD_R3374: MIMESupport",
      "<AirSync:MIMESupport>2</AirSync:MIMESupport><AirSync:MIMESupport>2</AirSync:MIMESupport>"
    ],
    ["CMD_S14_TC08, MS-ASCMD_R3723: Range", "<Range>0-1</Range><Range>0-1</Range>"],
    ["CMD_S14_TC09, MS-ASCMD_R3747: RebuildResults", "<RebuildResults/><RebuildResults/>"]
  ]
  for (const [title, options] of repeated)
    it.effect(`${title} twice is no error`, () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        yield* storeMany(world.mail, ["plans"])
        const { statuses, found } = yield* run(
          commandsOf(world).search,
          mailSearch(inbox + freeText("plans"), options)
        )
        assert.deepStrictEqual([statuses, found], [[1, 1], [1]])
      })
    )

  it.effect("CMD_S14_TC10, MS-ASCMD_R4535: of several stores the first is searched", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(world.mail, ["plans", "others"])
      const store = (text: string) =>
        `<Store><Name>Mailbox</Name><Query><And>${freeText(text)}</And></Query></Store>`
      const document = `<Search:Search>${store("plans")}${store("others")}</Search:Search>`
      const { statuses, found } = yield* run(commandsOf(world).search, document)
      assert.deepStrictEqual([statuses, found], [[1, 1], [1]])
    })
  )

  const malformed: ReadonlyArray<readonly [string, string]> = [
    [
      "CMD_S14_TC11, ASEMAIL_S01_TC23, MS-ASCMD_R4329, MS-ASEMAIL_R68: a property of mail",
      mailSearch(`${inbox}${freeText("x")}<Email:To>a@b.test</Email:To>`)
    ],
    ["no store", "<Search:Search/>"],
    ["a store without name", storeSearch(`<Query><And>${freeText("x")}</And></Query>`)],
    ["an unknown store", storeSearch(`<Name>Attic</Name><Query>x</Query>`)],
    ["no query", storeSearch("<Name>Mailbox</Name>")],
    ["two queries", storeSearch("<Name>GAL</Name><Query>x</Query><Query>x</Query>")],
    ["a query of text", mailQuery("plans")],
    ["an empty And", mailSearch("")],
    ["nothing to look for", mailSearch(inbox)],
    ["an unknown class", mailSearch(`<AirSync:Class>Letters</AirSync:Class>${freeText("x")}`)],
    ["an unknown option", mailSearch(freeText("x"), "<Total>1</Total>")],
    ["a range of letters", mailSearch(freeText("x"), "<Range>a-b</Range>")],
    ["an empty range", mailSearch(freeText("x"), "<Range/>")],
    ["a range that ends before it begins", mailSearch(freeText("x"), "<Range>5-2</Range>")],
    ["a date that is none", mailSearch(greater("yesterday"))],
    [
      "MS-ASCMD_R3141: a value before its property",
      mailSearch("<GreaterThan><Value>2026-01-01T00:00:00.000Z</Value><Email:DateReceived/></GreaterThan>")
    ],
    [
      "MS-ASCMD_R3218: a value without its property",
      mailSearch("<LessThan><Value>2026-01-01T00:00:00.000Z</Value></LessThan>")
    ],
    [
      "AIRS_S04_TC05, MS-ASAIRS_R10032, R10036, R10039: an option outside Options",
      storeSearch(
        `<Name>Mailbox</Name><Query><And>${freeText("x")}</And></Query><AirSyncBase:BodyPreference><Type>1</Type></AirSyncBase:BodyPreference>`
      )
    ],
    [
      "AIRS_S04_TC02, MS-ASAIRS_R346, R10014, R10033: a type of body that is no number",
      mailSearch(freeText("x"), "<AirSyncBase:BodyPreference><Type>one</Type></AirSyncBase:BodyPreference>")
    ],
    [
      "AIRS_S04_TC03, MS-ASAIRS_R10030, R10034, R10037: a type of body given twice",
      mailSearch(
        freeText("x"),
        "<AirSyncBase:BodyPreference><Type>1</Type><Type>1</Type></AirSyncBase:BodyPreference>"
      )
    ],
    [
      "AIRS_S04_TC04, MS-ASAIRS_R10031, R10035, R10038: a preference in the wrong order",
      mailSearch(
        freeText("x"),
        "<AirSyncBase:BodyPreference><TruncationSize>1</TruncationSize><Type>1</Type></AirSyncBase:BodyPreference>"
      )
    ],
    ["a search of people without text", peopleSearch(" ")],
    ["a search of people with conditions", peopleSearch(freeText("x"))]
  ]
  for (const [title, document] of malformed)
    it.effect(`${title} is status 2 of the store`, () =>
      Effect.gen(function* () {
        const { search } = commandsOf(yield* searchWorld)
        assert.deepStrictEqual((yield* run(search, document)).statuses, [1, 2])
      })
    )

  it.effect("a request without a document is status 2", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      assert.deepStrictEqual((yield* run(search, "<Find:Find/>")).statuses, [1, 2])
    })
  )
})

itLints(responses)
