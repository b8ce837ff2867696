import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childElements, childText, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { estimate } from "../../support/activesync/estimate.ts"
import {
  ask,
  catchUp,
  folderIds,
  type Handset,
  keyOf,
  serverIdsOf,
  syncAll,
  syncOne
} from "../../support/activesync/handset.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"

const { inbox, deleted } = folderIds

type Move = readonly [item: string, from: string, ...to: ReadonlyArray<string>]

const move = (handset: Handset, ...moves: ReadonlyArray<Move>) =>
  Effect.map(
    ask(
      handset,
      "MoveItems",
      element(
        "Move:MoveItems",
        moves.map(([item, from, ...to]) =>
          element(
            "Move:Move",
            element("Move:SrcMsgId", item),
            element("Move:SrcFldId", from),
            to.map((id) => element("Move:DstFldId", id))
          )
        )
      )
    ),
    (document) =>
      childElements(document ?? assert.fail("no answer")).map((response) => [
        childText(response, "Move:SrcMsgId"),
        childText(response, "Move:Status"),
        childText(response, "Move:DstMsgId")
      ])
  )

const filter = (type: number) => element("AirSync:Options", element("AirSync:FilterType", type))

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("MoveItems", (it) => {
  it.scoped(
    "MS-ASCMD MoveItems_Success, MS-ASCON MoveItems_Move: success is 3; phones see it go and come",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["moving"])
        const handset = yield* phone()
        yield* syncAll(handset, inbox)
        yield* syncAll(handset, deleted)
        assert.deepStrictEqual(yield* move(handset, [id, inbox, deleted]), [[id, "3", id]])
        const gone = yield* syncOne(handset, inbox)
        assert.deepStrictEqual(
          gone?.changes.map(({ op, serverId }) => [op, serverId]),
          [["Delete", id]]
        )
        const come = yield* syncOne(handset, deleted)
        assert.deepStrictEqual(
          come?.changes.map(({ op, serverId }) => [op, serverId]),
          [["Add", id]]
        )
      })
  )

  it.scoped("a move that is asked for again is answered as the first time", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["moving once"])
      const handset = yield* phone()
      const first = yield* move(handset, [id, inbox, deleted])
      assert.deepStrictEqual(yield* move(handset, [id, inbox, deleted]), first)
    })
  )

  it.scoped(
    "MS-ASCMD MoveItems_Status1_InvalidSrcFldId, MS-ASCMD MoveItems_Status1_InvalidSrcMsgId: what is not there is 1",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["staying"])
        const handset = yield* phone()
        assert.deepStrictEqual(
          yield* move(
            handset,
            [id, "no folder", deleted],
            [id, "3", deleted],
            ["999999", inbox, deleted],
            ["no item", inbox, deleted]
          ),
          [
            [id, "1", undefined],
            [id, "1", undefined],
            ["999999", "1", undefined],
            ["no item", "1", undefined]
          ]
        )
        yield* move(handset, [id, inbox, deleted])
        assert.deepStrictEqual(yield* move(handset, [id, inbox, "3"]), [[id, "1", undefined]])
      })
  )

  it.scoped(
    "MS-ASCMD MoveItems_Status2, MS-ASCMD MoveItems_Status4, MS-ASCMD MoveItems_Status5: destinations that will not do, in order",
    () =>
      Effect.gen(function* () {
        const [id = "", other = ""] = yield* letters(["nowhere", "somewhere"])
        const handset = yield* phone()
        assert.deepStrictEqual(
          yield* move(
            handset,
            [id, inbox, "99999"],
            [id, inbox, "calendar"],
            [id, inbox, inbox],
            [id, inbox, deleted, "3"],
            [other, inbox, deleted]
          ),
          [
            [id, "2", undefined],
            [id, "2", undefined],
            [id, "4", undefined],
            [id, "5", undefined],
            [other, "3", other]
          ]
        )
      })
  )
})

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("GetItemEstimate", (it) => {
  it.scoped(
    "MS-ASCMD GetItemEstimate_Success, MS-ASCMD GetItemEstimate_WithoutOptions, MS-ASCMD_R5056: as many as Sync brings",
    () =>
      Effect.gen(function* () {
        yield* letters(["one", "two"])
        const handset = yield* phone()
        yield* syncOne(handset, inbox)
        const { status, estimate: told } = yield* estimate(handset, inbox, keyOf(handset, inbox))
        yield* catchUp(handset, inbox)
        assert.deepStrictEqual([status, told], ["1", String(serverIdsOf(handset, inbox).length)])
        assert.deepInclude(yield* estimate(handset, inbox, keyOf(handset, inbox)), { estimate: "0" })
      })
  )

  it.scoped("MS-ASCMD GetItemEstimate_Email_FilterType: with the filter of mail, and no other", () =>
    Effect.gen(function* () {
      yield* letters(["ten days old"], { daysOld: 10 })
      const handset = yield* phone()
      yield* syncOne(handset, inbox)
      const key = keyOf(handset, inbox)
      const counts: Array<number> = []
      for (let type = 0; type <= 5; type++) {
        const { status, estimate: told } = yield* estimate(handset, inbox, key, filter(type))
        assert.strictEqual(status, "1")
        counts.push(Number(told))
      }
      const [all = 0, day = 0, , week = 0, fortnight = 0] = counts
      assert.isTrue(day <= week && week < fortnight && fortnight <= all, counts.join())
      for (const type of [6, 7, 8])
        assert.strictEqual((yield* estimate(handset, inbox, key, filter(type))).status, "110")
    })
  )

  it.scoped(
    "MS-ASCMD GetItemEstimate_Contacts_FilterType, MS-ASCMD GetItemEstimate_ConversationMode_Status103: other classes",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.deepInclude(yield* estimate(handset, "contacts", "1", filter(4)), {
          status: "1",
          estimate: "0"
        })
        const mode = element("AirSync:ConversationMode", 1)
        assert.strictEqual((yield* estimate(handset, "contacts", "1", mode)).status, "103")
      })
  )

  it.scoped(
    "MS-ASCMD GetItemEstimate_Status2, MS-ASCMD GetItemEstimate_Status3: no such folder, never synced",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual((yield* estimate(handset, "no folder", "1")).status, "2")
        assert.strictEqual((yield* estimate(handset, inbox, "0")).status, "3")
        assert.strictEqual((yield* estimate(handset, inbox, "1")).status, "3")
      })
  )

  it.scoped(
    "MS-ASCMD GetItemEstimate_Status4_InvalidSyncKey, MS-ASCMD GetItemEstimate_Status4_MismatchedSyncKey, MS-ASCON GetItemEstimate_Status4: a wrong key, or classes that do not go together",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* syncOne(handset, inbox)
        assert.strictEqual((yield* estimate(handset, inbox, "wrong")).status, "4")
        const classes = ["Email", "Calendar"].map((name) =>
          element("AirSync:Options", element("AirSync:Class", name))
        )
        assert.strictEqual((yield* estimate(handset, inbox, keyOf(handset, inbox), ...classes)).status, "4")
      })
  )

  it.scoped(
    "MS-ASCMD GetItemEstimate_WithCombinationClasses, MS-ASCMD GetItemEstimate_WithStatusValue4Returned, MS-ASCMD_R907/R908: mail and SMS go together",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* syncOne(handset, inbox)
        const classes = ["Email", "SMS"].map((name) =>
          element("AirSync:Options", element("AirSync:Class", name))
        )
        assert.strictEqual((yield* estimate(handset, inbox, keyOf(handset, inbox), ...classes)).status, "1")
      })
  )
})
