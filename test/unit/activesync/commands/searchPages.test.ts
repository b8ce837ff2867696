import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { search } from "../../../../src/protocols/activesync/commands/search.ts"
import {
  commandsOf,
  freeText,
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

describe("Ranges of a Search", () => {
  it.effect(
    "MS-ASCMD_R3729, R4638: as many as asked for, with the places that they have and how many there are",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        yield* storeMany(world.mail, ["plans", "plans", "plans"])
        const of = (range: string) =>
          Effect.map(
            run(search, mailSearch(freeText("plans"), `<Range>${range}</Range>`)),
            ({ statuses, found, range, total }) => [statuses[1], found.join(), range, total]
          )
        assert.deepStrictEqual(yield* of("0-0"), [1, "3", "0-0", "3"])
        assert.deepStrictEqual(yield* of("1-1"), [1, "2", "1-1", "3"])
        assert.deepStrictEqual(yield* of("1-9"), [1, "2,1", "1-2", "3"])
        assert.deepStrictEqual(yield* of("0-99"), [1, "3,2,1", "0-2", "3"])
        // Past the end, and past what can be asked for (MS-ASCMD_R3736, R4361).
        assert.deepStrictEqual(yield* of("3-9"), [12, "", undefined, "3"])
        assert.deepStrictEqual(yield* of("0-100"), [12, "3,2,1", "0-2", "3"])
        assert.deepStrictEqual(yield* of("500-999"), [12, "", undefined, "3"])
      })
  )

  it.effect("MS-ASCMD_R3730, R3733: a hundred without a Range, and never more", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(
        world.mail,
        Array.from({ length: 105 }, () => "plans")
      )
      const { found, range, total, statuses } = yield* run(
        commandsOf(world).search,
        mailSearch(freeText("plans"))
      )
      assert.deepStrictEqual(
        [found.length, found[0], range, total, statuses[1]],
        [100, 105, "0-99", "100", 1]
      )
    })
  )

  it.effect(
    "MS-ASCMD_R3739, R3749, R3755: mail that comes meanwhile does not shift the next page, until it is rebuilt",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        const page = (options: string, text = "plans", deviceId = "device1") =>
          Effect.map(run(search, mailSearch(freeText(text), options), "16.1", deviceId), ({ found }) => found)
        yield* storeMany(world.mail, ["plans", "plans", "plans"])
        assert.deepStrictEqual(yield* page("<Range>0-1</Range>"), [3, 2])
        yield* storeMany(world.mail, ["plans"], { receivedAt: Date.UTC(2026, 1, 1) })
        assert.deepStrictEqual(yield* page("<Range>2-3</Range>"), [1])
        assert.deepStrictEqual(yield* page("<Range>2-3</Range><RebuildResults/>"), [2, 1])
        // Neither what another device found nor what was found for other words.
        assert.deepStrictEqual(yield* page("<Range>1-1</Range>", "plans", "device2"), [3])
        assert.deepStrictEqual(yield* page("<Range>1-1</Range>", "text of plans"), [3])
        assert.deepStrictEqual(yield* page("<Range>0-0</Range>"), [4])
      })
  )

  it.effect("MS-ASCMD_R3757: what was deleted meanwhile is left out", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { search } = commandsOf(world)
      const stored = yield* storeMany(world.mail, ["plans", "plans", "plans"])
      const page = (range: string) => run(search, mailSearch(freeText("plans"), `<Range>${range}</Range>`))
      yield* page("0-0")
      const [, second] = stored
      if (second !== undefined) world.mail.messages.delete(second.id)
      const { found, range } = yield* page("1-2")
      assert.deepStrictEqual([found, range], [[1], "1-2"])
    })
  )

  it.effect("whole messages are read one by one: ten of them may be more than there is room for", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(world.mail, ["plans", "plans", "plans"])
      const { core } = world.services
      let open = 0
      let most = 0
      const opened = Effect.acquireRelease(
        Effect.sync(() => {
          open += 1
          most = Math.max(most, open)
        }).pipe(Effect.zipRight(Effect.yieldNow())),
        () => Effect.sync(() => (open -= 1))
      )
      const getRaw: typeof core.getRaw = (call, of) =>
        Stream.unwrapScoped(Effect.as(opened, core.getRaw(call, of)))
      const { found } = yield* run(
        search({ ...world.services, core: { ...core, getRaw } }),
        mailSearch(
          freeText("plans"),
          "<AirSync:MIMESupport>2</AirSync:MIMESupport><AirSyncBase:BodyPreference><Type>4</Type></AirSyncBase:BodyPreference>"
        )
      )
      assert.deepStrictEqual([found.length, most], [3, 1])
    })
  )

  it.effect("an answer holds as much content as it may, and says so by its Range", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const command = search({ ...world.services, settings: { contentBytes: 2_500 } })
      yield* storeMany(
        world.mail,
        Array.from({ length: 12 }, () => `plans ${"x".repeat(200)}`)
      )
      const { found, range, total } = yield* run(command, mailSearch(freeText("plans")))
      assert.isAtLeast(found.length, 1)
      assert.isBelow(found.length, 12)
      assert.deepStrictEqual([range, total], [`0-${found.length - 1}`, "12"])
      const tiny = search({ ...world.services, settings: { contentBytes: 1 } })
      assert.deepStrictEqual((yield* run(tiny, mailSearch(freeText("plans")))).found, [12])
    })
  )
})

