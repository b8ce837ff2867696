import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import type { Command } from "../../../../src/domain/Command.ts"
import { FolderId, type SyncKey } from "../../../../src/domain/ids.ts"
import type { DeviceFolderChange } from "../../../../src/domain/sync/Synchronise.ts"
import { answerOf, deviceId, originOf, SyncWorld } from "../../../support/syncWorld.ts"

const trips = FolderId(8)

const run = (world: SyncWorld, command: Command) => Effect.runSync(world.run(command, "imap"))

const syncFolders = (world: SyncWorld, key: SyncKey | null, change: DeviceFolderChange | null = null) => {
  const command: Command = {
    _tag: "SyncFolders",
    wish: { deviceId: deviceId(1), key, change },
    digest: JSON.stringify(change),
    nonce: world.nonce()
  }
  const { folders } = answerOf(Effect.runSync(world.run(command, originOf(1))).sync, "Folders")
  if (folders._tag === "Refused") throw new Error(folders.reason)
  return folders
}

const opsOf = ({ told }: ReturnType<typeof syncFolders>) =>
  told.map((one) => [one.op, one.op === "Delete" ? one.id : one.folder.name])

const isStale = (world: SyncWorld): boolean | undefined => {
  const { sync } = run(world, { _tag: "LookUpDevice", deviceId: deviceId(1), folderIds: null })
  return answerOf(sync, "Device").device.hierarchy?.isStale
}

const given = () => {
  const world = SyncWorld.inMemory()
  return { world, key: syncFolders(world, null).key }
}

const create = (name: string): DeviceFolderChange => ({ _tag: "Create", name, parentId: null })

describe("FolderSync", () => {
  it("MS-ASCMD_R119: tells every folder at first, parents before children", () => {
    const world = SyncWorld.inMemory()
    run(world, { _tag: "CreateFolder", name: "Trips", parentId: null })
    run(world, { _tag: "MoveFolder", folderId: trips, parentId: FolderId(1) })
    const first = syncFolders(world, null)
    assert.lengthOf(first.told, 8)
    assert.deepEqual(opsOf(first).at(-1), ["Add", "Trips"])
    assert.isFalse(isStale(world))
  })

  it("tells what others did to folders since, one thing for each", () => {
    const { world, key } = given()
    run(world, { _tag: "CreateFolder", name: "Trips", parentId: null })
    assert.isTrue(isStale(world))
    run(world, { _tag: "RenameFolder", folderId: trips, name: "Journeys" })
    const second = syncFolders(world, key)
    assert.deepEqual(opsOf(second), [["Add", "Journeys"]])
    run(world, { _tag: "RenameFolder", folderId: trips, name: "Voyages" })
    const third = syncFolders(world, second.key)
    assert.deepEqual(opsOf(third), [["Update", "Voyages"]])
    run(world, { _tag: "DeleteFolder", folderId: trips, permanently: true })
    const fourth = syncFolders(world, third.key)
    assert.deepEqual(opsOf(fourth), [["Delete", trips]])
    assert.strictEqual(syncFolders(world, fourth.key).key, fourth.key)
    assert.isFalse(isStale(world))
  })

  it("MS-ASCMD_R5121: gives the last answer again, whatever happened since", () => {
    const { world, key } = given()
    run(world, { _tag: "CreateFolder", name: "Trips", parentId: null })
    const answer = syncFolders(world, key)
    run(world, { _tag: "CreateFolder", name: "More", parentId: null })
    Effect.runSync(world.restart)
    assert.deepEqual(syncFolders(world, key), { ...answer, isReplay: true })
    assert.deepEqual(opsOf(syncFolders(world, answer.key)), [["Add", "More"]])
  })

  it("refuses a key that it did not give", () => {
    const { world } = given()
    assert.throws(() => syncFolders(world, null, create("Trips")), "UnknownKey")
  })
})

describe("a device's own folder", () => {
  it("is not told to it: its key moves past the change in the same commit", () => {
    const { world, key } = given()
    const made = syncFolders(world, key, create("Trips"))
    assert.deepEqual(made.outcome, { status: "Applied", folderId: trips })
    assert.notStrictEqual(made.key, key)
    assert.isFalse(isStale(world))
    assert.deepEqual(opsOf(syncFolders(world, made.key)), [])
  })

  it("is made once, however often the request comes", () => {
    const { world, key } = given()
    const made = syncFolders(world, key, create("Trips"))
    assert.deepEqual(syncFolders(world, key, create("Trips")), { ...made, isReplay: true })
    assert.strictEqual(world.state.folders.size, 8)
  })

  it("does not hide what others did before it", () => {
    const { world, key } = given()
    run(world, { _tag: "CreateFolder", name: "Theirs", parentId: null })
    const made = syncFolders(world, key, create("Mine"))
    assert.isTrue(isStale(world))
    assert.deepEqual(opsOf(syncFolders(world, made.key)), [["Add", "Theirs"]])
  })

  it("of which the device never heard is told", () => {
    const { world, key } = given()
    syncFolders(world, key, create("Trips"))
    assert.deepEqual(opsOf(syncFolders(world, key)), [["Add", "Trips"]])
  })

  it("is renamed and moved at once, or stays as it is", () => {
    const { world, key } = given()
    const made = syncFolders(world, key, create("Trips"))
    const update = { _tag: "Update", folderId: trips, name: "Drafts", parentId: FolderId(1) } as const
    const moved = syncFolders(world, made.key, update)
    assert.deepInclude(world.state.folders.get(trips), { name: "Drafts", parentId: FolderId(1) })
    const refused = syncFolders(world, moved.key, { ...update, parentId: null })
    assert.deepEqual(refused.outcome, { status: "Exists", folderId: trips })
    assert.strictEqual(refused.key, moved.key)
    assert.deepInclude(world.state.folders.get(trips), { name: "Drafts", parentId: FolderId(1) })
  })

  it("that it removes lies in Deleted Items, where the device is told of it; from there it goes for good", () => {
    const { world, key } = given()
    const made = syncFolders(world, key, create("Trips"))
    const removed = syncFolders(world, made.key, { _tag: "Delete", folderId: trips })
    assert.strictEqual(removed.outcome?.status, "Applied")
    const told = syncFolders(world, removed.key)
    assert.deepEqual(opsOf(told), [["Add", "Trips"]])
    syncFolders(world, told.key, { _tag: "Delete", folderId: trips })
    assert.strictEqual(world.state.folders.size, 7)
  })

  it("cannot be one of the mailbox's own, nor stand in none", () => {
    const { world, key } = given()
    const inbox = { _tag: "Delete", folderId: FolderId(1) } as const
    assert.strictEqual(syncFolders(world, key, inbox).outcome?.status, "Special")
    const lost = { ...create("x"), parentId: FolderId(99) }
    assert.strictEqual(syncFolders(world, key, lost).outcome?.status, "NoParent")
    assert.strictEqual(syncFolders(world, key, create("inbox")).outcome?.status, "Exists")
  })
})
