import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { NotFound, Unavailable } from "../../../../src/domain/errors.ts"
import { FolderId, MessageId, ModSeq, Uid } from "../../../../src/domain/ids.ts"
import type { Applied, CoreMethods } from "../../../../src/rpc/Core.ts"
import { mailboxId, summary } from "../../../support/alice.ts"
import { empty } from "../../../support/owa/emptyDraft.ts"
import { owaEdge } from "../../../support/owa/owaEdge.ts"
import { pageAt, refusal } from "../../../support/owa/page.ts"
import type { Settings } from "../../../support/platform.ts"

const applied: Applied = {
  modSeq: ModSeq(9),
  missing: [],
  added: [],
  folderId: null,
  more: false,
  isDuplicate: false
}

const person = { mailboxId, address: "alice@demo.test", displayName: "Alice", aliases: ["al@demo.test"] }
const to = [{ name: "", address: "bob@demo.test" }]
const upload = { source: { _tag: "Upload", uploadId: "x" }, fileName: "a.bin", contentId: null }

/** A page of alice's; uploads have so many octets. */
const pageWith = (core: Partial<CoreMethods>, settings: Settings = {}, octets = 0) =>
  Effect.gen(function* () {
    const { port } = yield* owaEdge(core, settings, {
      people: { getPerson: () => Effect.succeed(person) },
      writing: {
        readUpload: () => Effect.succeed({ bytes: Buffer.alloc(octets), mediaType: "image/png" })
      }
    })
    return yield* pageAt(port)
  })

const save = (draft: object) =>
  ["SaveDraft", { operationId: "s", draftId: null, draft: { ...empty, ...draft } }] as const

describe("what is written in the browser", () => {
  it.scopedLive("has limits, each of which is told by its name before anything is stored", () =>
    Effect.gen(function* () {
      const limited = (settings: Settings, draft: object, octets = 0) =>
        Effect.scoped(
          Effect.flatMap(pageWith({}, settings, octets), (page) =>
            Effect.map(page.ask(...save(draft)), refusal)
          )
        )
      const limit = (what: string) => ({ _tag: "Refused", reason: "limit", what, isTemporary: false })
      assert.deepStrictEqual(
        yield* limited({ POSTROOM_OWA_MAX_RECIPIENTS: "1" }, { to, bcc: to }),
        limit("recipients")
      )
      assert.deepStrictEqual(
        yield* limited({ POSTROOM_OWA_MAX_ATTACHMENTS: "0" }, { attachments: [upload] }),
        limit("attachments")
      )
      const text = "ü".repeat(512)
      assert.deepStrictEqual(
        yield* limited({ POSTROOM_OWA_BODY_BYTES: "1024" }, { text, html: "x" }),
        limit("bodySize")
      )
      assert.deepStrictEqual(
        yield* limited({ POSTROOM_OWA_ATTACHMENT_BYTES: "9" }, { attachments: [upload] }, 10),
        limit("attachmentSize")
      )
      assert.deepStrictEqual(
        yield* limited({ POSTROOM_OWA_MESSAGE_BYTES: "65536" }, { attachments: [upload, upload] }, 30_000),
        limit("messageSize")
      )
      const rules = yield* Effect.scoped(
        Effect.flatMap(pageWith({}, { POSTROOM_OWA_SEND_HOLD: "5 seconds" }), (page) =>
          page.ask("WritingRules")
        )
      )
      assert.deepStrictEqual(rules?.value, {
        from: [
          { name: "Alice", address: "alice@demo.test" },
          { name: "Alice", address: "al@demo.test" }
        ],
        recipients: 500,
        attachments: 100,
        attachmentSize: 25 * 1024 * 1024,
        bodySize: 1024 * 1024,
        messageSize: 36 * 1024 * 1024,
        holdMillis: 5000,
        scheduleMillis: 366 * 24 * 3600 * 1000
      })
    })
  )

  it.scopedLive("is stored before the former version goes, which stays where it cannot be stored", () =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      let isFull = true
      const page = yield* pageWith({
        appendMessage: (_, { folderId, flags }) =>
          Effect.suspend(() => {
            if (isFull) return new Unavailable({ what: "blobs" })
            steps.push(`append to ${folderId} as ${flags.join(" ")}`)
            return Effect.succeed({ ...applied, added: [{ messageId: MessageId(8), uid: Uid(1) }] })
          }),
        expungeMessages: (_, { messageIds, folderId }) =>
          Effect.sync(() => {
            steps.push(`expunge ${messageIds} of ${folderId}`)
            return applied
          }),
        getMessage: (_, { messageId }) =>
          Effect.succeed({
            message: summary(messageId, { folderId: FolderId(2), flags: ["\\Flagged", "\\Seen"] }),
            parts: []
          })
      })
      const again = { operationId: "s", draftId: 7, draft: empty }
      assert.deepInclude(refusal(yield* page.ask("SaveDraft", again)), { reason: "away", isTemporary: true })
      assert.deepStrictEqual(steps, [])
      isFull = false
      yield* page.ask("SaveDraft", again)
      assert.deepStrictEqual(steps, ["append to 2 as \\Flagged \\Seen \\Draft", "expunge 7 of 2"])
    })
  )

  it.scopedLive(
    "is sent once where its draft could not go at first, and though nobody could mark what it answers",
    () =>
      Effect.gen(function* () {
        const submitted: Array<string | null> = []
        let isAway = true
        const page = yield* pageWith(
          {
            wasSubmitted: () => Effect.sync(() => submitted.length > 0),
            submit: (_, { operationId, sender, notBefore }) =>
              Effect.sync(() => {
                assert.strictEqual(sender, "alice@demo.test")
                assert.isNull(notBefore)
                submitted.push(operationId)
                return { localRecipients: 1, remoteRecipients: 0, isDuplicate: false }
              }),
            getRaw: () => Stream.fail(new NotFound({ what: "message" })),
            changeFlags: () => new NotFound({ what: "message" }),
            expungeMessages: () =>
              Effect.suspend(() => (isAway ? new Unavailable({ what: "mailbox" }) : Effect.succeed(applied)))
          },
          { POSTROOM_OWA_SEND_HOLD: "0 seconds" }
        )
        const send = {
          operationId: "once",
          draftId: 7,
          draft: { ...empty, to, answers: { messageId: 3, verb: "reply" } },
          sendAt: null
        }
        assert.deepInclude(refusal(yield* page.ask("Send", send)), { isTemporary: true })
        isAway = false
        const sent = yield* page.ask("Send", send)
        assert.deepInclude(sent?.value, { isDuplicate: true, heldUntil: null })
        assert.deepStrictEqual(submitted, ["owa-send:once"])
      })
  )

  it.scopedLive("is refused where it is no draft at all", () =>
    Effect.gen(function* () {
      const page = yield* pageWith({})
      const wrong = [
        { to: [{ address: "bob@demo.test" }] },
        { attachments: [{ ...upload, contentId: "a> \r\nX: 1" }] },
        { attachments: [{ ...upload, source: { _tag: "Upload", uploadId: "../../etc" } }] },
        { answers: { messageId: -1, verb: "reply" } },
        { answers: { messageId: 1, verb: "delete" } },
        { text: null }
      ]
      for (const draft of wrong) {
        assert.deepInclude(refusal(yield* page.ask(...save(draft))), { reason: "invalid" })
      }
    })
  )
})
