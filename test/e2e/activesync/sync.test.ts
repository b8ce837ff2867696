import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childText, type Element, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import {
  ask,
  askSync,
  catchUp,
  folderIds,
  type Handset,
  keyOf,
  serverIdsOf,
  subjectsOf,
  syncAll,
  syncOne
} from "../../support/activesync/handset.ts"
import { letters, phone, Running } from "../../support/activesync/running.ts"
import {
  add,
  change,
  fetchItem,
  markRead,
  readSync,
  remove,
  syncDocument
} from "../../support/activesync/talk.ts"

const { inbox, deleted } = folderIds
const filter = (type: number) => [element("AirSync:FilterType", type)]

const responsesOf = (handset: Handset, commands: ReadonlyArray<Element>) =>
  Effect.map(syncOne(handset, inbox, { commands }), (answered) => answered?.responses ?? [])

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("Sync", (it) => {
  it.scoped(
    "MS-ASCMD Sync_Email_Sequence, MS-ASCMD_R648/R654/R5032/R5051/R5053/R5060: key 0 primes, then all there is comes",
    () =>
      Effect.gen(function* () {
        yield* letters(["first of all"])
        const handset = yield* phone()
        const primed = yield* syncOne(handset, inbox)
        assert.deepInclude(primed, { status: "1", changes: [], responses: [], more: false })
        assert.notStrictEqual(primed?.key, "0")
        const told = yield* syncOne(handset, inbox)
        assert.notStrictEqual(told?.key, primed?.key)
        assert.include(subjectsOf(handset, inbox), "first of all")
      })
  )

  it.scoped(
    "MS-ASCMD Sync_Success, MS-ASCMD_R667/R679/R656: nothing new is an empty answer, as is the repetition of an empty request",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* syncAll(handset, inbox)
        const asked = syncDocument({ collections: [{ id: inbox, key: keyOf(handset, inbox) }] })
        assert.isNull(yield* ask(handset, "Sync", asked))
        assert.isNull(yield* ask(handset, "Sync", null))
        yield* letters(["after emptiness"])
        const { collections } = readSync(yield* ask(handset, "Sync", null))
        assert.deepStrictEqual(
          collections[0]?.changes.map(({ properties }) => childText(properties, "Email:Subject")),
          ["after emptiness"]
        )
      })
  )

  it.scoped(
    "MS-ASCMD Sync_Status13, MS-ASCMD_R4456: an empty or partial request without one before is 13",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual(readSync(yield* ask(handset, "Sync", null)).status, "13")
        const partial = yield* askSync(handset, { collections: [], wait: 1, partial: true })
        assert.strictEqual(partial.status, "13")
      })
  )

  it.scoped("MS-ASCMD_R674: a request with commands is not kept", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["to be marked"])
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* syncOne(handset, inbox, { commands: [markRead(id, true)] })
      assert.strictEqual(readSync(yield* ask(handset, "Sync", null)).status, "13")
    })
  )

  it.scoped("MS-ASCMD_R3644/R3645: a partial request is completed by the one before", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* syncAll(handset, deleted)
      const both = [inbox, deleted].map((id) => ({ id, key: keyOf(handset, id) }))
      assert.lengthOf((yield* askSync(handset, { collections: both })).collections, 0)
      yield* letters(["for the partial one"])
      const answered = yield* askSync(handset, {
        collections: [{ id: deleted, key: keyOf(handset, deleted) }],
        partial: true
      })
      assert.deepStrictEqual(
        answered.collections.map(({ id }) => id),
        [inbox]
      )
    })
  )

  it.scoped("MS-ASCMD Sync_Status3, MS-ASCMD_R4425: a key that was never given out is 3", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const { collections } = yield* askSync(handset, { collections: [{ id: inbox, key: "1" }] })
      assert.deepInclude(collections[0], { status: "3", key: "0" })
    })
  )

  it.scoped("MS-ASCMD_R4453: a folder that does not exist is 12, others are synced all the same", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const { collections } = yield* askSync(handset, {
        collections: [
          { id: "99999", key: "0" },
          { id: inbox, key: "0" }
        ]
      })
      assert.deepStrictEqual(
        collections.map(({ status }) => status),
        ["12", "1"]
      )
    })
  )

  it.scoped(
    "MS-ASCMD Sync_MoreAvailable, MS-ASCMD Sync_WindowSize_MoreAvailable_Omitted, MS-ASCMD_R3451/R4771/R3456: a window at a time, each with a new key",
    () =>
      Effect.gen(function* () {
        const subjects = ["window 1", "window 2", "window 3", "window 4", "window 5"]
        const handset = yield* phone()
        yield* syncAll(handset, inbox)
        yield* letters(subjects)
        const keys = new Set([keyOf(handset, inbox)])
        const seen: Array<[number, boolean]> = []
        for (let round = 0; round < 3; round++) {
          const answered = yield* syncOne(handset, inbox, { window: 2 })
          seen.push([answered?.changes.length ?? 0, answered?.more ?? false])
          keys.add(keyOf(handset, inbox))
        }
        assert.deepStrictEqual(seen, [
          [2, true],
          [2, true],
          [1, false]
        ])
        assert.strictEqual(keys.size, 4)
        for (const subject of subjects) assert.include(subjectsOf(handset, inbox), subject)
      })
  )

  it.scoped("MS-ASCMD_R4776/R4778/R4779: the window of all folders holds, folder after folder", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* syncAll(handset, deleted)
      yield* letters(["global 1", "global 2"])
      yield* letters(["global 3", "global 4"], { folderId: 4 })
      const asked = [inbox, deleted].map((id) => ({ id, key: keyOf(handset, id) }))
      const { collections } = yield* askSync(handset, { collections: asked, window: 3 })
      const told = collections.reduce((sum, { changes }) => sum + changes.length, 0)
      assert.strictEqual(told, 3)
      assert.isTrue(collections.at(-1)?.more)
    })
  )

  it.scoped("MS-ASCMD Sync_GetChanges, MS-ASCMD_R3125: who wants no changes gets none", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      yield* letters(["not now"])
      assert.isUndefined(yield* syncOne(handset, inbox, { getChanges: false }))
      assert.lengthOf((yield* syncOne(handset, inbox))?.changes ?? [], 1)
      const refused = yield* askSync(handset, { collections: [{ id: inbox, key: "0", getChanges: true }] })
      assert.strictEqual(refused.status, "4")
    })
  )

  it.scoped(
    "MS-ASCMD Sync_NoResponsesElement, MS-ASCMD Sync_Change, MS-ASCMD_R873/R5825/R5826/R759: marks travel to other phones, without an answer of their own and without an echo",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["marked"])
        const [one, other] = [yield* phone(), yield* phone()]
        yield* syncAll(one, inbox)
        yield* syncAll(other, inbox)
        const answered = yield* syncOne(one, inbox, {
          commands: [
            change(
              id,
              element("Email:Read", 1),
              element("Email:Categories", element("Email:Category", "Red"))
            )
          ]
        })
        assert.deepInclude(answered, { responses: [], changes: [] })
        assert.isUndefined(yield* syncOne(one, inbox))
        const told = yield* syncOne(other, inbox)
        assert.deepStrictEqual(
          told?.changes.map(({ op, serverId }) => [op, serverId]),
          [["Change", id]]
        )
        assert.isTrue(other.items.get(inbox)?.get(id)?.isRead)
      })
  )

  it.scoped(
    "MS-ASCMD Sync_Change_InvalidServerId, MS-ASCMD Sync_Status8, MS-ASCMD_R4447/R4419/R5846: what is not there is 8",
    () =>
      Effect.gen(function* () {
        const [gone = ""] = yield* letters(["soon gone"])
        const [one, other] = [yield* phone(), yield* phone()]
        yield* syncAll(one, inbox)
        yield* syncAll(other, inbox)
        yield* syncOne(other, inbox, { deletesAsMoves: false, commands: [remove(gone)] })
        const responses = yield* responsesOf(one, [
          markRead("no id of ours", true),
          markRead("999999", true),
          fetchItem(gone)
        ])
        assert.deepStrictEqual(
          responses.map(({ op, status }) => [op, status]),
          [
            ["Change", "8"],
            ["Change", "8"],
            ["Fetch", "8"]
          ]
        )
      })
  )

  it.scoped("MS-ASCMD Sync_Fetch, MS-ASCMD_R5433: a whole item on demand", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["fetched"])
      const handset = yield* phone()
      yield* syncAll(handset, inbox)
      const [response] = yield* responsesOf(handset, [fetchItem(id)])
      assert.deepInclude(response, { op: "Fetch", serverId: id, status: "1" })
      assert.include(JSON.stringify(response?.properties), "Text of fetched.")
    })
  )

  it.scoped(
    "MS-ASCMD Sync_DeletesAsMovesIsTrue, MS-ASCMD_R2160/R5874/R5875: deleted mail goes to Deleted Items",
    () =>
      Effect.gen(function* () {
        const [id = ""] = yield* letters(["thrown away"])
        const handset = yield* phone()
        yield* syncAll(handset, inbox)
        yield* syncAll(handset, deleted)
        yield* syncOne(handset, inbox, { commands: [remove(id)] })
        yield* catchUp(handset, deleted)
        assert.include(subjectsOf(handset, deleted), "thrown away")
      })
  )

  it.scoped("MS-ASCMD Sync_DeletesAsMovesIsFalse, MS-ASCMD Sync_Delete, MS-ASCMD_R2158: or for good", () =>
    Effect.gen(function* () {
      const [id = ""] = yield* letters(["burnt"])
      const [one, other] = [yield* phone(), yield* phone()]
      yield* syncAll(one, inbox)
      yield* syncAll(other, inbox)
      yield* syncOne(one, inbox, { deletesAsMoves: false, commands: [remove(id)] })
      yield* catchUp(other, inbox)
      assert.notInclude(serverIdsOf(other, inbox), id)
      yield* syncAll(other, deleted)
      assert.notInclude(subjectsOf(other, deleted), "burnt")
    })
  )

  it.scoped("MS-ASCMD Sync_Status6_AddEmail, MS-ASCMD_R755: mail cannot be added", () =>
    Effect.gen(function* () {
      const handset = yield* phone({ version: "14.1" })
      yield* syncAll(handset, inbox)
      const [response] = yield* responsesOf(handset, [add("c1", element("Email:Subject", "forged"))])
      assert.deepInclude(response, { op: "Add", clientId: "c1", serverId: undefined, status: "6" })
    })
  )

  it.scoped("MS-ASCMD_R756, MS-ASCMD Sync_Status5: nothing is added to the recipient information cache", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const { collections } = yield* askSync(handset, {
        collections: [{ id: "recipients", key: "1", commands: [add("c1", element("Email:Subject", "x"))] }]
      })
      assert.strictEqual(collections[0]?.status, "4")
    })
  )

  it.scoped(
    "MS-ASCMD Sync_Email_FilterType, MS-ASCMD_R3035/R3036/R3037/R3038/R3039/R3040/R3041/R3042/R3043/R3080: 0 to 5 for mail, no others",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        for (let type = 0; type <= 8; type++) {
          yield* syncAll(handset, inbox)
          const { collections } = yield* askSync(handset, {
            collections: [{ id: inbox, key: keyOf(handset, inbox), options: filter(type) }]
          })
          assert.strictEqual(collections[0]?.status ?? "1", type <= 5 ? "1" : "4", `FilterType ${type}`)
        }
      })
  )

  it.scoped(
    "MS-ASCMD Sync_Calendar_FilterType, MS-ASCMD Sync_Tasks_FilterType, MS-ASCMD Sync_IncludeFilterTypeOrNot, MS-ASCMD_R3079: each class has its own",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        for (const [id, legal] of [
          ["calendar", [0, 4, 5, 6, 7]],
          ["tasks", [0, 8]],
          ["contacts", [0, 1, 2, 3, 4, 5, 6, 7, 8]]
        ] as const) {
          for (let type = 0; type <= 8; type++) {
            const { collections } = yield* askSync(handset, {
              collections: [{ id, key: "1", options: filter(type) }]
            })
            const isLegal = legal.some((one) => one === type)
            assert.strictEqual(collections[0]?.status ?? "1", isLegal ? "1" : "4", `${id} ${type}`)
          }
        }
      })
  )

  it.scoped(
    "MS-ASCMD Sync_SoftDelete, MS-ASCMD_R3967/R2987: a narrower filter takes old mail off the phone, a wider one brings it back",
    () =>
      Effect.gen(function* () {
        yield* letters(["ten days old"], { daysOld: 10 })
        yield* letters(["of today"])
        const handset = yield* phone()
        yield* syncAll(handset, inbox, { options: filter(0) })
        assert.include(subjectsOf(handset, inbox), "ten days old")
        const narrower = yield* syncOne(handset, inbox, { options: filter(3) })
        assert.include(narrower?.changes.map(({ op }) => op) ?? [], "SoftDelete")
        yield* catchUp(handset, inbox)
        assert.notInclude(subjectsOf(handset, inbox), "ten days old")
        assert.include(subjectsOf(handset, inbox), "of today")
        yield* catchUp(handset, inbox, { options: filter(0) })
        yield* catchUp(handset, inbox)
        assert.include(subjectsOf(handset, inbox), "ten days old")
      })
  )

  it.scoped(
    "MS-ASCMD Sync_ConversationMode_Status4, MS-ASCMD Sync_WithCombinationClasses, MS-ASCMD_R2117/R934/R935: what does not go with a class is 4",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const status = (id: string, ...content: ReadonlyArray<ReturnType<typeof element>>) =>
          Effect.map(
            ask(
              handset,
              "Sync",
              element(
                "AirSync:Sync",
                element(
                  "AirSync:Collections",
                  element(
                    "AirSync:Collection",
                    element("AirSync:SyncKey", "0"),
                    element("AirSync:CollectionId", id),
                    ...content
                  )
                )
              )
            ),
            (document) => readSync(document).collections[0]?.status
          )
        const options = (name: string) => element("AirSync:Options", element("AirSync:Class", name))
        assert.strictEqual(yield* status("contacts", element("AirSync:ConversationMode", 1)), "4")
        assert.strictEqual(yield* status(inbox, element("AirSync:ConversationMode", 1)), "1")
        assert.strictEqual(yield* status(inbox, options("Email"), options("SMS")), "1")
        assert.strictEqual(yield* status(inbox, options("Email"), options("Calendar")), "4")
      })
  )
})