describe("Words that somebody searches for", () => {
  const asks = (text: string) =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { statuses } = yield* run(commandsOf(world).search, mailSearch(freeText(text)))
      return { status: statuses[1], asked: world.asked }
    })

  it.effect("are text, whatever they look like", () =>
    Effect.gen(function* () {
      const { asked } = yield* asks("from:bob -is:unread (a OR b) &quot;c d&quot; e* NOT “f”")
      assert.deepStrictEqual(asked, [
        '"from:bob"* "-is:unread"* "(a"* "OR"* "b)"* "c"* "d"* "e*"* "NOT"* "f"*'
      ])
    })
  )

  it.effect("that are none are found nowhere", () =>
    Effect.gen(function* () {
      for (const text of ["", "  ", "!!! -- &quot;&quot;"])
        assert.deepStrictEqual(yield* asks(text), { status: 1, asked: [] })
    })
  )

  it.effect("MS-ASCMD_R4350: ten thousand of them are too complex, status 8; so is a very long one", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* asks("word ".repeat(10_000))).status, 8)
      assert.strictEqual((yield* asks("w".repeat(100_000))).status, 8)
    })
  )

  it.effect("of any script are looked for", () =>
    Effect.gen(function* () {
      for (const text of ["日本語", "Übergröße", "привет мир", "🎉", "e\u0301", "\ufeff a", "שלום"])
        assert.strictEqual((yield* asks(text)).status, 1)
    })
  )
})

describe("Search of people", () => {
  it.effect(
    "CMD_S14_TC14, MS-ASCMD_R419, R420, R421, R426, R431, R5711, R5286, R5287, R5300, R5316: by the beginning of names and addresses, in the order of names, with how many there are",
    () =>
      Effect.gen(function* () {
        const { search } = commandsOf(yield* searchWorld)
        const { xml, statuses, range, total } = yield* run(
          search,
          peopleSearch("mich", "<Range>0-9</Range>"),
          "14.0"
        )
        assert.deepStrictEqual([statuses, range, total], [[1, 1], "0-1", "2"])
        assert.deepStrictEqual(
          [...xml.matchAll(/<Gal:DisplayName>([^<]+)</g)].map(([, name]) => name),
          ["Michael Alexander", "Michael Allen"]
        )
        assert.include(xml, "<Gal:Alias>mial</Gal:Alias>")
        assert.include(xml, "<Gal:EmailAddress>mial@example.test</Gal:EmailAddress>")
        assert.notInclude(xml, "Picture")
      })
  )

  it.effect("MS-ASCMD_R422: a dot after a beginning is no part of it", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      assert.strictEqual((yield* run(search, peopleSearch("Michael A."))).total, "2")
      assert.strictEqual((yield* run(search, peopleSearch("mial@example.test"))).total, "1")
      assert.strictEqual((yield* run(search, peopleSearch("..."))).total, "0")
    })
  )

  it.effect("MS-ASCMD_R3736: pages, and status 12 past the end", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      const of = (range: string) =>
        Effect.map(
          run(search, peopleSearch("mich", `<Range>${range}</Range>`)),
          ({ statuses, range, total }) => [statuses[1], range, total]
        )
      assert.deepStrictEqual(yield* of("1-1"), [1, "1-1", "2"])
      assert.deepStrictEqual(yield* of("2-5"), [12, undefined, "2"])
      assert.deepStrictEqual(yield* of("0-100"), [12, "0-1", "2"])
      assert.strictEqual((yield* of("200-300"))[0], 12)
    })
  )

  it.effect("nobody found is an empty Result; who has no name is shown by the address", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      const { xml, statuses } = yield* run(search, peopleSearch("zed"))
      assert.deepStrictEqual(statuses, [1, 1])
      assert.include(xml, "<Result/>")
      const nameless = yield* run(search, peopleSearch("nameless"))
      assert.include(nameless.xml, "<Gal:DisplayName>nameless@example.test</Gal:DisplayName>")
    })
  )

  it.effect(
    "CMD_S14_TC26, CMD_S21_TC02, MS-ASCMD_R4373, R4970, R3674: nobody has a photo, status 173 of each, from 14.1 on",
    () =>
      Effect.gen(function* () {
        const { search } = commandsOf(yield* searchWorld)
        const picture = "<Picture><MaxSize>100</MaxSize><MaxPictures>1</MaxPictures></Picture>"
        const pictures = (version: "14.0" | "14.1") =>
          Effect.map(run(search, peopleSearch("mich", picture), version), ({ xml }) => [
            ...xml.matchAll(/<Gal:Picture>\s*<Status>(\d+)</g)
          ])
        assert.deepStrictEqual(
          (yield* pictures("14.1")).map(([, status]) => status),
          ["173", "173"]
        )
        assert.deepStrictEqual(yield* pictures("14.0"), [])
      })
  )
})

describe("Search of document libraries", () => {
  it.effect("there are none: 5 for what could be one, 4 for other links, 2 for other questions", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      const library = (query: string) =>
        Effect.map(
          run(search, storeSearch(`<Name>DocumentLibrary</Name><Query>${query}</Query>`)),
          ({ statuses }) => statuses
        )
      const link = (value: string) =>
        library(`<EqualTo><DocumentLibrary:LinkId/><Value>${value}</Value></EqualTo>`)
      assert.deepStrictEqual(yield* link("\\\\server\\share"), [1, 5])
      assert.deepStrictEqual(yield* link("https://server.test/"), [1, 5])
      assert.deepStrictEqual(yield* link("share"), [1, 4])
      assert.deepStrictEqual(yield* library(freeText("x")), [1, 2])
    })
  )
})

itLints(responses)
