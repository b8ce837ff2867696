import { Code } from "@connectrpc/connect"
import { assert, layer } from "@effect/vitest"
import { Chunk, Effect, Fiber, Schedule, Stream } from "effect"
import { BodyType } from "../../src/rpc/gen/postroom/core/v1/mailbox_pb.ts"
import { bytesOf, type Calls, calling, clientOf, codeOfCall, Here, inboxOf } from "../support/coreClient.ts"

const raw = Buffer.from(
  [
    "From: Alice <alice@demo.test>",
    "To: bob@demo.test",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "Date: Tue, 3 Mar 2026 10:00:00 +0000",
    "Message-ID: <1@demo.test>",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    'Content-Type: multipart/alternative; boundary="c"',
    "",
    "--c",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "Viele Gr=C3=BC=C3=9Fe",
    "--c",
    "Content-Type: text/html; charset=iso-8859-1",
    "Content-Transfer-Encoding: 8bit",
    "",
    "<p>Viele Gr&uuml;&szlig;e</p>",
    "--c--",
    "--b",
    "Content-Type: application/octet-stream",
    'Content-Disposition: attachment; filename="n.bin"',
    "Content-Transfer-Encoding: base64",
    "",
    "AAECAwQF",
    "--b--",
    ""
  ].join("\r\n")
)

const appended = Effect.gen(function* () {
  const client = yield* clientOf("alice")
  const call = calling(client)
  const folderId = yield* inboxOf(client)
  const { messageId } = yield* call((calls) => calls.appendMessage({ folderId, raw, flags: ["\\Flagged"] }))
  return { client, call, folderId, messageId }
})

