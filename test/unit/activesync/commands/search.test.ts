import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Busy } from "../../../../src/domain/errors.ts"
import { FolderId, ThreadId } from "../../../../src/domain/ids.ts"
import { search } from "../../../../src/protocols/activesync/commands/search.ts"
import { conversationIdOf } from "../../../../src/protocols/activesync/content/conversation.ts"
import {
  collection,
  commandsOf,
  deep,
  freeText,
  greater,
  inbox,
  less,
  mailSearch,
  searchRunner,
  searchWorld,
  storeMany
} from "../../../support/activesync/searchWorld.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"
import { mailboxId } from "../../../support/alice.ts"

const responses: Array<Uint8Array> = []
const { run } = searchRunner(responses)

describe("Search of the mailbox", () => {
  it.effect(
    "CMD_S14_TC01, CMD_S14_TC13, MS-ASCMD_R5849, R3687, R3725: what matches is found, newest first, with class, id, folder and properties",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        yield* storeMany(world.mail, ["plans one", "other", "plans two"])
        const { xml, statuses, found, range, total } = yield* run(
          search,
          mailSearch(inbox + freeText("plans"), `${deep}<RebuildResults/><Range>0-2</Range>`)
        )
        assert.deepStrictEqual(statuses, [1, 1])
        assert.deepStrictEqual(found, [3, 1])
        assert.deepStrictEqual([range, total], ["0-1", "2"])
        assert.match(
          xml,
          /<AirSync:Class>Email<\/AirSync:Class>\s*<LongId>L3<\/LongId>\s*<AirSync:CollectionId>1</
        )
        assert.include(xml, "<Email:Subject>plans two</Email:Subject>")
        assert.include(xml, "<Data>text of plans two</Data>")
      })
  )

  it.effect("CMD_S14_TC12, MS-ASCMD_R3847, R3850: nothing found is an empty Result with status 1", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(world.mail, ["plans"])
      const { xml, statuses, total } = yield* run(
        commandsOf(world).search,
        mailSearch(inbox + freeText("xyzzy"))
      )
      assert.deepStrictEqual(statuses, [1, 1])
      assert.lengthOf([...xml.matchAll(/<Result/g)], 1)
      assert.include(xml, "<Result/>")
      assert.notInclude(xml, "<Range>")
      assert.strictEqual(total, "0")
    })
  )

  it.effect("CMD_S14_TC28, MS-ASCMD_R3699: case does not matter", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      yield* storeMany(world.mail, ["PLANS", "plans"])
      const { found } = yield* run(commandsOf(world).search, mailSearch(inbox + freeText("pLaNs")))
      assert.deepStrictEqual(found, [2, 1])
    })
  )

  it.effect(
    "CMD_S14_TC22, CMD_S14_TC23, MS-ASCMD_R2031, R5856, R2146: subfolders are searched with DeepTraversal, and only then",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        for (const id of [1, 8, 9, 2]) yield* storeMany(world.mail, ["plans"], { folderId: FolderId(id) })
        const found = (conditions: string, options = "") =>
          Effect.map(
            run(search, mailSearch(conditions + freeText("plans"), options)),
            (answer) => answer.found
          )
        assert.deepStrictEqual(yield* found(collection("1")), [1])
        assert.deepStrictEqual(yield* found(collection("1"), deep), [3, 2, 1])
        assert.deepStrictEqual(yield* found(collection("8"), deep), [3, 2])
        // MS-ASCMD_R2030: several folders.
        assert.deepStrictEqual(yield* found(collection("1") + collection("2")), [4, 1])
        assert.deepStrictEqual(yield* found("", deep), [4, 3, 2, 1])
        assert.deepStrictEqual(yield* found(""), [4, 3, 2, 1])
        assert.deepStrictEqual(yield* found(collection("0"), deep), [4, 3, 2, 1])
        assert.deepStrictEqual(yield* found(collection("0")), [])
      })
  )

  it.effect("MS-ASCMD_R4358: a folder that there is not is status 11", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      for (const id of ["77", "-1", "", "abc"])
        assert.deepStrictEqual(
          (yield* run(search, mailSearch(collection(id) + freeText("x")))).statuses,
          [1, 11]
        )
    })
  )

  it.effect(
    "CMD_S14_TC15, CMD_S14_TC16, CMD_S14_TC17, MS-ASCMD_R920, R922: classes that have no items yet are searched in vain",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        yield* storeMany(world.mail, ["plans"])
        const classes = (...names: ReadonlyArray<string>) =>
          names.map((name) => `<AirSync:Class>${name}</AirSync:Class>`).join("")
        const of = (conditions: string, version: "12.1" | "14.1" = "14.1") =>
          run(search, mailSearch(conditions + freeText("plans"), deep), version)
        const folders = collection("1") + collection("calendar") + collection("contacts")
        const all = yield* of(folders + classes("Tasks", "Email", "Calendar", "Contacts", "Notes", "SMS"))
        assert.deepStrictEqual([all.statuses, all.found], [[1, 1], [1]])
        const some = yield* of(folders + classes("Tasks", "Email", "Calendar", "Contacts"), "12.1")
        assert.deepStrictEqual(some.found, [1])
        assert.deepStrictEqual((yield* of(folders)).found, [1])
        assert.deepStrictEqual((yield* of(classes("Calendar"))).found, [])
        assert.deepStrictEqual((yield* of(collection("calendar"))).found, [])
        // MS-ASCMD_R6288: from 14.0 on.
        assert.deepStrictEqual((yield* of(classes("Email", "Notes"), "12.1")).statuses, [1, 2])
      })
  )

  it.effect("MS-ASCMD_R3140, R7568, R7572: dates bound what is found, to the millisecond", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { search } = commandsOf(world)
      // At 10:00, 10:01, 10:02, 10:03.
      yield* storeMany(world.mail, ["plans", "plans", "plans", "plans"])
      const found = (conditions: string) =>
        Effect.map(run(search, mailSearch(conditions)), (answer) => answer.found)
      const at = (minute: number) => `2026-01-31T10:0${minute}:00.000Z`
      assert.deepStrictEqual(yield* found(greater(at(1))), [4, 3])
      assert.deepStrictEqual(yield* found(less(at(1))), [1])
      assert.deepStrictEqual(yield* found(freeText("plans") + greater(at(0)) + less(at(3))), [3, 2])
      assert.deepStrictEqual(yield* found(greater(at(0)) + greater(at(2)) + less("20260131T100300Z")), [])
      assert.deepStrictEqual(yield* found(greater("0001-01-01T00:00:00.000Z")), [4, 3, 2, 1])
      assert.deepStrictEqual(yield* found(less("9999-12-31T23:59:59.999Z")), [4, 3, 2, 1])
      assert.deepStrictEqual(yield* found(greater("9999-12-31T23:59:59.999Z")), [])
    })
  )

  const conversation = (thread: number) =>
    `<ConversationId>${Buffer.from(conversationIdOf(mailboxId, ThreadId(thread))).toString("base64")}</ConversationId>`

  it.effect(
    "ASCON_S05_TC01, MS-ASCON_R176, R220, R221: a conversation is found in all folders, within words and dates",
    () =>
      Effect.gen(function* () {
        const world = yield* searchWorld
        const { search } = commandsOf(world)
        const of7 = { threadId: ThreadId(7) }
        yield* storeMany(world.mail, ["plans", "answer"], of7)
        yield* storeMany(world.mail, ["plans sent"], { ...of7, folderId: FolderId(2) })
        yield* storeMany(world.mail, ["plans"])
        const found = (conditions: string) =>
          Effect.map(run(search, mailSearch(conditions)), (answer) => answer.found)
        assert.sameMembers([...(yield* found(conversation(7)))], [1, 2, 3])
        assert.deepStrictEqual(yield* found(conversation(7) + collection("2")), [3])
        assert.sameMembers([...(yield* found(conversation(7) + freeText("plans")))], [1, 3])
        assert.deepStrictEqual(yield* found(conversation(7) + greater("2026-01-31T10:00:00.000Z")), [2])
        assert.deepStrictEqual(yield* found(conversation(99)), [])
        assert.deepStrictEqual(yield* found("<ConversationId>bm9uZQ==</ConversationId>"), [])
        const { statuses } = yield* run(search, mailSearch(conversation(7)), "12.1")
        assert.deepStrictEqual(statuses, [1, 2])
      })
  )

  it.effect("ASCON_S05_TC03: a BodyPart that is no HTML is status 164", () =>
    Effect.gen(function* () {
      const { search } = commandsOf(yield* searchWorld)
      const part = "<AirSyncBase:BodyPartPreference><Type>3</Type></AirSyncBase:BodyPartPreference>"
      assert.deepStrictEqual((yield* run(search, mailSearch(conversation(7), part))).statuses, [1, 164])
    })
  )

  it.effect("ASCON_S05_TC02, MS-ASCON_R40, R235, R339: message parts come to who asks for them", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { search } = commandsOf(world)
      yield* storeMany(world.mail, ["plans"], { threadId: ThreadId(7) })
      const xmlOf = (options: string) =>
        Effect.map(run(search, mailSearch(conversation(7), options)), ({ xml }) => xml)
      const part = `<AirSyncBase:BodyPartPreference><Type>2</Type><TruncationSize>12</TruncationSize></AirSyncBase:BodyPartPreference>`
      const body = "<AirSyncBase:BodyPreference><Type>2</Type></AirSyncBase:BodyPreference>"
      const neither = yield* xmlOf("")
      assert.notInclude(neither, "BodyPart>")
      assert.include(neither, "AirSyncBase:Body>")
      const partOnly = yield* xmlOf(part)
      assert.include(partOnly, "AirSyncBase:BodyPart>")
      assert.notInclude(partOnly, "AirSyncBase:Body>")
      const both = yield* xmlOf(part + body)
      assert.include(both, "AirSyncBase:BodyPart>")
      assert.include(both, "AirSyncBase:Body>")
    })
  )

  it.effect("CMD_S14_TC33, MS-ASCMD_R3383, R3384, R3387, R3388: MIMESupport 2 makes the body a message", () =>
    Effect.gen(function* () {
      const world = yield* searchWorld
      const { search } = commandsOf(world)
      yield* storeMany(world.mail, ["plans"])
      const xmlOf = (support: number) =>
        Effect.map(
          run(
            search,
            mailSearch(
              freeText("plans"),
              `<AirSync:MIMESupport>${support}</AirSync:MIMESupport><AirSyncBase:BodyPreference><Type>4</Type></AirSyncBase:BodyPreference>`
            )
          ),
          ({ xml }) => xml
        )
      assert.include(yield* xmlOf(1), "AirSyncBase:Body>")
      const mime = yield* xmlOf(2)
      assert.include(mime, "<Type>4</Type>")
      assert.include(mime, "<EstimatedDataSize>")
      assert.include(mime, "Subject: plans")
    })
  )

  it.effect("a search that takes too long is status 10", () =>
    Effect.gen(function* () {
      const { services } = yield* searchWorld
      const core = { ...services.core, search: () => new Busy({ retryAfterMillis: 1 }) }
      const { statuses } = yield* run(search({ ...services, core }), mailSearch(freeText("x")))
      assert.deepStrictEqual(statuses, [1, 10])
    })
  )
})

itLints(responses)
