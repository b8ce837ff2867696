import { assert, layer } from "@effect/vitest"
import { Clock, Duration, Effect, Schedule } from "effect"
import { bytesOf, calling, clientOf, Here } from "../support/coreClient.ts"
import { empty } from "../support/owa/emptyDraft.ts"
import { type Pen, penOf } from "../support/owa/writing.ts"

/** Every message of a folder, read by another road. */
const listOf = (name: string, folderId: number) =>
  Effect.flatMap(clientOf(name), (client) =>
    Effect.map(
      calling(client)((calls) => calls.listMessages({ folderId: BigInt(folderId) })),
      ({ messages }) => messages
    )
  )
const subjectsOf = (name: string, folderId: number) =>
  Effect.map(listOf(name, folderId), (messages) => messages.map(({ subject }) => subject))

const drafts = 2
const sentItems = 3

/** Until what happens by itself has happened. */
const eventually = (name: string, folderId: number, subject: string) =>
  listOf(name, folderId).pipe(
    Effect.flatMap((messages) =>
      Effect.fromNullable(messages.find((message) => message.subject === subject))
    ),
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

const rawOf = (name: string, folderId: number, subject: string) =>
  Effect.flatMap(eventually(name, folderId, subject), ({ id }) =>
    Effect.flatMap(clientOf(name), (client) =>
      Effect.map(
        bytesOf(client, (calls) => calls.getRaw({ messageId: id })),
        (bytes) => bytes.toString("latin1")
      )
    )
  )

/** A clock of the database cannot be turned: what waits is due instead. */
const timePasses = Effect.flatMap(Here, ({ query }) =>
  query(
    `UPDATE queue.tasks SET available_at = now() - interval '1 second', payload = payload
       || jsonb_build_object('receivedAt', floor(extract(epoch FROM now()) * 1000) - 1000)
     WHERE status = 'queued' AND available_at > now()`
  )
)

const settings = { POSTROOM_OWA_SEND_HOLD: "1 hour", POSTROOM_STREAMS_SWEEP_INTERVAL: "200 millis" }

layer(Here.layerWith(settings), { timeout: 60_000, excludeTestServices: true })(
  "writing in the browser, on the whole platform",
  (it) => {
    it.scoped("saves a draft twice and leaves one, which another device goes on writing", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const draft = {
          ...empty,
          to: [{ name: "Bob Ünlü", address: "bob@demo.test" }],
          bcc: [{ name: "", address: "carol@demo.test" }],
          cc: [{ name: "half an addr", address: "" }],
          subject: "twice",
          html: "<p>Grüße</p>",
          text: "Grüße\n\nA."
        }
        const first = yield* alice.saved({ operationId: "twice-1", draftId: null, draft })
        const second = yield* alice.saved({
          operationId: "twice-2",
          draftId: first.messageId,
          draft: { ...draft, text: "more" }
        })
        assert.deepStrictEqual([first.isFormerGone, second.isFormerGone], [false, false])
        assert.deepStrictEqual(
          (yield* subjectsOf("alice", drafts)).filter((subject) => subject === "twice"),
          ["twice"]
        )
        const read = yield* alice.answered("ReadDraft", { messageId: second.messageId })
        assert.deepStrictEqual(read, {
          ...draft,
          text: "more",
          messageId: second.messageId,
          attachments: []
        })
        const again = yield* alice.saved({
          operationId: "twice-2",
          draftId: first.messageId,
          draft: { ...draft, text: "more" }
        })
        assert.deepStrictEqual(again, second)
        const { operations } = yield* alice.answered("Operations", { limit: 100 })
        assert.notInclude(JSON.stringify(operations), "twice-")
        yield* alice.answered("DiscardDraft", { operationId: "twice-3", messageId: second.messageId })
        assert.notInclude(yield* subjectsOf("alice", drafts), "twice")
      })
    )

    it.scoped("tells of a draft that another window saved meanwhile, and loses neither", () =>
      Effect.gen(function* () {
        const [one, other] = yield* Effect.all([penOf("alice"), penOf("alice")])
        const save = (by: Pen, subject: string, draftId: number | null) =>
          by.saved({ operationId: `tabs-${subject}`, draftId, draft: { ...empty, subject } })
        const { messageId } = yield* save(one, "begun", null)
        const [left, right] = yield* Effect.all(
          [save(one, "mine", messageId), save(other, "theirs", messageId)],
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual([left.isFormerGone, right.isFormerGone].sort(), [false, true])
        const subjects = yield* subjectsOf("alice", drafts)
        assert.includeMembers([...subjects], ["mine", "theirs"])
        assert.notInclude(subjects, "begun")
      })
    )

    it.scoped(
      "keeps files that were handed in, in the draft and in its next version, and pictures in the text",
      () =>
        Effect.gen(function* () {
          const alice = yield* penOf("alice")
          const picture = yield* alice.upload(Buffer.from("a picture"), "image/png")
          const file = yield* alice.upload(Buffer.from("some text\nof two lines"), "text/plain")
          const draft = {
            ...empty,
            subject: "files",
            html: '<img src="cid:one@here">',
            attachments: [
              {
                source: { _tag: "Upload", uploadId: file.uploadId },
                fileName: "nötes\r\nX-Evil: 1.txt",
                contentId: null
              },
              {
                source: { _tag: "Upload", uploadId: picture.uploadId },
                fileName: "p.png",
                contentId: "one@here"
              }
            ]
          }
          const first = yield* alice.saved({ operationId: "files-1", draftId: null, draft })
          assert.deepStrictEqual(
            first.attachments.map(({ fileName, contentId, mediaType }) => [fileName, contentId, mediaType]),
            [
              ["nötes X-Evil: 1.txt", null, "text/plain"],
              ["p.png", "one@here", "image/png"]
            ]
          )
          const second = yield* alice.saved({
            operationId: "files-2",
            draftId: first.messageId,
            draft: { ...draft, attachments: first.attachments }
          })
          assert.deepStrictEqual(
            second.attachments.map(({ fileName, sizeBytes }) => [fileName, sizeBytes]),
            [
              ["nötes X-Evil: 1.txt", 22],
              ["p.png", 9]
            ]
          )
          assert.isFalse(second.isFormerGone)
          const bob = yield* penOf("bob")
          const stolen = yield* bob.refused("SaveDraft", { operationId: "steal", draftId: null, draft })
          assert.deepInclude(stolen, { reason: "notFound", what: "upload" })
        })
    )

    it.scoped(
      "sends once though it is asked twice, when the hold is over; an answer knows what it answers",
      () =>
        Effect.gen(function* () {
          const alice = yield* penOf("alice")
          const client = yield* clientOf("alice")
          const original = Buffer.from(
            "From: bob@demo.test\r\nMessage-ID: <q@b>\r\nReferences: <p@b>\r\nSubject: question\r\n\r\n?\r\n"
          )
          const { messageId } = yield* calling(client)((calls) =>
            calls.appendMessage({ folderId: 1n, raw: original, flags: [] })
          )
          const draft = {
            ...empty,
            to: [{ name: "B", address: "bob@demo.test" }],
            bcc: [{ name: "", address: "carol@demo.test" }],
            subject: "answer\r\nX-Evil: 2",
            text: "!",
            answers: { messageId: Number(messageId), verb: "replyAll" }
          }
          const { messageId: draftId } = yield* alice.saved({ operationId: "send-0", draftId: null, draft })
          const send = { operationId: "send-1", draftId, draft, sendAt: null }
          const sent = yield* alice.answered("Send", send)
          const again = yield* alice.answered("Send", send)
          assert.deepInclude(sent, { isDuplicate: false })
          assert.deepInclude(again, { isDuplicate: true })
          const subject = "answer X-Evil: 2"
          assert.notInclude(yield* subjectsOf("alice", drafts), subject)
          assert.notInclude(yield* subjectsOf("bob", 1), subject)
          const held = yield* alice.answered("HeldSends", undefined)
          assert.deepInclude(held, {
            sends: [{ sendId: "send-1", sendAt: sent["heldUntil"], subject, to: draft.to }]
          })
          yield* timePasses
          const raw = yield* rawOf("bob", 1, subject)
          assert.match(raw, /^In-Reply-To: <q@b>\r$/m)
          assert.match(raw, /^References: <p@b> <q@b>\r$/m)
          assert.notMatch(raw, /^(X-Evil|Bcc|X-Postroom-Draft):/im)
          assert.match(yield* rawOf("alice", sentItems, subject), /^Bcc: carol@demo\.test\r$/m)
          yield* eventually("carol", 1, subject)
          assert.lengthOf(
            (yield* subjectsOf("bob", 1)).filter((one) => one === subject),
            1
          )
          const answeredMark = yield* eventually("alice", 1, "question")
          assert.include(answeredMark.flags, "\\Answered")
          const late = yield* alice.refused("CancelSend", { operationId: "late", sendId: "send-1" })
          assert.deepInclude(late, { reason: "tooLate" })
          assert.notInclude(yield* subjectsOf("alice", drafts), subject)
        })
    )

    it.scoped("takes back what waits: it is a draft again, never sent, and nothing is answered", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const client = yield* clientOf("alice")
        const { messageId } = yield* calling(client)((calls) =>
          calls.appendMessage({
            folderId: 1n,
            raw: Buffer.from("From: b@demo.test\r\nSubject: ask\r\n\r\n?\r\n"),
            flags: []
          })
        )
        const draft = {
          ...empty,
          to: [{ name: "", address: "bob@demo.test" }],
          bcc: [{ name: "", address: "eve@elsewhere.example" }],
          subject: "taken back",
          text: "no",
          answers: { messageId: Number(messageId), verb: "reply" }
        }
        yield* alice.answered("Send", { operationId: "back-1", draftId: null, draft, sendAt: null })
        assert.include((yield* eventually("alice", 1, "ask")).flags, "\\Answered")
        const cancel = { operationId: "back-2", sendId: "back-1" }
        const cancelled = yield* alice.answered("CancelSend", cancel)
        assert.deepStrictEqual(yield* alice.answered("CancelSend", cancel), cancelled)
        const read = yield* alice.answered("ReadDraft", { messageId: cancelled["messageId"] })
        assert.deepInclude(read, {
          subject: "taken back",
          to: draft.to,
          bcc: draft.bcc,
          answers: draft.answers
        })
        assert.notInclude((yield* eventually("alice", 1, "ask")).flags, "\\Answered")
        yield* timePasses
        const resent = yield* alice.answered("Send", {
          operationId: "back-1",
          draftId: null,
          draft,
          sendAt: null
        })
        assert.deepInclude(resent, { isDuplicate: true })
        const { query } = yield* Here
        const tasks = yield* query<{ readonly status: string }>(
          "SELECT status FROM queue.tasks WHERE payload ->> 'sender' = 'alice@demo.test' AND error = 'recalled by its author'"
        )
        assert.deepStrictEqual(
          tasks.map(({ status }) => status),
          ["dropped", "dropped", "dropped"]
        )
        assert.notInclude(yield* subjectsOf("bob", 1), "taken back")
        const none = yield* alice.refused("CancelSend", { operationId: "none", sendId: "never-sent" })
        assert.deepInclude(none, { reason: "notFound", what: "operation" })
      })
    )

    it.scoped("is either sent or taken back, in the very moment that it is due", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const subjects = Array.from({ length: 12 }, (_, n) => `due ${n}`)
        const to = [{ name: "", address: "bob@demo.test" }]
        yield* Effect.forEach(subjects, (subject, n) =>
          alice.answered("Send", {
            operationId: `due-${n}`,
            draftId: null,
            draft: { ...empty, to, subject },
            sendAt: null
          })
        )
        const pens = yield* Effect.forEach(subjects, () => penOf("alice"))
        const cancels = Effect.forEach(
          pens,
          (pen, n) => pen.exit("CancelSend", { operationId: `undue-${n}`, sendId: `due-${n}` }),
          { concurrency: 4 }
        )
        const [exits] = yield* Effect.all([cancels, timePasses], { concurrency: "unbounded" })
        const isCancelled = exits.map((exit) => exit?._tag === "Success")
        const sent = subjects.filter((_, n) => isCancelled[n] === false)
        const last = "after all of them"
        yield* alice.answered("Send", {
          operationId: "due-last",
          draftId: null,
          draft: { ...empty, to, subject: last },
          sendAt: null
        })
        yield* timePasses
        yield* Effect.forEach([last, ...sent], (subject) => eventually("bob", 1, subject))
        const isOne = (subject: string) => subject.startsWith("due ")
        assert.sameMembers((yield* subjectsOf("bob", 1)).filter(isOne), sent)
        assert.sameMembers(
          (yield* subjectsOf("alice", drafts)).filter(isOne),
          subjects.filter((_, n) => isCancelled[n] === true)
        )
        const { ledger } = yield* Here
        assert.strictEqual((yield* ledger).imbalance, 0n)
      })
    )

    it.scoped("cannot be taken back once it was due, even where some of it waits again", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const draft = { ...empty, to: [{ name: "", address: "bob@demo.test" }], subject: "held up" }
        yield* alice.answered("Send", { operationId: "held-1", draftId: null, draft, sendAt: null })
        const { query } = yield* Here
        yield* query(
          `UPDATE queue.tasks SET payload = payload || jsonb_build_object('receivedAt', 1000)
           WHERE status = 'queued' AND available_at > now()`
        )
        const late = yield* alice.refused("CancelSend", { operationId: "held-2", sendId: "held-1" })
        assert.deepInclude(late, { reason: "tooLate" })
        assert.notInclude(yield* subjectsOf("alice", drafts), "held up")
      })
    )

    it.scoped("says who cannot be written to, and that there must be somebody", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const send = (address: string, operationId: string) =>
          alice.refused("Send", {
            operationId,
            draftId: null,
            draft: { ...empty, to: address === "" ? [] : [{ name: "", address }] },
            sendAt: null
          })
        assert.deepInclude(yield* send("nobody@demo.test", "to-1"), {
          reason: "notFound",
          what: "nobody@demo.test"
        })
        assert.deepInclude(yield* send("no address", "to-2"), { reason: "invalid", what: "no address" })
        assert.deepInclude(yield* send("", "to-3"), { reason: "invalid", what: "recipients" })
        const far = yield* alice.refused("Send", {
          operationId: "to-4",
          draftId: null,
          draft: { ...empty, to: [{ name: "", address: "bob@demo.test" }] },
          sendAt: (yield* Clock.currentTimeMillis) + Duration.toMillis("800 days")
        })
        assert.deepInclude(far, { reason: "limit", what: "scheduleMillis" })
      })
    )

    it.scoped("knows people of the tenant by how they begin, and not the one who asks", () =>
      Effect.gen(function* () {
        const alice = yield* penOf("alice")
        const found = yield* alice.answered("Recipients", { query: "bo", limit: 5 })
        assert.deepStrictEqual(
          (Array.isArray(found["people"]) ? found["people"] : []).map(({ address }) => address),
          ["bob@demo.test"]
        )
        const client = yield* clientOf("alice")
        yield* calling(client)((calls) =>
          calls.appendMessage({
            folderId: 1n,
            raw: Buffer.from("From: Dora Fern <dora@far.example>\r\nSubject: hi\r\n\r\nhi\r\n"),
            flags: []
          })
        )
        const dora = yield* alice.answered("Recipients", { query: "fer dor", limit: 5 }).pipe(
          Effect.filterOrFail(({ people }) => JSON.stringify(people) !== "[]"),
          Effect.retry(Schedule.spaced("100 millis")),
          Effect.timeout("20 seconds")
        )
        assert.deepStrictEqual(dora, { people: [{ name: "Dora Fern", address: "dora@far.example" }] })
        assert.deepStrictEqual(yield* alice.answered("Recipients", { query: "alice", limit: 5 }), {
          people: []
        })
        assert.deepStrictEqual(yield* alice.answered("Recipients", { query: '("', limit: 5 }), { people: [] })
      })
    )
  }
)
