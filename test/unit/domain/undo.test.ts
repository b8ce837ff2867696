import { Either } from "effect"
import { assert, describe, it } from "vitest"
import type { Change } from "../../../src/domain/Change.ts"
import type { ChangeFlags, Command } from "../../../src/domain/Command.ts"
import { FolderId, MessageId } from "../../../src/domain/ids.ts"
import { deliver, folderNamed, given, type Model } from "../../support/domain.ts"
import { counts, did, undo, undoneOf } from "../../support/undo.ts"

const [inbox, deleted, archive] = [FolderId(1), FolderId(4), FolderId(6)]
const ids = (...numbers: ReadonlyArray<number>) => numbers.map((n) => MessageId(n))

const marking = (messages: ReadonlyArray<number>, how: Partial<ChangeFlags>): Command => ({
  _tag: "ChangeFlags",
  messageIds: ids(...messages),
  addFlags: [],
  removeFlags: [],
  addCategories: [],
  removeCategories: [],
  ...how
})
const moving = (messages: ReadonlyArray<number>, toFolderId: FolderId): Command => ({
  _tag: "MoveMessages",
  messageIds: ids(...messages),
  toFolderId
})
const deleting = (...messages: ReadonlyArray<number>): Command => ({
  _tag: "DeleteMessages",
  messageIds: ids(...messages)
})

const messageOf = (model: Model, n: number) => model.messages.get(MessageId(n))
const places = (model: Model) => [...model.messages.values()].map(({ folderId }) => Number(folderId))
const flagsOf = (model: Model) => [...model.messages.values()].map(({ flags }) => flags)

describe("undo of marks", () => {
  it("gives each message the flags, categories, follow-up and last verb that it had", () => {
    const before = given(
      deliver(),
      deliver(),
      marking([1], {
        addCategories: ["red"],
        followUp: { status: 2, type: "call" },
        lastVerb: { verb: 1, at: 5 }
      }),
      marking([2], { addFlags: ["\\Seen"] })
    )
    const done = did(
      before,
      marking([1, 2], {
        addFlags: ["\\Seen"],
        addCategories: ["blue"],
        removeCategories: ["red"],
        followUp: null,
        lastVerb: { verb: 3, at: 6 }
      })
    )
    const { model, undone } = undoneOf(done.model, done.changes)
    assert.deepEqual(model.messages, before.messages)
    assert.deepEqual(counts(undone), [2, 0, 0, 0])
  })

  it("of all that was marked read leaves what was read before as it is", () => {
    const before = given(deliver(), deliver(), deliver(), marking([2], { addFlags: ["\\Seen"] }))
    const done = did(before, { _tag: "MarkAllRead", folderId: inbox })
    const { model, undone } = undoneOf(done.model, done.changes)
    assert.deepEqual(flagsOf(model), [[], ["\\Seen"], []])
    assert.equal(model.state.folders.get(inbox)?.unread, 2)
    assert.deepEqual(counts(undone), [2, 0, 0, 0])
  })

  it("leaves what another device marked since, and takes back the rest of the same message", () => {
    const before = given(deliver(), marking([1], { addFlags: ["\\Flagged"] }))
    const done = did(
      before,
      marking([1], { addFlags: ["\\Seen"], removeFlags: ["\\Flagged"], addCategories: ["red"] })
    )
    const since = did(done.model, marking([1], { addFlags: ["\\Flagged"], addCategories: ["blue"] }))
    const { model, undone } = undoneOf(since.model, done.changes)
    assert.deepEqual(messageOf(model, 1)?.flags, ["\\Flagged"])
    assert.deepEqual(messageOf(model, 1)?.categories, ["blue"])
    assert.deepEqual(counts(undone), [0, 1, 0, 0])
  })

  it("never parts a follow-up from its flag: a plan that was changed since stays with it", () => {
    const done = did(given(deliver()), marking([1], { followUp: { status: 2, type: "call" } }))
    const since = did(done.model, marking([1], { followUp: { status: 2, type: "visit" } }))
    const { model, changes } = undoneOf(since.model, done.changes)
    assert.deepEqual(changes, [])
    assert.deepEqual(messageOf(model, 1)?.flags, ["\\Flagged"])
    assert.equal(messageOf(model, 1)?.followUp?.type, "visit")
  })

  it("does not know how it was before the journal told it", () => {
    const done = did(given(deliver()), marking([1], { addFlags: ["\\Seen"] }))
    const old = done.changes.map((change): Change => {
      if (change._tag !== "FlagsChanged") return change
      const { was: _, ...rest } = change
      return rest
    })
    const { changes, undone } = undoneOf(done.model, old)
    assert.deepEqual([changes, counts(undone)], [[], [0, 0, 1, 0]])
  })
})

