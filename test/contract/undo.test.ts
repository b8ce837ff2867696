import { Code } from "@connectrpc/connect"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { type Calls, calling, clientOf, codeOfCall, Here, inboxOf } from "../support/coreClient.ts"
import { platformHere } from "../support/platform.ts"

const raw = Buffer.from("From: a@demo.test\r\nSubject: x\r\n\r\nx\r\n")

/** Two messages in an Inbox, and a second client of the same person. */
const started = Effect.gen(function* () {
  const call = calling(yield* clientOf("alice"))
  const client = yield* clientOf("alice")
  const folderId = yield* inboxOf(client)
  const append = call((calls) => calls.appendMessage({ folderId, raw }))
  const messageIds = [(yield* append).messageId, (yield* append).messageId]
  return { client, call, other: calling(client), folderId, messageIds }
})

const flagsIn = (folderId: bigint, messageIds: ReadonlyArray<bigint>) => (calls: Calls) =>
  calls
    .listMessages({ folderId })
    .then(({ messages }) => messages.filter(({ id }) => messageIds.includes(id)).map(({ flags }) => flags))

layer(Here.layer, { timeout: 60_000, excludeTestServices: true })("undo, over the wire", (it) => {
  it.scoped(
    "takes back what one client did and leaves what another did since; undone again it is a redo",
    () =>
      Effect.gen(function* () {
        const { call, other, folderId, messageIds } = yield* started
        yield* call((calls) => calls.markAllRead({ folderId, operationId: "read-all" }))
        yield* call((calls) => calls.deleteMessages({ messageIds, operationId: "delete" }))
        const [first = 0n] = messageIds
        yield* other((calls) => calls.moveMessages({ messageIds: [first], toFolderId: folderId }))
        yield* other((calls) => calls.changeFlags({ messageIds: [first], addFlags: ["\\Flagged"] }))
        const ask = { undoes: "delete", operationId: "undo-delete" }
        const undone = yield* call((calls) => calls.undo(ask))
        assert.deepStrictEqual(
          [undone.restored, undone.changedSince, undone.gone, undone.noPlace],
          [1, 1, 0, 0]
        )
        assert.deepStrictEqual(yield* call((calls) => calls.undo(ask)), undone)
        yield* call((calls) => calls.undo({ undoes: "read-all", operationId: "undo-read" }))
        assert.deepStrictEqual(yield* call(flagsIn(folderId, messageIds)), [[], ["\\Flagged"]])
        yield* call((calls) => calls.undo({ undoes: "undo-read", operationId: "redo-read" }))
        assert.deepStrictEqual(yield* call(flagsIn(folderId, messageIds)), [
          ["\\Seen"],
          ["\\Flagged", "\\Seen"]
        ])
      })
  )

  it.scoped("gives folders their names and places back", () =>
    Effect.gen(function* () {
      const { call } = yield* started
      const { folderId } = yield* call((calls) => calls.createFolder({ name: "Plans" }))
      yield* call((calls) => calls.renameFolder({ folderId, name: "Ideas", operationId: "rename" }))
      yield* call((calls) => calls.deleteFolder({ folderId, operationId: "bin" }))
      yield* call((calls) => calls.undo({ undoes: "bin" }))
      yield* call((calls) => calls.undo({ undoes: "rename" }))
      const { folders } = yield* call((calls) => calls.listFolders({}))
      const folder = folders.find(({ id }) => id === folderId)
      assert.deepStrictEqual([folder?.name, folder?.parentId], ["Plans", undefined])
    })
  )

  it.scoped("lists what a client that was loaded anew can undo", () =>
    Effect.gen(function* () {
      const { call, messageIds, folderId } = yield* started
      const toFolderId = yield* call((calls) =>
        calls
          .listFolders({})
          .then(({ folders }) => folders.find(({ role }) => role === FolderRole.ARCHIVE)?.id)
      )
      yield* call((calls) =>
        calls.moveMessages({ messageIds, toFolderId: toFolderId ?? folderId, operationId: "archive" })
      )
      yield* call((calls) => calls.undo({ undoes: "archive", operationId: "undo-archive" }))
      const { operations } = yield* call((calls) => calls.listOperations({ limit: 2 }))
      assert.deepStrictEqual(
        operations.map(({ operationId, undoes, moved, origin }) => [operationId, undoes, moved, origin]),
        [
          ["undo-archive", "archive", 2, "grpc"],
          ["archive", "", 2, "grpc"]
        ]
      )
    })
  )

  it.scoped("refuses what names nothing, another wish, or itself", () =>
    Effect.gen(function* () {
      const { call, client, messageIds } = yield* started
      yield* call((calls) =>
        calls.changeFlags({ messageIds, addFlags: ["\\Answered"], operationId: "answered" })
      )
      const refused = (undoes: string, operationId = "") =>
        codeOfCall(client, (calls) => calls.undo({ undoes, operationId }))
      assert.deepStrictEqual(
        [
          yield* refused(""),
          yield* refused("never-done"),
          yield* refused("answered", "answered"),
          yield* refused("never-done", "answered")
        ],
        [Code.InvalidArgument, Code.NotFound, Code.InvalidArgument, Code.InvalidArgument]
      )
    })
  )

  it.scoped("is the owner's alone, whatever was granted", () =>
    Effect.gen(function* () {
      const platform = yield* Here
      const { call, messageIds } = yield* started
      const { mailboxId } = yield* call((calls) => calls.getMailbox({}))
      yield* platform.query(
        `INSERT INTO mail_state.acl (user_id, mailbox_id, grantee, rights)
         SELECT $1, NULL, id, '{l,r,s,w,i,k,x,t,e,a}' FROM mail_state.users WHERE email = 'bob@demo.test'`,
        [mailboxId]
      )
      const bob = yield* clientOf("bob")
      yield* calling(bob)((calls) => calls.deleteMessages({ mailboxId, messageIds, operationId: "by-bob" }))
      for (const start of [
        (calls: Calls) => calls.undo({ mailboxId, undoes: "by-bob" }),
        (calls: Calls) => calls.listOperations({ mailboxId })
      ]) {
        assert.strictEqual(yield* codeOfCall(bob, start), Code.PermissionDenied)
      }
      const { restored } = yield* call((calls) => calls.undo({ undoes: "by-bob" }))
      assert.strictEqual(restored, 2)
    })
  )
})

const shortly = Layer.scoped(Here, platformHere({ POSTROOM_UNDO_WINDOW: "0 seconds" }))

layer(shortly, { timeout: 60_000, excludeTestServices: true })("undo, where its time is over", (it) => {
  it.scoped("is refused, and nothing is listed", () =>
    Effect.gen(function* () {
      const { call, client, messageIds } = yield* started
      yield* call((calls) => calls.deleteMessages({ messageIds, operationId: "delete" }))
      assert.strictEqual(
        yield* codeOfCall(client, (calls) => calls.undo({ undoes: "delete" })),
        Code.FailedPrecondition
      )
      assert.deepStrictEqual((yield* call((calls) => calls.listOperations({}))).operations, [])
    })
  )
})
