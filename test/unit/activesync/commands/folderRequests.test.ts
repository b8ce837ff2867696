import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import {
  readFolderCreate,
  readFolderDelete,
  readFolderSync,
  readFolderUpdate
} from "../../../../src/protocols/activesync/commands/folderRequests.ts"
import { type Element, element } from "../../../../src/protocols/activesync/wbxml/element.ts"

const key = (value = "3") => element("FolderHierarchy:SyncKey", value)
const parent = (value = "0") => element("FolderHierarchy:ParentId", value)
const server = (value = "9") => element("FolderHierarchy:ServerId", value)
const name = (value = "Plans") => element("FolderHierarchy:DisplayName", value)
const type = (value: number) => element("FolderHierarchy:Type", value)

const create = (...fields: ReadonlyArray<Element>) =>
  readFolderCreate(element("FolderHierarchy:FolderCreate", ...fields))
const update = (...fields: ReadonlyArray<Element>) =>
  readFolderUpdate(element("FolderHierarchy:FolderUpdate", ...fields))
const remove = (...fields: ReadonlyArray<Element>) =>
  readFolderDelete(element("FolderHierarchy:FolderDelete", ...fields))
const hierarchy = (...fields: ReadonlyArray<Element>) =>
  readFolderSync(element("FolderHierarchy:FolderSync", ...fields))

const status = (result: Either.Either<unknown, number>) => Either.getOrNull(Either.flip(result))

describe("folder requests", () => {
  it("reads what is whole, whatever the order", () => {
    assert.deepStrictEqual(Either.getOrThrow(create(key(), parent(), name(), type(12))), {
      syncKey: "3",
      parentId: "0",
      displayName: "Plans"
    })
    assert.deepStrictEqual(Either.getOrThrow(update(server(), key(), name(), parent("2"))), {
      syncKey: "3",
      serverId: "9",
      parentId: "2",
      displayName: "Plans"
    })
    assert.deepStrictEqual(Either.getOrThrow(remove(key(), server())), { syncKey: "3", serverId: "9" })
    assert.deepStrictEqual(Either.getOrThrow(hierarchy(key("0"))), { syncKey: "0" })
  })

  it("MS-ASCMD_R4083/R4060/R4032/R4120: an empty key is a wrong key", () => {
    assert.strictEqual(status(hierarchy(key(""))), 9)
    assert.strictEqual(status(create(key(""), parent(), name(), type(12))), 9)
    assert.strictEqual(status(update(key(""), server(), parent(), name())), 9)
    assert.strictEqual(status(remove(key(""), server())), 9)
  })

  it("MS-ASCMD_R4086/R4063/R4035/R4568/R4123: what is missing makes a request malformed", () => {
    assert.strictEqual(status(hierarchy()), 10)
    assert.strictEqual(status(create(parent(), name(), type(12))), 10)
    assert.strictEqual(status(create(key(), parent(), name())), 10)
    assert.strictEqual(status(update(server(), parent(), name())), 10)
    assert.strictEqual(status(remove(key())), 10)
    assert.strictEqual(status(readFolderDelete(element("FolderHierarchy:FolderSync", key(), server()))), 10)
  })

  it("MS-ASCMD_R3102: a Status in a FolderUpdate, or any other guest, makes it malformed", () => {
    const guest = element("FolderHierarchy:Status", 1)
    assert.strictEqual(status(update(key(), server(), parent(), name(), guest)), 10)
    assert.strictEqual(status(remove(key(), server(), server())), 10)
  })

  it("MS-ASCMD_R4035: folders are made for mail; default folders and folders of other kinds are not", () => {
    assert.isTrue(Either.isRight(create(key(), parent(), name(), type(1))))
    for (const other of [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 20])
      assert.strictEqual(status(create(key(), parent(), name(), type(other))), 10)
  })

  it("MS-ASCMD_R81/R5769/R101/R141/R142/R143/R4016/R4104: nothing is done to the recipient information cache", () => {
    assert.strictEqual(status(create(key(), parent(), name(), type(19))), 3)
    assert.strictEqual(status(create(key(), parent("recipients"), name(), type(12))), 3)
    assert.strictEqual(status(remove(key(), server("recipients"))), 3)
    assert.strictEqual(status(update(key(), server("recipients"), parent(), name())), 3)
    assert.strictEqual(status(update(key(), server(), parent("recipients"), name())), 3)
  })
})
