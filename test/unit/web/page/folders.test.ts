import { assert, describe, it } from "@effect/vitest"
import { FolderId } from "../../../../src/domain/ids.ts"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { branchesOf } from "../../../../web/src/mail/page/folderTree.ts"
import { logicalKey, treeStep } from "../../../../web/src/mail/page/treeKeys.ts"

const folder = (n: number, parts: Partial<FolderRow>): FolderRow => ({
  id: FolderId(n),
  parentId: null,
  name: `folder ${n}`,
  role: "user",
  total: 0,
  unread: 0,
  ...parts
})

const folders = new Map(
  [
    folder(1, { role: "inbox" }),
    folder(7, { role: "outbox" }),
    folder(4, { role: "deleted" }),
    folder(9, { name: "Zoo" }),
    folder(10, { name: "äpfel" }),
    folder(11, { name: "Item 10", parentId: FolderId(1) }),
    folder(12, { name: "Item 9", parentId: FolderId(1) }),
    folder(13, { name: "lost", parentId: FolderId(99) })
  ].map((one) => [one.id, one])
)

const none = () => false

describe("the tree of folders", () => {
  it("has everybody's first, others by name as people sort, children below, and no empty outbox", () => {
    const shown = branchesOf(folders, none, "de").map(({ folder: { name }, level }) => `${level} ${name}`)
    assert.deepStrictEqual(shown, [
      "1 folder 1",
      "2 Item 9",
      "2 Item 10",
      "1 folder 4",
      "1 äpfel",
      "1 lost",
      "1 Zoo"
    ])
  })

  it("hides what is inside a folded one", () => {
    const shown = branchesOf(folders, (id) => id === FolderId(1), "en")
    assert.deepStrictEqual([shown.length, shown[0]?.hasChildren, shown[1]?.level], [5, true, 1])
  })

  it("is walked, opened and folded by keys", () => {
    const branches = branchesOf(folders, none, "en")
    const step = (key: string, index: number, isFolded = false) =>
      treeStep(key, { branches, index, isFolded })
    assert.deepStrictEqual(step("ArrowRight", 0), { _tag: "Focus", index: 1 })
    assert.deepStrictEqual(step("ArrowRight", 0, true), { _tag: "Unfold" })
    assert.deepStrictEqual(step("ArrowLeft", 0), { _tag: "Fold" })
    assert.deepStrictEqual(step("ArrowLeft", 2), { _tag: "Focus", index: 0 })
    assert.isUndefined(step("ArrowLeft", 3))
    assert.isUndefined(step("ArrowRight", 3))
    assert.deepStrictEqual(step("ArrowUp", 0), { _tag: "Focus", index: 0 })
    assert.deepStrictEqual(step("End", 0), { _tag: "Focus", index: branches.length - 1 })
    assert.deepStrictEqual(step("Enter", 2), { _tag: "Open" })
  })

  it("has its arrows turned round where one reads from right to left", () => {
    assert.deepStrictEqual(
      ["ArrowLeft", "ArrowRight", "Home"].map((key) => logicalKey(key, "rtl")),
      ["ArrowRight", "ArrowLeft", "Home"]
    )
  })
})
