import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { FolderId, MailboxId, MessageId, ThreadId } from "../../../../src/domain/ids.ts"
import { conversationIdOf, threadIdOf } from "../../../../src/protocols/activesync/content/conversation.ts"
import {
  collectionIdOf,
  emptyCollectionOf,
  fileReferenceOf,
  folderIdOf,
  longIdOf,
  messageIdOf,
  messageIdOfLongId,
  partOf,
  serverIdOf
} from "../../../../src/protocols/activesync/content/serverId.ts"

const number = fc.integer({ min: 1, max: 999_999_999_999_999 })
const alice = MailboxId("aaaaaaaa-0000-4000-8000-000000000001")
const mallory = MailboxId("bbbbbbbb-0000-4000-8000-000000000001")

describe("ids on the wire", () => {
  it("MS-ASCMD_R3931: name what they were made of and have at most 64 characters", () => {
    fc.assert(
      fc.property(number, fc.option(fc.nat(999_999)), (id, part) => {
        assert.strictEqual(messageIdOf(serverIdOf(MessageId(id))), id)
        assert.strictEqual(folderIdOf(collectionIdOf(FolderId(id))), id)
        assert.strictEqual(messageIdOfLongId(longIdOf(MessageId(id))), id)
        const reference = { messageId: MessageId(id), part }
        assert.deepStrictEqual(partOf(fileReferenceOf(reference)), reference)
        assert.isAtMost(fileReferenceOf(reference).length, 64)
      })
    )
  })

  it("are none where they are anything else", () => {
    for (const text of [
      "",
      "0",
      "-1",
      "01",
      "1.0",
      "1e3",
      " 1",
      "1 ",
      "x",
      "9".repeat(16),
      "calendar",
      "1:2"
    ]) {
      assert.isUndefined(messageIdOf(text), text)
      assert.isUndefined(folderIdOf(text), text)
      assert.isUndefined(messageIdOfLongId(text), text)
    }
    for (const text of ["", "1", ":1", "1:", "0:1", "1:-1", "1:raw2", "1:1:1", "L1:1", "1:1234567"])
      assert.isUndefined(partOf(text), text)
    assert.strictEqual(emptyCollectionOf("notes"), "notes")
    assert.isUndefined(emptyCollectionOf("__proto__"))
  })

  it("of conversations are 16 bytes and mean nothing in another mailbox", () => {
    fc.assert(
      fc.property(number, (id) => {
        const conversationId = conversationIdOf(alice, ThreadId(id))
        assert.strictEqual(conversationId.length, 16)
        assert.strictEqual(threadIdOf(alice, conversationId), id)
        assert.isUndefined(threadIdOf(mallory, conversationId))
        assert.isUndefined(threadIdOf(alice, conversationId.subarray(1)))
      })
    )
  })
})
