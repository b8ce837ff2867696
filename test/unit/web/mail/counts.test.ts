import { assert, describe, it } from "vitest"
import { FolderId } from "../../../../src/domain/ids.ts"
import type { FolderRow } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { badgeOf, titleWith, unreadOf } from "../../../../web/src/mail/counts/counts.ts"

const folder = (id: number, role: FolderRow["role"], unread: number): readonly [FolderId, FolderRow] => [
  FolderId(id),
  { id: FolderId(id), parentId: null, name: "a folder", role, total: 100, unread }
]

describe("what a tab says of new mail", () => {
  it("is what is unread in the Inbox, and in no other folder", () => {
    assert.strictEqual(unreadOf(new Map([folder(1, "inbox", 3), folder(2, "junk", 50)])), 3)
    assert.strictEqual(unreadOf(new Map()), 0)
  })

  it("stands first in its title", () => {
    assert.strictEqual(titleWith("Inbox · Postroom", 3), "(3) Inbox · Postroom")
    assert.strictEqual(titleWith("Inbox · Postroom", 0), "Inbox · Postroom")
  })

  it("fits on its picture", () => {
    assert.deepEqual([0, 7, 99, 100, 12_345].map(badgeOf), ["", "7", "99", "99+", "99+"])
  })
})
