import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { element } from "../../src/protocols/activesync/wbxml/element.ts"
import type { RpcClient } from "../../src/rpc/client.ts"
import { FolderRole } from "../../src/rpc/gen/postroom/core/v1/messages_pb.ts"
import { phoneAt } from "../support/activesync/client.ts"
import { composeDocument, itemSource, lines } from "../support/activesync/composing.ts"
import { type Platform, platformHere } from "../support/platform.ts"

class Here extends Context.Tag("test/Here")<Here, Platform>() {}

/** What lies in a mailbox and comes into it. */
const mailboxOf = (name: string) =>
  Effect.gen(function* () {
    const platform = yield* Here
    const client = yield* platform.client(`${name}@demo.test`)
    const call = <A>(start: (calls: RpcClient["mailbox"]) => Promise<A>) =>
      Effect.orDie(client.call(() => start(client.mailbox)))
    const { modSeq } = yield* call((calls) => calls.getMailbox({}))
    const { folders } = yield* call((calls) => calls.listFolders({}))
    const changes = client
      .stream((signal) => client.mailbox.watch({ afterModSeq: modSeq }, { signal }))
      .pipe(
        Stream.flatMap((window) => Stream.fromIterable(window.changes)),
        Stream.orDie
      )
    /** The first message that came into the folder since. */
    const next = (role: FolderRole) =>
      changes.pipe(
        Stream.filterMap(({ fact, origin }) =>
          fact.case === "messageAdded" && folders.find(({ id }) => id === fact.value.folderId)?.role === role
            ? Option.some({ id: fact.value.messageId, flags: fact.value.flags, origin })
            : Option.none()
        ),
        Stream.runHead,
        Effect.map(Option.getOrThrow)
      )
    const rawOf = (messageId: bigint) =>
      client
        .stream(() => client.mailbox.getRaw({ messageId }))
        .pipe(
          Stream.runCollect,
          Effect.map((pieces) => Buffer.concat([...pieces].map(({ data }) => data))),
          Effect.orDie
        )
    return { call, changes, next, rawOf }
  })

const mail = (to: string, ...header: ReadonlyArray<string>) =>
  lines(
    "From: alice@demo.test",
    `To: ${to}`,
    ...header,
    "Subject: from my phone",
    "Date: Tue, 3 Mar 2026 10:00:00 +0100",
    "Message-ID: <p1@phone>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Hello",
    ""
  )

const saved = element("ComposeMail:SaveInSentItems")
const named = (clientId: string, document: ReturnType<typeof composeDocument>) => ({
  ...document,
  children: [element("ComposeMail:ClientId", clientId), ...document.children.slice(1)]
})

