import { Code } from "@connectrpc/connect"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { BodyType } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { calling, clientOf, codeOfCall, Here, inboxOf } from "../support/coreClient.ts"

const alternative =
  'Subject: first\r\nContent-Type: multipart/alternative; boundary="c"\r\n\r\n--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--c--\r\n'

const world = Effect.gen(function* () {
  const client = yield* clientOf("alice")
  const call = calling(client)
  const folderId = yield* inboxOf(client)
  const append = (into: bigint, raw: string) =>
    Effect.map(
      call((calls) => calls.appendMessage({ folderId: into, raw: Buffer.from(raw) })),
      ({ messageId }) => messageId
    )
  return { client, call, append, folderId }
})

layer(Here.layer, { timeout: 60_000, excludeTestServices: true })(
  "contents and conversations of core, on everything that it stands on",
  (it) => {
    it.scoped("gives structures and bodies of many at once, in the order asked for", () =>
      Effect.gen(function* () {
        const { call, append, folderId } = yield* world
        const first = yield* append(folderId, alternative)
        const second = yield* append(folderId, "Subject: second\r\n\r\nanother")
        const messageIds = [second, 999_999n, first]
        const { messages } = yield* call((calls) => calls.getMessages({ messageIds }))
        assert.deepStrictEqual(
          messages.map(({ message, parts }) => [message?.id, parts.length]),
          [
            [second, 1],
            [first, 3]
          ]
        )
        assert.deepStrictEqual(
          messages[1]?.parts,
          (yield* call((calls) => calls.getMessage({ messageId: first }))).parts
        )
        const { bodies } = yield* call((calls) => calls.getBodies({ messageIds, type: BodyType.HTML }))
        assert.deepStrictEqual(
          bodies.map(({ messageId, body, error }) => [messageId, body?.content, error]),
          [
            [second, "another", ""],
            [first, "<p>rich</p>", ""]
          ]
        )
      })
    )

    it.scoped("gives one body of parts of plain text and of HTML", () =>
      Effect.gen(function* () {
        const { call, append, folderId } = yield* world
        const messageId = yield* append(folderId, alternative.replace("alternative", "mixed"))
        const body = (type: BodyType) =>
          Effect.map(
            call((calls) => calls.getBody({ messageId, type })),
            ({ content, mediaType }) => [content, mediaType]
          )
        assert.deepStrictEqual(yield* body(BodyType.TEXT), ["plain\r\nrich", "text/plain"])
        assert.deepStrictEqual(yield* body(BodyType.HTML), ["<div>plain</div>\r\n<p>rich</p>", "text/html"])
      })
    )

    it.scoped("lists a conversation and moves it, but for what lies in Sent Items", () =>
      Effect.gen(function* () {
        const { client, call, append, folderId } = yield* world
        const { folders } = yield* call((calls) => calls.listFolders({}))
        const sent = folders.find(({ role }) => role === FolderRole.SENT)?.id ?? 0n
        const mail = (id: string, refers: string) =>
          `Subject: lunch\r\nMessage-ID: <${id}@x.test>\r\n${refers}\r\ntext`
        const threadId = yield* append(folderId, mail("1", ""))
        const answer = yield* append(sent, mail("2", "In-Reply-To: <1@x.test>\r\n"))
        const last = yield* append(folderId, mail("3", "References: <1@x.test> <2@x.test>\r\n"))
        const thread = call((calls) => calls.listThread({ threadId }))
        assert.deepStrictEqual(
          (yield* thread).messages.map(({ id }) => id),
          [last, answer, threadId]
        )
        const { folderId: toFolderId } = yield* call((calls) => calls.createFolder({ name: "Lunches" }))
        yield* call((calls) => calls.moveThread({ threadId, toFolderId }))
        assert.deepStrictEqual(
          (yield* thread).messages.map((message) => message.folderId),
          [toFolderId, sent, toFolderId]
        )
        const nowhere = codeOfCall(client, (calls) => calls.moveThread({ threadId, toFolderId: 999_999n }))
        assert.strictEqual(yield* nowhere, Code.NotFound)
        const nobody = codeOfCall(client, (calls) => calls.listThread({ threadId: 999_999n }))
        assert.strictEqual(yield* nobody, Code.NotFound)
      })
    )
  }
)
