import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { childText, element } from "../../../src/protocols/activesync/wbxml/element.ts"
import { ask, type Handset, statusOf, syncFolders } from "../../support/activesync/handset.ts"
import { createFolder, removeFolder, updateFolder } from "../../support/activesync/hierarchy.ts"
import { phone, Running } from "../../support/activesync/running.ts"

/** A folder of this device's own making, its key moved on. */
const created = (handset: Handset, name: string, parent = "0") =>
  Effect.map(createFolder(handset, name, { parent }), (document) => {
    assert.strictEqual(statusOf(document), "1")
    handset.hierarchyKey = childText(document ?? undefined, "FolderHierarchy:SyncKey") ?? ""
    return childText(document ?? undefined, "FolderHierarchy:ServerId") ?? ""
  })

const look = (handset: Handset, key: string) =>
  ask(handset, "FolderSync", element("FolderHierarchy:FolderSync", element("FolderHierarchy:SyncKey", key)))

layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })("folders of phones", (it) => {
  it.scoped("MS-ASCMD FolderSync_SyncKey0: all folders are told, each with its type", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const types = Object.fromEntries([...handset.folders.values()].map(({ name, type }) => [name, type]))
      assert.deepStrictEqual(types, {
        Inbox: "2",
        Drafts: "3",
        "Deleted Items": "4",
        "Sent Items": "5",
        Outbox: "6",
        "Junk Email": "12",
        Archive: "12",
        Tasks: "7",
        Calendar: "8",
        Contacts: "9",
        Notes: "10",
        RecipientInfo: "19"
      })
      const names = [...handset.folders.values()].map(({ parentId, name }) => `${parentId}/${name}`)
      assert.strictEqual(new Set(names).size, names.length, "MS-ASCMD_R5416")
    })
  )

  it.scoped("MS-ASCMD FolderSync_NoChanged: nothing new is a Count of 0", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      assert.lengthOf(yield* syncFolders(handset), 0)
    })
  )

  it.scoped(
    "MS-ASCMD FolderCreate_Success, MS-ASCMD FolderSync_Changed, MS-ASCMD FolderSync_AddFolder: others are told of a new folder, its maker is not",
    () =>
      Effect.gen(function* () {
        const maker = yield* phone()
        const other = yield* phone()
        const id = yield* created(maker, "Made")
        assert.lengthOf(yield* syncFolders(maker), 0)
        yield* syncFolders(other)
        assert.strictEqual(other.folders.get(id)?.name, "Made")
        assert.strictEqual(other.folders.get(id)?.type, "12")
      })
  )

  it.scoped("MS-ASCMD FolderSync_Resynchronizes: ids stay when a device begins anew", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const id = yield* created(handset, "Staying")
      handset.hierarchyKey = "0"
      handset.folders.clear()
      yield* syncFolders(handset)
      assert.strictEqual(handset.folders.get(id)?.name, "Staying")
    })
  )

  it.scoped(
    "MS-ASCMD FolderCreate_Fail, MS-ASCMD FolderCreate_Status2: a name that is taken is 2, without id and key",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        yield* created(handset, "Taken")
        const document = yield* createFolder(handset, "taken")
        assert.strictEqual(statusOf(document), "2")
        assert.lengthOf(document?.children ?? [], 1)
      })
  )

  it.scoped("MS-ASCMD FolderCreate_Status5: a parent that does not exist is 5", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      assert.strictEqual(statusOf(yield* createFolder(handset, "Lost", { parent: "99999" })), "5")
      assert.strictEqual(statusOf(yield* createFolder(handset, "Lost", { parent: "calendar" })), "5")
    })
  )

  it.scoped(
    "MS-ASCMD FolderCreate_Status9, MS-ASCMD FolderSync_Status9, MS-ASCMD FolderUpdate_Status9, MS-ASCMD FolderDelete_Status9: a wrong key is 9",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        const id = yield* created(handset, "Keyed")
        for (const key of ["", "wrong", "99"]) {
          assert.strictEqual(statusOf(yield* createFolder(handset, "Never", { key })), "9")
          assert.strictEqual(statusOf(yield* updateFolder(handset, id, { name: "Never", key })), "9")
          assert.strictEqual(statusOf(yield* removeFolder(handset, id, key)), "9")
          assert.strictEqual(statusOf(yield* look(handset, key)), "9")
        }
        assert.strictEqual(statusOf(yield* createFolder(handset, "Never", { key: "0" })), "9")
      })
  )

  it.scoped(
    "MS-ASCMD FolderCreate_Status10, MS-ASCMD FolderSync_Status10, MS-ASCMD FolderUpdate_Status10, MS-ASCMD FolderDelete_Status10: what is malformed is 10",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual(statusOf(yield* createFolder(handset, "Inbox", { type: "2" })), "10")
        assert.strictEqual(statusOf(yield* createFolder(handset, " ")), "10")
        for (const [command, root] of [
          ["FolderSync", "FolderHierarchy:FolderSync"],
          ["FolderUpdate", "FolderHierarchy:FolderUpdate"],
          ["FolderDelete", "FolderHierarchy:FolderDelete"]
        ] as const) {
          assert.strictEqual(statusOf(yield* ask(handset, command, element(root))), "10")
        }
      })
  )

  it.scoped(
    "MS-ASCMD FolderCreate_Status3, MS-ASCMD FolderCreate_RecipientInformationCache_Status3, MS-ASCMD FolderUpdate_Status3: the recipient information cache is left alone",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual(statusOf(yield* createFolder(handset, "Under", { parent: "recipients" })), "3")
        assert.strictEqual(statusOf(yield* createFolder(handset, "Another", { type: "19" })), "3")
        assert.strictEqual(statusOf(yield* updateFolder(handset, "recipients", { name: "Other" })), "3")
      })
  )

  it.scoped(
    "MS-ASCMD FolderDelete_Success, MS-ASCMD FolderSync_DeleteFolder: a deleted folder goes everywhere",
    () =>
      Effect.gen(function* () {
        const deleter = yield* phone()
        const other = yield* phone()
        const id = yield* created(deleter, "Going")
        yield* syncFolders(other)
        const document = yield* removeFolder(deleter, id)
        assert.strictEqual(statusOf(document), "1")
        assert.isDefined(childText(document ?? undefined, "FolderHierarchy:SyncKey"))
        yield* syncFolders(other)
        const there = other.folders.get(id)
        assert.isTrue(there === undefined || there.parentId === "4")
      })
  )

  it.scoped("MS-ASCMD FolderDelete_Status3: special folders stay", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      for (const id of ["1", "2", "3", "4", "6", "calendar", "recipients"])
        assert.strictEqual(statusOf(yield* removeFolder(handset, id)), "3", id)
    })
  )

  it.scoped(
    "MS-ASCMD FolderDelete_Status4, MS-ASCMD FolderUpdate_Status4: a folder that does not exist is 4",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual(statusOf(yield* removeFolder(handset, "99999")), "4")
        assert.strictEqual(statusOf(yield* removeFolder(handset, "no such")), "4")
        assert.strictEqual(statusOf(yield* updateFolder(handset, "99999", { name: "New" })), "4")
      })
  )

  it.scoped(
    "MS-ASCMD FolderUpdate_Success, MS-ASCMD FolderSync_UpdateFolder: others are told of another name and place",
    () =>
      Effect.gen(function* () {
        const changer = yield* phone()
        const other = yield* phone()
        const id = yield* created(changer, "Before")
        yield* syncFolders(other)
        const document = yield* updateFolder(changer, id, { name: "After", parent: "1" })
        assert.strictEqual(statusOf(document), "1")
        changer.hierarchyKey = childText(document ?? undefined, "FolderHierarchy:SyncKey") ?? ""
        assert.lengthOf(yield* syncFolders(changer), 0)
        yield* syncFolders(other)
        assert.deepInclude(other.folders.get(id), { name: "After", parentId: "1" })
      })
  )

  it.scoped(
    "MS-ASCMD FolderUpdate_Status2, MS-ASCMD FolderUpdate_Moves: special folders and names that are taken are 2",
    () =>
      Effect.gen(function* () {
        const handset = yield* phone()
        assert.strictEqual(statusOf(yield* updateFolder(handset, "1", { name: "Post" })), "2")
        assert.strictEqual(statusOf(yield* updateFolder(handset, "contacts", { name: "People" })), "2")
        yield* created(handset, "Twin")
        const below = yield* created(handset, "Twin", "1")
        assert.strictEqual(statusOf(yield* updateFolder(handset, below, { name: "Twin" })), "2")
      })
  )

  it.scoped("MS-ASCMD FolderUpdate_Status5: a parent that does not exist is 5", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const id = yield* created(handset, "Orphan")
      assert.strictEqual(statusOf(yield* updateFolder(handset, id, { name: "Orphan", parent: "99999" })), "5")
    })
  )

  it.scoped("MS-ASCMD_R5121: a request that is repeated, its answer lost, is answered as before", () =>
    Effect.gen(function* () {
      const handset = yield* phone()
      const key = handset.hierarchyKey
      const first = yield* createFolder(handset, "Once", { key })
      assert.deepStrictEqual(yield* createFolder(handset, "Once", { key }), first)
      const other = yield* phone()
      handset.hierarchyKey = childText(first ?? undefined, "FolderHierarchy:SyncKey") ?? ""
      yield* created(handset, "Again")
      const told = yield* look(other, other.hierarchyKey)
      assert.include(JSON.stringify(told), "Again")
      assert.deepStrictEqual(yield* look(other, other.hierarchyKey), told)
    })
  )
})

describe("folders of old phones", () => {
  layer(Running.layer(), { timeout: 60_000, excludeTestServices: true })((it) => {
    it.scoped("12.1 has no notes and no recipient information cache", () =>
      Effect.gen(function* () {
        const handset = yield* phone({ version: "12.1" })
        const types = [...handset.folders.values()].map(({ type }) => type)
        assert.notInclude(types, "10")
        assert.notInclude(types, "19")
      })
    )
  })
})