layer(Layer.scoped(Here, platformHere()), { timeout: 60_000, excludeTestServices: true })(
  "mail from a phone, on everything that it stands on",
  (it) => {
    it.scoped(
      "MS-ASCMD_R443, R463 (ASCMD_S15_TC01): arrives byte for byte, and its copy in Sent Items, told to the phone",
      () =>
        Effect.gen(function* () {
          const phone = yield* phoneAt(yield* Here)
          const [alice, bob, carol] = yield* Effect.all([
            mailboxOf("alice"),
            mailboxOf("bob"),
            mailboxOf("carol")
          ])
          const document = composeDocument("SendMail", mail("bob@demo.test", "Bcc: carol@demo.test"), saved)
          const answer = yield* phone.ask("SendMail", document)
          assert.deepStrictEqual(
            [answer.code, answer.body.length, answer.headers["content-length"]],
            [200, 0, "0"]
          )
          const got = yield* Effect.flatMap(bob.next(FolderRole.INBOX), ({ id }) => bob.rawOf(id))
          assert.strictEqual(got.subarray(-mail("bob@demo.test").length).toString(), mail("bob@demo.test"))
          const blind = yield* Effect.flatMap(carol.next(FolderRole.INBOX), ({ id }) => carol.rawOf(id))
          assert.notInclude(blind.toString(), "Bcc")
          const own = yield* alice.next(FolderRole.SENT)
          assert.deepStrictEqual([own.flags, own.origin], [["\\Seen"], "eas"])
          assert.strictEqual(
            (yield* alice.rawOf(own.id)).toString(),
            mail("bob@demo.test", "Bcc: carol@demo.test")
          )
        })
    )

    it.scoped("MS-ASCMD_R4848: is sent once, however often the phone asks, and kept once", () =>
      Effect.gen(function* () {
        const platform = yield* Here
        const phone = yield* phoneAt(platform)
        const document = named(
          "twice",
          composeDocument("SendMail", mail("bob@demo.test", "X-Id: twice"), saved)
        )
        const answers = yield* Effect.forEach(Array.from({ length: 3 }), () =>
          phone.ask("SendMail", document)
        )
        assert.deepStrictEqual(
          answers.map(({ document }) => document),
          [null, 118, 118].map((status) =>
            status === null ? null : element("ComposeMail:SendMail", element("ComposeMail:Status", status))
          )
        )
        const old = phone.but({ version: "12.1" })
        const codes = yield* Effect.forEach(Array.from({ length: 2 }), () =>
          Effect.map(
            old.askWithMime("SendMail", Buffer.from(mail("bob@demo.test", "X-Id: old")), {
              saveInSent: true
            }),
            ({ code }) => code
          )
        )
        assert.deepStrictEqual(codes, [200, 200])
        const tasks = yield* platform.query<{ readonly target: string | null; readonly n: number }>(
          `SELECT coalesce(payload ->> 'target', 'inbox') AS target, count(*)::int AS n FROM queue.tasks
           WHERE type = 'mail_ingest' AND payload ->> 'protocol' = 'eas' GROUP BY 1 ORDER BY 1`
        )
        assert.deepStrictEqual(
          tasks.map(({ target }) => target),
          ["inbox", "sent"]
        )
        assert.strictEqual(tasks[0]?.n, tasks[1]?.n)
        assert.strictEqual((yield* platform.ledger).imbalance, 0n)
      })
    )

    it.scoped("MS-ASCMD_R569, R532: is answered and forwarded by number, and the original marked", () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* Here, { address: "bob@demo.test", deviceId: "BOBSPHONE" })
        const [alice, bob] = yield* Effect.all([mailboxOf("alice"), mailboxOf("bob")])
        const writer = yield* phoneAt(yield* Here)
        yield* writer.ask("SendMail", named("original", composeDocument("SendMail", mail("bob@demo.test"))))
        const { id } = yield* bob.next(FolderRole.INBOX)
        const note = (clientId: string, command: "SmartReply" | "SmartForward") =>
          named(
            clientId,
            composeDocument(
              command,
              mail("alice@demo.test").replace("Hello", clientId),
              itemSource(Number(id))
            )
          )
        yield* phone.ask("SmartReply", note("my answer", "SmartReply"))
        const answered = yield* Effect.flatMap(alice.next(FolderRole.INBOX), (message) =>
          alice.rawOf(message.id)
        )
        assert.match(answered.toString(), /my answer\r\n[\s\S]*-----Original Message-----[\s\S]*Hello/)
        assert.match(answered.toString(), /^From: bob@demo\.test\r$/m)
        yield* phone.ask("SmartForward", note("see this", "SmartForward"))
        const { message } = yield* bob.call((calls) => calls.getMessage({ messageId: id }))
        assert.deepStrictEqual([...(message?.flags ?? [])].sort(), ["$Forwarded", "\\Answered"])
        const gone = yield* phone.ask(
          "SmartReply",
          composeDocument("SmartReply", mail("alice@demo.test"), itemSource(999_999))
        )
        assert.deepStrictEqual(
          gone.document,
          element("ComposeMail:SmartReply", element("ComposeMail:Status", 150))
        )
        yield* bob.call((calls) => calls.expungeMessages({ messageIds: [id] }))
        const again = yield* phone.ask("SmartReply", note("my answer", "SmartReply"))
        assert.deepStrictEqual(
          again.document,
          element("ComposeMail:SmartReply", element("ComposeMail:Status", 118))
        )
      })
    )

    it.scoped("MS-ASCMD_R4183, R3312, R3840: is no invitation that could be answered", () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* Here)
        const request = element(
          "MeetingResponse:Request",
          element("MeetingResponse:UserResponse", 1),
          element("MeetingResponse:CollectionId", "1"),
          element("MeetingResponse:RequestId", "999999")
        )
        const { document } = yield* phone.ask(
          "MeetingResponse",
          element("MeetingResponse:MeetingResponse", request)
        )
        assert.deepStrictEqual(
          document,
          element(
            "MeetingResponse:MeetingResponse",
            element(
              "MeetingResponse:Result",
              element("MeetingResponse:RequestId", "999999"),
              element("MeetingResponse:Status", 2)
            )
          )
        )
      })
    )

    it.scoped("is refused with the status, or in 12.1 with the code, that says why", () =>
      Effect.gen(function* () {
        const phone = yield* phoneAt(yield* Here)
        const old = phone.but({ version: "12.1" })
        const asked = (text: string) =>
          Effect.gen(function* () {
            const { document } = yield* phone.ask(
              "SendMail",
              named("refused", composeDocument("SendMail", text))
            )
            const { code } = yield* old.askWithMime("SendMail", Buffer.from(text))
            const status = document === null ? null : (document.children[0] ?? null)
            return [status, code]
          })
        const status = (n: number) => element("ComposeMail:Status", n)
        assert.deepStrictEqual(yield* asked(mail("nobody@demo.test")), [status(116), 400])
        assert.deepStrictEqual(yield* asked("nothing"), [status(107), 400])
        assert.deepStrictEqual(yield* asked("Subject: x\r\n\r\nx"), [status(119), 400])
        const many = Array.from({ length: 1_500 }, (_, n) => `a${n}@demo.test`).join(",\r\n ")
        assert.deepStrictEqual(yield* asked(`To: ${many}\r\n\r\nx`), [status(115), 507])
      })
    )
  }
)
