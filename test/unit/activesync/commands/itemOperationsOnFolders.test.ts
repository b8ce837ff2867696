import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ThreadId } from "../../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../../src/domain/Message.ts"
import { conversationIdOf } from "../../../../src/protocols/activesync/content/conversation.ts"
import { folder, operationsRunner, operationsWorld } from "../../../support/activesync/operationsWorld.ts"
import { itLints } from "../../../support/activesync/wbxml.ts"
import { mailboxId } from "../../../support/alice.ts"

const responses: Array<Uint8Array> = []
const { run, statuses } = operationsRunner(responses)

const item = (serverId: string, options = "", collectionId = "1") =>
  `<Fetch><Store>Mailbox</Store><AirSync:CollectionId>${collectionId}</AirSync:CollectionId><AirSync:ServerId>${serverId}</AirSync:ServerId>${options === "" ? "" : `<Options>${options}</Options>`}</Fetch>`

const plain = "From: a@b.test\r\nTo: c@d.test\r\nSubject: hello\r\n\r\nHello"

const move = (conversation: string, options = "<Options><MoveAlways/></Options>", to = "8") =>
  `<Move><ConversationId>${conversation}</ConversationId><DstFldId>${to}</DstFldId>${options}</Move>`

const conversationOf = ({ threadId }: Pick<MessageSummary, "threadId">) =>
  Buffer.from(conversationIdOf(mailboxId, threadId)).toString("base64")

describe("ItemOperations on folders and conversations", () => {
  it.effect(
    "MSASCMD_S08_TC01, MSASCMD_S08_TC10: a folder is emptied, its folders go only where that was asked for",
    () =>
      Effect.gen(function* () {
        const { core, asked } = yield* operationsWorld
        const empty =
          "<EmptyFolderContents><AirSync:CollectionId>1</AirSync:CollectionId></EmptyFolderContents>"
        assert.deepStrictEqual(yield* statuses(core, empty), [1, 1])
        assert.deepStrictEqual(asked, ["empty 1 false", "empty 1 false"])
        const deep = empty.replace("</Empty", "<Options><DeleteSubFolders/></Options></Empty")
        assert.deepStrictEqual(yield* statuses(core, deep), [1, 1])
        assert.deepStrictEqual(asked.slice(2), ["empty 1 false", "delete 8"])
      })
  )

  it.effect("MS-ASCMD_R4168: what keeps a subfolder makes the success a partial one", () =>
    Effect.gen(function* () {
      const { core, folders } = yield* operationsWorld
      folders.push(folder(9, 1))
      const deep =
        "<EmptyFolderContents><AirSync:CollectionId>1</AirSync:CollectionId><Options><DeleteSubFolders/></Options></EmptyFolderContents>"
      assert.deepStrictEqual(yield* statuses(core, deep), [1, 17])
    })
  )

  it.effect(
    "MSASCMD_S08_TC09: the recipient information cache is not emptied; empty collections are empty",
    () =>
      Effect.gen(function* () {
        const { core } = yield* operationsWorld
        const empty = (id: string) =>
          `<EmptyFolderContents><AirSync:CollectionId>${id}</AirSync:CollectionId></EmptyFolderContents>`
        assert.deepStrictEqual(
          yield* statuses(core, empty("recipients") + empty("calendar") + empty("99") + empty("x")),
          [1, 2, 1, 6, 6]
        )
      })
  )

  it.effect("MSASCMD_S08_TC06, MS-ASCON_R69, R139, R143, R214, R216: a conversation moves", () =>
    Effect.gen(function* () {
      const { mail, core, asked } = yield* operationsWorld
      const message = yield* mail.store(plain)
      const conversation = conversationOf(message)
      const { xml } = yield* run(core, move(conversation))
      assert.include(xml, `<ConversationId>${conversation}</ConversationId>`)
      assert.deepStrictEqual(yield* statuses(core, move(conversation)), [1, 1])
      assert.strictEqual(asked[0], "move 1 to 8")
    })
  )

  it.effect("MSASCON_S03_TC03, MS-ASCMD_R3475, R4170: a move has an empty MoveAlways", () =>
    Effect.gen(function* () {
      const { mail, core, asked } = yield* operationsWorld
      const conversation = conversationOf(yield* mail.store(plain))
      const moves =
        move(conversation, "<Options><MoveAlways>x</MoveAlways></Options>") +
        move(conversation, "<Options/>") +
        move(conversation, "")
      assert.deepStrictEqual(yield* statuses(core, moves), [1, 2, 155, 155])
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("MSASCON_S03_TC04: a conversation or a folder that is not there is status 6", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      const conversation = conversationOf(yield* mail.store(plain))
      const moves =
        move(Buffer.from("NotExistConversationId").toString("base64")) +
        move(conversationOf({ threadId: ThreadId(9) })) +
        move(conversation, undefined, "NotExistFolderId") +
        move(conversation, undefined, "99")
      assert.deepStrictEqual(yield* statuses(core, moves), [1, 6, 6, 6, 6])
    })
  )

  it.effect(
    "MSASCON_S03_TC05, MSASCON_S03_TC06, MSASCMD_S08_TC19: a conversation goes to folders of mail only",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        const conversation = conversationOf(yield* mail.store(plain))
        const moves = move(conversation, undefined, "recipients") + move(conversation, undefined, "notes")
        assert.deepStrictEqual(yield* statuses(core, moves), [1, 105, 156])
      })
  )

  it.effect(
    "MS-ASCMD_R193, R194, R7490: up to 100 operations, one after the other, each with its status",
    () =>
      Effect.gen(function* () {
        const { mail, core } = yield* operationsWorld
        yield* mail.store(plain)
        const all = yield* statuses(core, item("1").repeat(99) + item("7"))
        assert.deepStrictEqual(all, [...Array.from({ length: 100 }, () => 1), 6])
        assert.deepStrictEqual(yield* statuses(core, item("1").repeat(101)), [11])
      })
  )

  it.effect("status 2 of the whole: no operation, an unknown one, one that came with a later version", () =>
    Effect.gen(function* () {
      const { mail, core } = yield* operationsWorld
      const conversation = conversationOf(yield* mail.store(plain))
      assert.deepStrictEqual(yield* statuses(core, ""), [2])
      assert.deepStrictEqual(yield* statuses(core, "<Schema/>"), [2])
      assert.deepStrictEqual(yield* statuses(core, move(conversation), { version: "12.1" }), [2])
    })
  )

  itLints(responses)
})