describe("undo of moves", () => {
  it("brings messages back to the folders that each came from, also after they were read there", () => {
    const before = given(deliver(), deliver(), deliver(), moving([3], archive))
    const done = did(before, deleting(1, 2, 3))
    const since = did(done.model, marking([2], { addFlags: ["\\Seen"] }))
    const { model, undone } = undoneOf(since.model, done.changes)
    assert.deepEqual(places(model), [1, 1, 6])
    assert.deepEqual(flagsOf(model), [[], ["\\Seen"], []])
    assert.equal(model.state.folders.get(inbox)?.unread, 1)
    assert.deepEqual(counts(undone), [3, 0, 0, 0])
  })

  it("leaves what went elsewhere since, even if it came back", () => {
    const done = did(given(deliver(), deliver(), deliver()), moving([1, 2, 3], archive))
    const since = [moving([1], FolderId(5)), moving([2], inbox), moving([2], archive)].reduce(
      (model, command) => did(model, command).model,
      done.model
    )
    const { model, undone } = undoneOf(since, done.changes)
    assert.deepEqual(places(model), [5, 6, 1])
    assert.deepEqual(counts(undone), [1, 2, 0, 0])
  })

  it("leaves what is gone, and what has nowhere to go back to", () => {
    const before = given(deliver(), deliver(), { _tag: "CreateFolder", name: "Work", parentId: null })
    const work = folderNamed(before, "Work")
    const done = did(did(before, moving([1, 2], work)).model, moving([1, 2], archive))
    const since = [
      { _tag: "ExpungeMessages", messageIds: ids(1) } as const,
      { _tag: "DeleteFolder", folderId: work, permanently: true } as const
    ].reduce((model, command) => did(model, command).model, done.model)
    const { changes, undone } = undoneOf(since, done.changes)
    assert.deepEqual([changes, counts(undone)], [[], [0, 0, 1, 1]])
  })

  it("puts what an operation added into Deleted Items and removes nothing for good", () => {
    const done = did(given(deliver()), { _tag: "CopyMessages", messageIds: ids(1), toFolderId: archive })
    const { model, undone, changes } = undoneOf(done.model, done.changes)
    assert.deepEqual(places(model), [1, Number(deleted)])
    assert.deepEqual(counts(undone), [1, 0, 0, 0])
    assert.deepEqual(places(undoneOf(model, changes).model), [1, 6])
  })

  it("cannot bring back what was removed for good", () => {
    const done = did(given(deliver()), { _tag: "ExpungeMessages", messageIds: ids(1) })
    const { changes, undone } = undoneOf(done.model, done.changes)
    assert.deepEqual([changes, counts(undone)], [[], [0, 0, 1, 0]])
  })
})

