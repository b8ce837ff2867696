import { assert, describe, it } from "@effect/vitest"
import { batchLength } from "../../../src/actors/mailbox/batch.ts"
import type { Ask } from "../../../src/actors/mailbox/MailboxProtocol.ts"
import type { Command } from "../../../src/domain/Command.ts"
import { CorrelationId, DeviceId, FolderId } from "../../../src/domain/ids.ts"
import type { NewMessage } from "../../../src/domain/Message.ts"
import { leaders } from "../../../src/storage/mailbox/threading.ts"
import { deliver, mailboxId, newMessage } from "../../support/domain.ts"

const ask = (command: Command): Ask => ({
  mailboxId,
  command,
  origin: "test",
  correlationId: CorrelationId("test"),
  operationId: null
})

const answering = (root: string, own: string): NewMessage => {
  const message = newMessage()
  return {
    ...message,
    envelope: { ...message.envelope, internetMessageId: own, inReplyTo: [root], references: [] }
  }
}

const draftsOf = (...contents: ReadonlyArray<NewMessage>): Command => ({
  _tag: "Synchronise",
  wish: {
    deviceId: DeviceId("device"),
    collections: [
      {
        folderId: FolderId(2),
        key: null,
        options: null,
        tell: false,
        maxItems: 1,
        changes: contents.map((content, index) => ({
          _tag: "Add",
          clientId: String(index),
          content,
          flags: [],
          categories: []
        }))
      }
    ],
    maxItems: 1,
    maxBytes: 1,
    keep: null
  },
  digests: [""],
  nonce: ""
})

describe("commands that share a commit", () => {
  it("are one where a device writes two drafts of one conversation, and not none", () => {
    const both = draftsOf(answering("<root>", "<a>"), answering("<root>", "<b>"))
    assert.strictEqual(batchLength([ask(both)], 10), 1)
    const another = deliver(answering("<root>", "<c>"))
    assert.strictEqual(batchLength([ask(both), ask(another)], 10), 1)
    assert.strictEqual(batchLength([ask(both), ask(deliver(answering("<other>", "<d>")))], 10), 2)
  })
})

describe("messages of one commit", () => {
  it("follow the first of their conversation", () => {
    const messages = [
      answering("<root>", "<a>"),
      answering("<other>", "<b>"),
      answering("<root>", "<c>"),
      answering("<b>", "<d>"),
      answering("<d>", "<e>")
    ]
    assert.deepStrictEqual(leaders(messages), [0, 1, 0, 1, 1])
  })
})
