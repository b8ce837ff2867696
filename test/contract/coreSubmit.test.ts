import { Code } from "@connectrpc/connect"
import { assert, layer } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import type { RpcClient } from "../../src/rpc/client.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { bytesOf, calling, clientOf, codeOfCall, Here } from "../support/coreClient.ts"

const raw = Buffer.from(
  ["From: Alice <alice@demo.test>", "To: bob@demo.test", "Subject: a word", "", "Hello", ""].join("\r\n")
)

layer(Here.layer, { timeout: 60_000, excludeTestServices: true })(
  "submission to core, on everything that it stands on",
  (it) => {
    it.scoped("submits to neighbours and to the world in one commit, once for each operation id", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const [alice, bob] = yield* Effect.all([clientOf("alice"), clientOf("bob")])
        const { modSeq } = yield* calling(bob)((calls) => calls.getMailbox({}))
        const request = {
          sender: "alice@demo.test",
          recipients: ["bob@demo.test", "BOB+work@demo.test", "eve@elsewhere.example"],
          raw,
          operationId: "send-1"
        }
        const wasSubmitted = calling(alice)((calls) => calls.wasSubmitted({ operationId: "send-1" }))
        assert.isFalse((yield* wasSubmitted).submitted)
        const sent = yield* calling(alice)((calls) => calls.submit(request))
        assert.isTrue((yield* wasSubmitted).submitted)
        assert.deepStrictEqual([sent.localRecipients, sent.remoteRecipients], [2, 1])
        const arrived = yield* bob
          .stream((signal) => bob.mailbox.watch({ afterModSeq: modSeq }, { signal }))
          .pipe(
            Stream.flatMap(({ changes }) => Stream.fromIterable(changes)),
            Stream.runHead
          )
        const fact = Option.getOrThrow(arrived).fact
        const messageId = fact.case === "messageAdded" ? fact.value.messageId : 0n
        const got = yield* bytesOf(bob, (calls) => calls.getRaw({ messageId }))
        assert.isTrue(got.subarray(-raw.length).equals(raw))
        assert.match(got.toString("latin1"), /^Return-Path: <alice@demo\.test>\r\nReceived: /)

        const again = yield* calling(alice)((calls) =>
          calls.submit({ ...request, recipients: ["carol@demo.test"] })
        )
        assert.deepStrictEqual(
          [sent.duplicate, again.duplicate, again.localRecipients, again.remoteRecipients],
          [false, true, 0, 0]
        )
        const tasks = yield* platform.query<{
          readonly type: string
          readonly payload: { readonly recipients: unknown }
        }>(
          "SELECT type, payload FROM queue.tasks WHERE payload ->> 'sender' = 'alice@demo.test' ORDER BY type"
        )
        assert.deepStrictEqual(
          tasks.map(({ type }) => type),
          ["mail_ingest", "send"]
        )
        assert.deepStrictEqual(tasks[1]?.payload.recipients, ["eve@elsewhere.example"])
        const { imbalance, inFlight, delivered } = yield* platform.ledger
        assert.deepStrictEqual([imbalance, inFlight, delivered], [0n, 1n, 1n])
      })
    )

    it.scoped("keeps the author's copy, read, in the same commit, and Bcc from everybody else", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const [alice, carol] = yield* Effect.all([clientOf("alice"), clientOf("carol")])
        const blind = Buffer.concat([Buffer.from("Bcc: carol@demo.test,\r\n eve@elsewhere.example\r\n"), raw])
        const request = {
          sender: "alice@demo.test",
          recipients: ["bob@demo.test", "carol@demo.test", "eve@elsewhere.example"],
          raw: blind,
          savesInSent: true,
          operationId: "send-2"
        }
        const next = (client: RpcClient, afterModSeq: bigint) =>
          client
            .stream((signal) => client.mailbox.watch({ afterModSeq }, { signal }))
            .pipe(
              Stream.flatMap(({ changes }) => Stream.fromIterable(changes)),
              Stream.filterMap(({ fact }) =>
                fact.case === "messageAdded" ? Option.some(fact.value) : Option.none()
              ),
              Stream.runHead,
              Effect.map(Option.getOrThrow)
            )
        const before = yield* Effect.forEach([alice, carol], (client) =>
          calling(client)((calls) => calls.getMailbox({}))
        )
        yield* calling(alice)((calls) => calls.submit(request))
        yield* calling(alice)((calls) => calls.submit(request))
        const own = yield* next(alice, before[0]?.modSeq ?? 0n)
        const theirs = yield* next(carol, before[1]?.modSeq ?? 0n)
        const { folders } = yield* calling(alice)((calls) => calls.listFolders({}))
        const folder = folders.find(({ id }) => id === own.folderId)
        assert.deepStrictEqual([folder?.role, own.flags], [FolderRole.SENT, ["\\Seen"]])
        const kept = yield* bytesOf(alice, (calls) => calls.getRaw({ messageId: own.messageId }))
        assert.isTrue(kept.equals(blind))
        const got = yield* bytesOf(carol, (calls) => calls.getRaw({ messageId: theirs.messageId }))
        assert.isTrue(got.subarray(-raw.length).equals(raw))
        assert.notInclude(got.toString("latin1"), "Bcc")
        const tasks = yield* platform.query<{ readonly n: number }>(
          "SELECT count(*)::int AS n FROM queue.tasks WHERE payload ->> 'target' = 'sent'"
        )
        assert.deepStrictEqual(tasks, [{ n: 1 }])
      })
    )

    it.scoped("lets nobody send as somebody else, nor to addresses that are none", () =>
      Effect.gen(function* () {
        const alice = yield* clientOf("alice")
        const code = (change: object) =>
          codeOfCall(alice, (calls) =>
            calls.submit({ sender: "alice@demo.test", recipients: ["bob@demo.test"], raw, ...change })
          )
        assert.strictEqual(yield* code({ sender: "bob@demo.test" }), Code.PermissionDenied)
        assert.strictEqual(yield* code({ sender: "alice@elsewhere.example" }), Code.PermissionDenied)
        assert.strictEqual(
          yield* code({ raw: Buffer.from("From: bob@demo.test\r\n\r\nx") }),
          Code.PermissionDenied
        )
        assert.strictEqual(yield* code({ raw: Buffer.from("Subject: x\r\n\r\nx") }), Code.InvalidArgument)
        assert.strictEqual(yield* code({ recipients: ["nobody@demo.test"] }), Code.InvalidArgument)
        assert.strictEqual(yield* code({ recipients: ["no address"] }), Code.InvalidArgument)
        assert.strictEqual(yield* code({ recipients: [] }), Code.InvalidArgument)
        assert.strictEqual(
          yield* code({ recipients: Array.from({ length: 1_001 }, () => "bob@demo.test") }),
          Code.ResourceExhausted
        )
      })
    )
  }
)