describe("undo of what was done to folders", () => {
  const created = (name: string, parentId: FolderId | null = null): Command => ({
    _tag: "CreateFolder",
    name,
    parentId
  })
  const before = given(created("Work"), created("Home"))
  const [work, home] = [folderNamed(before, "Work"), folderNamed(before, "Home")]
  const placeOf = (model: Model, id: FolderId) => {
    const folder = model.state.folders.get(id)
    return [folder?.name, folder?.parentId]
  }

  it("gives a folder its name and place back, out of Deleted Items with what it holds", () => {
    const first = did(before, created("Work", deleted)).model
    const done = did(first, { _tag: "DeleteFolder", folderId: work, permanently: false })
    assert.deepEqual(placeOf(done.model, work), ["Work (2)", deleted])
    const { model, undone, changes } = undoneOf(done.model, done.changes)
    assert.deepEqual(placeOf(model, work), ["Work", null])
    assert.deepEqual(counts(undone), [1, 0, 0, 0])
    assert.deepEqual(placeOf(undoneOf(model, changes).model, work), ["Work (2)", deleted])
  })

  it("leaves a name that was changed since, and puts the place back all the same", () => {
    const done = did(before, { _tag: "MoveFolder", folderId: work, parentId: home })
    const since = did(done.model, { _tag: "RenameFolder", folderId: work, name: "Labour" })
    const { model, undone } = undoneOf(since.model, done.changes)
    assert.deepEqual(placeOf(model, work), ["Labour", null])
    assert.deepEqual(counts(undone), [1, 0, 0, 0])
    const again = did(done.model, { _tag: "MoveFolder", folderId: work, parentId: archive })
    assert.deepEqual(counts(undoneOf(again.model, done.changes).undone), [0, 1, 0, 0])
  })

  it("leaves a folder whose name was taken since, or which now lies around its former place", () => {
    const renamed = did(before, { _tag: "RenameFolder", folderId: work, name: "Labour" })
    const taken = did(renamed.model, { _tag: "RenameFolder", folderId: home, name: "WORK" })
    assert.deepEqual(counts(undoneOf(taken.model, renamed.changes).undone), [0, 0, 0, 1])
    const inside = did(before, { _tag: "MoveFolder", folderId: work, parentId: home })
    const moved = did(inside.model, { _tag: "MoveFolder", folderId: work, parentId: null })
    const around = did(moved.model, { _tag: "MoveFolder", folderId: home, parentId: work })
    const { changes, undone } = undoneOf(around.model, moved.changes)
    assert.deepEqual([changes, counts(undone)], [[], [0, 0, 0, 1]])
  })

  it("puts a folder that was made into Deleted Items, unless something was put into it", () => {
    const done = did(given(deliver()), created("New"))
    const made = folderNamed(done.model, "New")
    assert.deepEqual(placeOf(undoneOf(done.model, done.changes).model, made), ["New", deleted])
    const filled = did(done.model, moving([1], made))
    assert.deepEqual(counts(undoneOf(filled.model, done.changes).undone), [0, 1, 0, 0])
  })

  it("cannot bring a folder back that was removed for good", () => {
    const done = did(before, { _tag: "DeleteFolder", folderId: work, permanently: true })
    assert.deepEqual(counts(undoneOf(done.model, done.changes).undone), [0, 0, 1, 0])
  })
})

describe("an undo", () => {
  const done = did(given(deliver(), deliver()), deleting(1, 2))
  const refusal = (...named: Parameters<typeof undo>) => Either.getOrThrow(Either.flip(undo(...named)))

  it("is refused where there is no such operation, it is too old, or of more than one command may name", () => {
    assert.equal(refusal(done.model, null)._tag, "NotFound")
    const limits = { undoWindowMillis: 1_000 }
    assert.isTrue(Either.isRight(undo(done.model, done.changes, { limits, age: 1_000 })))
    assert.equal(refusal(done.model, done.changes, { limits, age: 1_001 })._tag, "NotAllowed")
    assert.equal(refusal(done.model, done.changes, { limits: { maxBatch: 1 } })._tag, "LimitExceeded")
  })

  it("done twice changes nothing the second time", () => {
    const once = undoneOf(done.model, done.changes)
    const twice = undoneOf(once.model, done.changes)
    assert.deepEqual([twice.changes, counts(twice.undone)], [[], [0, 2, 0, 0]])
  })
})
