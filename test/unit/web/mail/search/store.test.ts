import { assert, describe, it } from "@effect/vitest"
import { afterEach, beforeEach, vi } from "vitest"
import { FolderId, MessageId, ModSeq } from "../../../../../src/domain/ids.ts"
import type { Found, Refusal } from "../../../../../src/protocols/owa/OwaAnswers.ts"
import { messageRow } from "../../../../../src/protocols/owa/rows.ts"
import { rowsOf, SearchStore } from "../../../../../web/src/mail/search/SearchStore.ts"
import { emptyState } from "../../../../../web/src/mail/store/MailState.ts"
import type { MailStore } from "../../../../../web/src/mail/store/MailStore.ts"
import type { Outcome } from "../../../../../web/src/mail/wire/calls.ts"
import { makeStore } from "../../../../../web/src/shell/store.ts"
import { summary } from "../../../../support/alice.ts"

type Payload = Parameters<MailStore["search"]>[0]

const row = (n: number) => messageRow(summary(n, { receivedAt: n * 1_000 }))
const found = (ns: ReadonlyArray<number>, parts: Partial<Found> = {}): Found => ({
  hits: ns.map((n) => ({ message: row(n), snippet: [{ text: `text ${n}`, isMatch: false }] })),
  after: null,
  isComplete: true,
  ...parts
})
const behind = (n: number) => ({ messageId: MessageId(n), receivedAt: n * 1_000 })
const refused = (reason: Refusal["reason"], isTemporary: boolean): Refusal => ({
  _tag: "Refused",
  reason,
  what: null,
  isTemporary
})

/** A mailbox that answers when a test says so. */
const opened = () => {
  const asked: Array<Payload> = []
  const answers: Array<(outcome: Outcome<Found>) => void> = []
  const state = makeStore(emptyState)
  const isCurrent = makeStore(true)
  const search = new SearchStore({
    state,
    isCurrent,
    search: (payload) => {
      asked.push(payload)
      return new Promise((resolve) => void answers.push(resolve))
    }
  })
  return {
    search,
    asked,
    isCurrent,
    answer: async (outcome: Outcome<Found>, at = answers.length - 1) => {
      answers[at]?.(outcome)
      await vi.advanceTimersByTimeAsync(0)
    },
    gets: (...ns: ReadonlyArray<number>) => ({ _tag: "Answered", value: found(ns) }) as const,
    changes: (modSeq: number) => state.set({ ...emptyState, modSeq: ModSeq(modSeq) }),
    ids: () => search.state.get()?.hits.map(({ id }) => Number(id)),
    status: () => search.state.get()?.status
  }
}

