import { assert, describe, it } from "vitest"
import type { FolderRole } from "../../../src/domain/Folder.ts"
import { FolderId } from "../../../src/domain/ids.ts"
import { expiries, type RetentionPolicy } from "../../../src/domain/retention.ts"

const folder = (id: number, role: FolderRole, parent: number | null = null) => ({
  id: FolderId(id),
  parentId: parent === null ? null : FolderId(parent),
  role
})

const folders = [
  folder(1, "inbox"),
  folder(4, "deleted"),
  folder(5, "junk"),
  folder(8, "user", 1),
  folder(9, "user", 4),
  folder(10, "user", 9)
]

const found = (...policies: ReadonlyArray<RetentionPolicy>) =>
  expiries(policies, folders).map(({ folderId, role, keepDays, countsFromChange }) => [
    Number(folderId),
    role,
    keepDays,
    countsFromChange
  ])

describe("what a tenant's policies are about", () => {
  it("is nothing without a policy", () => {
    assert.deepEqual(found(), [])
  })

  it("is the folders of a role, and for all others what is said of all", () => {
    assert.deepEqual(found({ folder: "inbox", keepDays: 365 }), [[1, "inbox", 365, false]])
    assert.deepEqual(found({ folder: "all", keepDays: 1000 }, { folder: "junk", keepDays: 14 }), [
      [1, "inbox", 1000, false],
      [4, "deleted", 1000, true],
      [5, "junk", 14, true],
      [8, "user", 1000, false],
      [9, "deleted", 1000, true],
      [10, "deleted", 1000, true]
    ])
  })

  it("counts what lies in Deleted Items as thrown away, however deep, and with days since it came there", () => {
    assert.deepEqual(found({ folder: "deleted", keepDays: 30 }), [
      [4, "deleted", 30, true],
      [9, "deleted", 30, true],
      [10, "deleted", 30, true]
    ])
    assert.deepEqual(found({ folder: "user", keepDays: 30 }), [[8, "user", 30, false]])
  })

  it("comes to an end where folders lie in each other", () => {
    const circle = [folder(1, "user", 2), folder(2, "user", 1)]
    assert.strictEqual(expiries([{ folder: "all", keepDays: 1 }], circle).length, 2)
  })
})
