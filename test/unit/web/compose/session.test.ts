import { assert, describe, it } from "@effect/vitest"
import { afterEach, beforeEach, vi } from "vitest"
import { MessageId, ModSeq } from "../../../../src/domain/ids.ts"
import { DraftSession } from "../../../../web/src/mail/compose/session/DraftSession.ts"
import type { KeptDraft } from "../../../../web/src/mail/compose/session/KeptDraft.ts"
import type { Server } from "../../../../web/src/mail/compose/session/Server.ts"
import { draftOf, emptyWriting, type Writing } from "../../../../web/src/mail/compose/session/Writing.ts"
import { emptyState } from "../../../../web/src/mail/store/MailState.ts"
import type { Presence } from "../../../../web/src/mail/wire/Connection.ts"
import { makeStore } from "../../../../web/src/shell/store.ts"

interface Asked {
  readonly tag: string
  readonly payload: Record<string, unknown>
  readonly answer: (outcome: unknown) => Promise<void>
}

const saved = (messageId: number, more: object = {}) => ({
  _tag: "Answered",
  value: { messageId: MessageId(messageId), modSeq: ModSeq(1), attachments: [], isFormerGone: false, ...more }
})
const lost = { _tag: "Lost" }

/** A session whose server answers when the test says so. */
const started = (writing: Writing = emptyWriting, isUnsaved = false) => {
  const asked: Array<Asked> = []
  const kept: Array<KeptDraft | null> = []
  const isOutcome = (_: unknown): _ is never => true
  const server: Server = {
    presence: makeStore<Presence>("online"),
    state: makeStore(emptyState),
    order: () => "",
    ask: (tag, payload) =>
      new Promise((resolve) => {
        asked.push({
          tag,
          payload: { ...Object(payload) },
          answer: async (outcome) => {
            if (isOutcome(outcome)) resolve(outcome)
            await vi.advanceTimersByTimeAsync(0)
          }
        })
      })
  }
  const session = new DraftSession({
    key: "one",
    server,
    keep: (draft) => kept.push(draft),
    start: { writing, draftId: null, isUnsaved, sending: null }
  })
  const last = () => asked.at(-1) ?? assert.fail("nothing was asked")
  return { session, asked, kept, last, server }
}