describe("a search", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("asks everywhere or in one folder, and shows what is found", async () => {
    const { search, asked, answer, gets, ids, status } = opened()
    search.search(" ann ", FolderId(3))
    assert.deepStrictEqual(asked, [{ query: "ann", folderIds: [FolderId(3)], after: null, limit: 50 }])
    assert.strictEqual(search.text.get(), "ann")
    assert.strictEqual(status(), "asking")
    await answer(gets(9, 4))
    assert.deepStrictEqual([ids(), status()], [[9, 4], "answered"])
    search.search("ann", null)
    assert.deepStrictEqual(asked[1]?.folderIds, [])
    assert.deepStrictEqual(ids(), [])
  })

  it("counts the answer to what was asked last, whichever comes first", async () => {
    const { search, answer, gets, ids } = opened()
    search.search("an", null)
    search.search("ann", null)
    await answer(gets(5), 1)
    await answer(gets(1, 2, 3), 0)
    assert.deepStrictEqual(ids(), [5])
    search.search("bob", null)
    search.clear()
    await answer(gets(7))
    assert.deepStrictEqual([search.state.get(), search.text.get()], [null, ""])
  })

  it("goes on page by page, each message once", async () => {
    const { search, asked, answer, gets, ids } = opened()
    search.search("ann", null)
    search.more()
    await answer({ _tag: "Answered", value: found([9, 8], { after: behind(8) }) })
    search.more()
    search.more()
    assert.deepStrictEqual(
      asked.slice(1).map(({ after }) => after),
      [behind(8)]
    )
    await answer(gets(8, 7))
    search.more()
    assert.deepStrictEqual([ids(), asked.length], [[9, 8, 7], 2])
  })

  it("asks again a while after the mailbox has changed, once for many changes, and keeps what was read behind", async () => {
    const { search, asked, answer, gets, ids, changes } = opened()
    changes(1)
    search.search("ann", null)
    await answer({ _tag: "Answered", value: found([9, 8], { after: behind(8) }) })
    search.more()
    await answer(gets(7, 6))
    changes(2)
    changes(3)
    await vi.advanceTimersByTimeAsync(5_000)
    assert.strictEqual(asked.length, 3)
    await answer({ _tag: "Answered", value: found([10, 9], { after: behind(9) }) })
    assert.deepStrictEqual(ids(), [10, 9, 8, 7, 6])
    assert.isNull(search.state.get()?.after)
    await vi.advanceTimersByTimeAsync(60_000)
    assert.strictEqual(asked.length, 3)
    search.clear()
    changes(4)
    await vi.advanceTimersByTimeAsync(5_000)
    assert.strictEqual(asked.length, 3)
  })

  it("is asked once more where the mailbox changed before it was answered", async () => {
    const { search, asked, answer, gets, changes } = opened()
    search.search("ann", null)
    changes(5)
    await answer(gets(1))
    await vi.advanceTimersByTimeAsync(5_000)
    assert.strictEqual(asked.length, 2)
  })

  it("says that it makes no sense, that nobody answers, and that not all was looked at", async () => {
    const { search, asked, answer, gets, status, isCurrent } = opened()
    search.search('"', null)
    await answer(refused("invalid", false))
    assert.strictEqual(status(), "misread")
    search.search("ann", null)
    await answer(refused("busy", true))
    assert.strictEqual(status(), "away")
    await vi.advanceTimersByTimeAsync(3_000)
    assert.strictEqual(asked.length, 3)
    isCurrent.set(false)
    await answer({ _tag: "Lost" })
    assert.strictEqual(status(), "away")
    isCurrent.set(true)
    assert.strictEqual(asked.length, 4)
    await answer({ _tag: "Answered", value: found([1], { isComplete: false }) })
    assert.deepStrictEqual([status(), search.state.get()?.isComplete], ["answered", false])
    await answer(gets())
  })

  it("keeps what was found also where it is not found any more, until it is asked for anew", async () => {
    const { search, answer, gets, ids, changes } = opened()
    search.search("is:unread", null)
    await answer(gets(9, 8, 7))
    changes(2)
    await vi.advanceTimersByTimeAsync(5_000)
    await answer(gets(10, 9, 7))
    assert.deepStrictEqual(ids(), [10, 9, 8, 7])
    search.search("is:unread", null)
    await answer(gets(10, 9, 7))
    assert.deepStrictEqual(ids(), [10, 9, 7])
  })

  it("shows each message as it is now, and none that is gone or not in the folder any more", async () => {
    const { search, answer, gets } = opened()
    const rows = (folderId: FolderId | null) => {
      const state = search.state.get()
      return state === null ? [] : rowsOf({ ...state, sought: { ...state.sought, folderId } }, known)
    }
    search.search("ann", null)
    await answer(gets(4, 3, 2))
    const moved = { ...row(4), folderId: FolderId(6) }
    const seen = { ...row(3), flags: ["\\Seen"] as const }
    const known = new Map([moved, seen].map((one) => [one.id, one]))
    assert.deepStrictEqual(
      rows(null).map(({ row: { id, flags } }) => [id, flags]),
      [
        [MessageId(4), []],
        [MessageId(3), ["\\Seen"]]
      ]
    )
    assert.deepStrictEqual(
      rows(FolderId(1)).map(({ row: { id } }) => id),
      [MessageId(3)]
    )
  })
})