layer(Here.layer, { timeout: 60_000, excludeTestServices: true })(
  "core, on everything that it stands on",
  (it) => {
    it.scoped("gives back what was appended, byte for byte and read", () =>
      Effect.gen(function* () {
        const { client, call, folderId, messageId } = yield* appended
        const page = yield* call((calls) => calls.listMessages({ folderId }))
        const row = page.messages.find(({ id }) => id === messageId)
        assert.deepStrictEqual(
          [row?.subject, row?.flags, row?.hasAttachments],
          ["Grüße", ["\\Flagged"], true]
        )
        const { parts, message } = yield* call((calls) => calls.getMessage({ messageId }))
        assert.strictEqual(message?.internetMessageId, "1@demo.test")
        assert.deepStrictEqual(
          parts.map(({ type }) => type),
          ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/octet-stream"]
        )
        assert.deepStrictEqual(yield* bytesOf(client, (calls) => calls.getRaw({ messageId })), raw)
        const path = parts.at(-1)?.path ?? ""
        assert.deepStrictEqual(
          yield* bytesOf(client, (calls) => calls.getPart({ messageId, path })),
          Buffer.from([0, 1, 2, 3, 4, 5])
        )
        assert.strictEqual(
          yield* codeOfCall(client, async (calls) => {
            for await (const _ of calls.getPart({ messageId, path: "9.9" })) break
          }),
          Code.NotFound
        )
      })
    )

    it.scoped("gives the body as text, as HTML and cut between characters", () =>
      Effect.gen(function* () {
        const { call, messageId } = yield* appended
        const body = (type: BodyType, maxBytes = 0) =>
          call((calls) => calls.getBody({ messageId, type, maxBytes }))
        const text = yield* body(BodyType.TEXT)
        assert.deepStrictEqual(
          [text.content.trim(), text.mediaType, text.truncated],
          ["Viele Grüße", "text/plain", false]
        )
        const html = yield* body(BodyType.HTML)
        assert.deepStrictEqual(
          [html.content.trim(), html.mediaType],
          ["<p>Viele Gr&uuml;&szlig;e</p>", "text/html"]
        )
        assert.strictEqual((yield* body(BodyType.PREVIEW)).content, "Viele Grüße")
        // "Viele Gr" is 8 octets and "ü" two more: nine end in its middle.
        const cut = yield* body(BodyType.TEXT, 9)
        assert.deepStrictEqual([cut.content, cut.truncated], ["Viele Gr", true])
      })
    )

    it.scoped("changes what it is asked to, once for each operation id", () =>
      Effect.gen(function* () {
        const { client, call, folderId, messageId } = yield* appended
        const ids = { messageIds: [messageId] }
        const { folderId: toFolderId } = yield* call((calls) => calls.createFolder({ name: "Work" }))
        yield* call((calls) => calls.changeFlags({ ...ids, addFlags: ["\\Seen"], addCategories: ["Blue"] }))
        const moved = yield* call((calls) => calls.moveMessages({ ...ids, toFolderId }))
        assert.deepStrictEqual(moved.missing, [])
        const copied = yield* call((calls) =>
          calls.copyMessages({ ...ids, toFolderId, operationId: "copy-1" })
        )
        assert.strictEqual(copied.copyIds.length, 1)
        const again = yield* call((calls) =>
          calls.copyMessages({ ...ids, toFolderId, operationId: "copy-1" })
        )
        assert.deepStrictEqual(again, copied)
        const { messages } = yield* call((calls) => calls.listMessages({ folderId: toFolderId }))
        assert.deepStrictEqual(
          messages.map(({ categories, flags }) => [categories, flags]),
          [
            [["Blue"], ["\\Flagged", "\\Seen"]],
            [["Blue"], ["\\Flagged", "\\Seen"]]
          ]
        )
        const missing = yield* call((calls) => calls.deleteMessages({ messageIds: [messageId, 999_999n] }))
        assert.deepStrictEqual(missing.missing, [999_999n])
        yield* call((calls) => calls.expungeMessages(ids))
        assert.strictEqual(
          yield* codeOfCall(client, (calls) => calls.getMessage({ messageId })),
          Code.NotFound
        )
        yield* call((calls) => calls.renameFolder({ folderId: toFolderId, name: "Works" }))
        yield* call((calls) => calls.moveFolder({ folderId: toFolderId, toFolderId: folderId }))
        yield* call((calls) => calls.emptyFolder({ folderId: toFolderId, permanently: true }))
        yield* call((calls) => calls.deleteFolder({ folderId: toFolderId, permanently: true }))
        assert.strictEqual(
          yield* codeOfCall(client, (calls) => calls.deleteFolder({ folderId, permanently: true })),
          Code.FailedPrecondition
        )
      })
    )

    it.scoped("answers a repeated wish as the first time, though it would be refused now", () =>
      Effect.gen(function* () {
        const call = calling(yield* clientOf("alice"))
        const make = () => call((calls) => calls.createFolder({ name: "Once", operationId: "make-once" }))
        const made = yield* make()
        assert.strictEqual((yield* make()).folderId, made.folderId)
        const remove = () =>
          call((calls) =>
            calls.deleteFolder({ folderId: made.folderId, permanently: true, operationId: "remove-once" })
          )
        assert.deepStrictEqual(yield* remove(), yield* remove())
      })
    )

    it.scoped("tells a watch what happened, and the journal the same", () =>
      Effect.gen(function* () {
        const { client, call, folderId, messageId } = yield* appended
        const { modSeq } = yield* call((calls) => calls.getMailbox({}))
        const watch = yield* client
          .stream((signal) =>
            client.mailbox.watch({ afterModSeq: modSeq, folderIds: [folderId] }, { signal })
          )
          .pipe(
            Stream.flatMap(({ changes }) => Stream.fromIterable(changes)),
            Stream.take(2),
            Stream.runCollect,
            Effect.fork
          )
        yield* call((calls) => calls.changeFlags({ messageIds: [messageId], addFlags: ["\\Answered"] }))
        yield* call((calls) => calls.createFolder({ name: "Elsewhere" }))
        yield* call((calls) => calls.expungeMessages({ messageIds: [messageId] }))
        const told = Chunk.toReadonlyArray(yield* Fiber.join(watch))
        assert.deepStrictEqual(
          told.map(({ fact }) => fact.case),
          ["flagsChanged", "expunged"]
        )
        const listed = yield* call((calls) =>
          calls.listChanges({ afterModSeq: modSeq, folderIds: [folderId] })
        )
        assert.deepStrictEqual(listed.changes, told)
        assert.strictEqual(
          yield* codeOfCall(client, (calls) => calls.listChanges({ afterModSeq: 1_000_000n })),
          Code.OutOfRange
        )
      })
    )

    it.scoped("shows a mailbox to whom the table of grants names, and to no other tenant", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const { folderId, client } = yield* appended
        const { mailboxId } = yield* calling(client)((calls) => calls.getMailbox({}))
        const carol = yield* clientOf("carol")
        const list = (calls: Calls) => calls.listMessages({ mailboxId, folderId })
        assert.strictEqual(yield* codeOfCall(carol, list), Code.NotFound)
        yield* platform.query(
          `INSERT INTO mail_state.acl (user_id, mailbox_id, grantee, rights)
         SELECT $1, $2, id, '{l,r}' FROM mail_state.users WHERE email = 'carol@demo.test'`,
          [mailboxId, String(folderId)]
        )
        assert.isAbove((yield* calling(carol)(list)).messages.length, 0)
        const { folders } = yield* calling(carol)((calls) => calls.listFolders({ mailboxId }))
        assert.deepStrictEqual(
          folders.map(({ id }) => id),
          [folderId]
        )
        // Moved to another tenant, the same grant opens nothing.
        yield* platform.query(
          `WITH other AS (INSERT INTO mail_state.tenants (id, name) VALUES (gen_random_uuid(), 'other') RETURNING id)
         UPDATE mail_state.users SET tenant_id = (SELECT id FROM other) WHERE id = $1`,
          [mailboxId]
        )
        assert.strictEqual(yield* codeOfCall(carol, list), Code.NotFound)
        assert.strictEqual(
          yield* codeOfCall(carol, (calls) => calls.getMailbox({ mailboxId })),
          Code.NotFound
        )
      }).pipe(
        Effect.ensuring(
          Effect.flatMap(Here, (platform) =>
            platform.query(
              `UPDATE mail_state.users SET tenant_id = (SELECT tenant_id FROM mail_state.users WHERE email = 'bob@demo.test')`
            )
          )
        )
      )
    )

    it.scoped("leaves a trail of ids under the call's correlation id", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const { client, messageId } = yield* appended
        const headers = { "x-correlation-id": "trail-1" }
        yield* calling(client)((calls) =>
          calls.changeFlags({ messageIds: [messageId], addCategories: ["Private"] }, { headers })
        )
        const find = platform.query<{
          readonly action: string
          readonly resource: string
          readonly details: object
        }>("SELECT action, resource, details FROM audit.events WHERE correlation_id = 'trail-1'")
        const [event] = yield* Effect.repeat(find, {
          until: (rows) => rows.length > 0,
          schedule: Schedule.spaced("20 millis")
        }).pipe(Effect.zipRight(find))
        const { mailboxId } = yield* calling(client)((calls) => calls.getMailbox({}))
        assert.deepStrictEqual(event, {
          action: "MailboxService/ChangeFlags",
          resource: `mailbox:${mailboxId}`,
          details: { messages: 1, outcome: "ok", origin: "grpc" }
        })
      })
    )
  }
)
