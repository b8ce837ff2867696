import { Either } from "effect"
import { assert, describe, it } from "vitest"
import type { Command } from "../../../src/domain/Command.ts"
import { FolderId } from "../../../src/domain/ids.ts"
import { defaultMailboxLimits } from "../../../src/domain/mailbox/State.ts"
import { folderNamed, given, type Model, run } from "../../support/domain.ts"

const create = (name: string, parentId: number | null = null): Command => ({
  _tag: "CreateFolder",
  name,
  parentId: parentId === null ? null : FolderId(parentId)
})
const refusal = (model: Model, command: Command, limits = defaultMailboxLimits) =>
  Either.getOrThrow(Either.flip(run(model, command, limits)))._tag

/** Counts how often all its values are gone through. */
class CountingMap<K, V> extends Map<K, V> {
  looks = 0
  override values() {
    this.looks++
    return super.values()
  }
}

describe("folder names", () => {
  it("are trimmed and kept in NFC", () => {
    const model = given(create("  Cafe\u0301 "))
    assert.isTrue([...model.state.folders.values()].some(({ name }) => name === "Caf\u00e9"))
  })

  it.each(["", "   ", "x".repeat(256), "a\r\nBcc: b", "a\u0000b", "a\u2028b", "\ud800"])(
    "refuse %j",
    (name) => {
      assert.equal(refusal(given(), create(name)), "InvalidRequest")
    }
  )

  it("are unique among siblings whatever their case, and free elsewhere", () => {
    const model = given(create("Work"))
    assert.equal(refusal(model, create("WORK")), "AlreadyExists")
    assert.isTrue(Either.isRight(run(model, create("work", 8))))
  })

  it("may change in case alone", () => {
    const result = run(given(create("work")), { _tag: "RenameFolder", folderId: FolderId(8), name: "Work" })
    assert.isTrue(Either.isRight(result))
  })
})

describe("the folder tree", () => {
  it("refuses to change the folders that every mailbox has", () => {
    assert.equal(refusal(given(), { _tag: "RenameFolder", folderId: FolderId(1), name: "X" }), "NotAllowed")
    assert.equal(
      refusal(given(), { _tag: "MoveFolder", folderId: FolderId(1), parentId: FolderId(2) }),
      "NotAllowed"
    )
    assert.equal(
      refusal(given(), { _tag: "DeleteFolder", folderId: FolderId(1), permanently: true }),
      "NotAllowed"
    )
  })

  it("never puts a folder below itself", () => {
    const model = given(create("a"), create("b", 8))
    assert.equal(
      refusal(model, { _tag: "MoveFolder", folderId: FolderId(8), parentId: FolderId(9) }),
      "NotAllowed"
    )
    assert.equal(
      refusal(model, { _tag: "MoveFolder", folderId: FolderId(8), parentId: FolderId(8) }),
      "NotAllowed"
    )
  })

  it("has a greatest depth, for new folders and for moved trees", () => {
    const limits = { ...defaultMailboxLimits, maxFolderDepth: 3 }
    const model = given(create("a"), create("b", 8), create("c", 9), create("d"), create("e", 11))
    assert.equal(refusal(model, create("f", 10), limits), "LimitExceeded")
    assert.equal(
      refusal(model, { _tag: "MoveFolder", folderId: FolderId(11), parentId: FolderId(9) }, limits),
      "LimitExceeded"
    )
    assert.isTrue(
      Either.isRight(
        run(model, { _tag: "MoveFolder", folderId: FolderId(11), parentId: FolderId(8) }, limits)
      )
    )
  })

  it("has a greatest number of folders", () => {
    assert.equal(refusal(given(), create("a"), { ...defaultMailboxLimits, maxFolders: 7 }), "LimitExceeded")
  })

  it("keeps deleted folders below Deleted Items under a free name, then lets them go", () => {
    const remove = (folderId: number): Command => ({
      _tag: "DeleteFolder",
      folderId: FolderId(folderId),
      permanently: false
    })
    const model = given(create("a"), remove(8), create("a"), create("inner", 9), remove(9))
    assert.equal(folderNamed(model, "a (2)"), FolderId(9))
    assert.equal(model.state.folders.get(FolderId(9))?.parentId, FolderId(4))
    const gone = Either.getOrThrow(run(model, remove(9)))
    assert.deepEqual(
      gone.changes.map((change) => `${change._tag} ${"folderId" in change ? change.folderId : ""}`),
      ["FolderDeleted 10", "FolderDeleted 9"]
    )
  })

  it("finds a free name in one look at the folders, however many of the name were deleted", () => {
    const named = (n: number): Command => create(n === 0 ? "a" : `a (${n + 1})`, 4)
    const model = given(...Array.from({ length: 300 }, (_, n) => named(n)), create("a"))
    const folders = new CountingMap(model.state.folders)
    const last = model.state.nextFolderId - 1
    const result = run(
      { ...model, state: { ...model.state, folders } },
      { _tag: "DeleteFolder", folderId: FolderId(last), permanently: false }
    )
    assert.equal(folderNamed(Either.getOrThrow(result), "a (301)"), last)
    assert.isBelow(folders.looks, 10)
  })

  it("never gives a folder number out twice", () => {
    const model = given(
      create("a"),
      { _tag: "DeleteFolder", folderId: FolderId(8), permanently: true },
      create("b")
    )
    assert.equal(folderNamed(model, "b"), FolderId(9))
  })
})