describe("a message that is being written", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("is kept here at once and saved two seconds after the last change, in place of the draft before", async () => {
    const { session, asked, kept, last } = started()
    session.change({ subject: "a" })
    await vi.advanceTimersByTimeAsync(1_500)
    session.change({ subject: "ab" })
    assert.strictEqual(kept.at(-1)?.writing.subject, "a")
    await vi.advanceTimersByTimeAsync(1_500)
    assert.lengthOf(asked, 0)
    await vi.advanceTimersByTimeAsync(500)
    assert.strictEqual(last().tag, "SaveDraft")
    assert.isNull(last().payload["draftId"])
    session.change({ subject: "abc" })
    await last().answer(saved(7))
    assert.strictEqual(session.standing.get()._tag, "Changed")
    await vi.advanceTimersByTimeAsync(2_000)
    assert.strictEqual(last().payload["draftId"], 7)
    await last().answer(saved(8))
    assert.strictEqual(session.standing.get()._tag, "Saved")
    assert.isFalse(session.isUnsaved)
  })

  it("is asked to be saved under the same name until there is an answer, and says meanwhile that it is kept", async () => {
    const { session, asked, last } = started()
    session.change({ subject: "a" })
    await vi.advanceTimersByTimeAsync(2_000)
    const [first] = asked
    await last().answer(lost)
    assert.strictEqual(session.standing.get()._tag, "Kept")
    session.change({ subject: "ab" })
    await vi.advanceTimersByTimeAsync(500)
    assert.lengthOf(asked, 2)
    assert.deepStrictEqual(last().payload, first?.payload)
    assert.isTrue(session.isUnsaved)
  })

  it("is sent once, too, where it is asked for twice while a save waits for the connection", async () => {
    const { session, asked, last } = started()
    session.change({ subject: "a" })
    await vi.advanceTimersByTimeAsync(2_000)
    const first = session.send(null)
    await last().answer(lost)
    assert.strictEqual(session.standing.get()._tag, "Sending")
    const second = session.send(null)
    await vi.advanceTimersByTimeAsync(500)
    await last().answer(saved(7))
    assert.strictEqual(last().tag, "Send")
    await last().answer({ _tag: "Answered", value: { modSeq: 9, heldUntil: null, isDuplicate: false } })
    assert.deepStrictEqual(await first, await second)
    assert.lengthOf(
      asked.filter(({ tag }) => tag === "Send"),
      1
    )
  })

  it("is not sent after it was discarded", async () => {
    const { session, asked, last } = started()
    session.change({ subject: "a" })
    await vi.advanceTimersByTimeAsync(2_000)
    const sending = session.send(null)
    const discarding = session.discard()
    await last().answer(lost)
    await vi.advanceTimersByTimeAsync(20_000)
    assert.deepStrictEqual(await sending, { _tag: "NotSent" })
    await discarding
    assert.notInclude(
      asked.map(({ tag }) => tag),
      "Send"
    )
  })

  it("is sent once: after the call before it, and under one name however often it is asked", async () => {
    const { session, asked, kept, last } = started()
    session.change({ subject: "a" })
    await vi.advanceTimersByTimeAsync(2_000)
    const sending = session.send(null)
    await vi.advanceTimersByTimeAsync(0)
    assert.deepStrictEqual(
      asked.map(({ tag }) => tag),
      ["SaveDraft"]
    )
    await last().answer(saved(7))
    assert.strictEqual(last().tag, "Send")
    assert.strictEqual(last().payload["draftId"], 7)
    const name = last().payload["operationId"]
    assert.strictEqual(kept.at(-1)?.sending?.operationId, name)
    await last().answer(lost)
    assert.strictEqual(session.standing.get()._tag, "SendWaits")
    await vi.advanceTimersByTimeAsync(500)
    assert.strictEqual(last().payload["operationId"], name)
    await last().answer({ _tag: "Answered", value: { modSeq: 9, heldUntil: null, isDuplicate: true } })
    assert.strictEqual((await sending)._tag, "Sent")
    assert.isNull(kept.at(-1))
  })

  it("stays where sending is refused", async () => {
    const { session, last, kept } = started({ ...emptyWriting, subject: "a" })
    const sending = session.send(null)
    await vi.advanceTimersByTimeAsync(0)
    await last().answer({ _tag: "Refused", reason: "limit", what: "messageSize", isTemporary: false })
    assert.strictEqual((await sending)._tag, "NotSent")
    assert.strictEqual(session.standing.get()._tag, "Refused")
    assert.strictEqual(kept.at(-1)?.writing.subject, "a")
  })

  it("that nobody touched leaves nothing when it is closed; one that was touched is saved yet", async () => {
    const untouched = started()
    await untouched.session.close()
    assert.lengthOf(untouched.asked, 0)
    const touched = started()
    touched.session.change({ subject: "a" })
    const closing = touched.session.close()
    await vi.advanceTimersByTimeAsync(0)
    await touched.last().answer(saved(7))
    await closing
    assert.isNull(touched.kept.at(-1))
  })

  it("finds what is attached in the draft that was saved last, and says where another one has replaced it", async () => {
    const attached = {
      id: "x",
      fileName: "a.txt",
      mediaType: "text/plain",
      sizeBytes: 1,
      contentId: null,
      source: { _tag: "Upload", uploadId: "u" },
      upload: { _tag: "Done" }
    } as const
    const { session, last } = started({ ...emptyWriting, attachments: [attached] }, true)
    await vi.advanceTimersByTimeAsync(2_000)
    const source = { _tag: "Part", messageId: MessageId(7), path: "2" } as const
    await last().answer(
      saved(7, { isFormerGone: true, attachments: [{ ...attached, source, sizeBytes: 3 }] })
    )
    assert.deepStrictEqual(session.writing.get().attachments[0]?.source, source)
    assert.isTrue(session.isElsewhere.get())
  })

  it("is told to the server without what is not uploaded, and without pictures that its text no longer shows", () => {
    const one = (id: string, contentId: string | null, isThere: boolean) => ({
      id,
      fileName: id,
      mediaType: "image/png",
      sizeBytes: 1,
      contentId,
      source: isThere ? ({ _tag: "Upload", uploadId: id } as const) : null,
      upload: { _tag: "Done" } as const
    })
    const draft = draftOf({
      ...emptyWriting,
      body: { _tag: "Html", html: '<img src="cid:b@x">', text: "" },
      attachments: [one("a", null, true), one("b", "b@x", true), one("c", "c@x", true), one("d", null, false)]
    })
    assert.deepStrictEqual(
      draft.attachments.map(({ fileName }) => fileName),
      ["a", "b"]
    )
  })
})
