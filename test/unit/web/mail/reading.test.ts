import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FolderId } from "../../../../src/domain/ids.ts"
import type { Rows } from "../../../../web/src/mail/store/ListReads.ts"
import { type ListWindow, listKey } from "../../../../web/src/mail/store/MailState.ts"
import { deliver } from "../../../support/domain.ts"
import { all, isAsServer } from "../../../support/owa/asServer.ts"
import { deletedItems, inbox, makeCoreTwin } from "../../../support/owa/coreTwin.ts"
import { owaEdge } from "../../../support/owa/owaEdge.ts"
import { openTab, type Tab } from "../../../support/owa/tab.ts"

const list = all(inbox)
const length = 1_200

const windowOf = ({ store }: Tab): ListWindow | undefined => store.state.get().windows.get(listKey(list))

const opened = Effect.gen(function* () {
  const twin = makeCoreTwin(...Array.from({ length }, () => deliver()))
  const { port } = yield* owaEdge(twin.core)
  const tab = yield* openTab({ port: () => port })
  tab.store.open(list)
  yield* tab.shows("the beginning", () => windowOf(tab)?.ids.length === 100)
  /** Waits until the rows can be seen, and looks whether they are the server's. */
  const sees = (rows: Rows) => {
    tab.store.look(list, rows)
    return tab.shows(`the rows from ${rows.first} on`, () => {
      const window = windowOf(tab)
      const there = twin.listed(inbox)
      const at = (n: number) => window?.ids[n - window.above]
      return (
        isAsServer(tab, twin, list) &&
        at(rows.first) === there[rows.first]?.id &&
        at(rows.last) === there[rows.last]?.id
      )
    })
  }
  return { twin, tab, sees }
})

describe("a long list", () => {
  it.scopedLive("is read where it is looked at, one page for a jump", () =>
    Effect.gen(function* () {
      const { tab, sees } = yield* opened
      yield* sees({ first: 700, last: 720 })
      assert.deepStrictEqual(windowOf(tab)?.above, 675)
      yield* sees({ first: 640, last: 660 })
      yield* sees({ first: 790, last: 810 })
      yield* sees({ first: length - 20, last: length - 1 })
      assert.strictEqual(windowOf(tab)?.below, 0)
      yield* sees({ first: 0, last: 20 })
      assert.deepStrictEqual([windowOf(tab)?.top, windowOf(tab)?.above], [null, 0])
    })
  )

  it.scopedLive("is read there again where the way was lost, or the server does not remember", () =>
    Effect.gen(function* () {
      const { twin, tab, sees } = yield* opened
      yield* sees({ first: 700, last: 720 })
      tab.cut()
      yield* sees({ first: 300, last: 320 })
      for (const command of [deliver(), deliver()]) twin.phone(command)
      twin.compact()
      tab.cut()
      yield* sees({ first: 300, last: 320 })
    })
  )

  it.scopedLive("is opened at a date", () =>
    Effect.gen(function* () {
      const { twin, tab } = yield* opened
      const at = twin.listed(inbox)[600]?.receivedAt ?? 0
      const row = yield* Effect.promise(() => tab.store.jump(list, at))
      const expected = twin.listed(inbox).findIndex(({ receivedAt }) => receivedAt < at)
      assert.strictEqual(row, expected)
      assert.isTrue(isAsServer(tab, twin, list))
      assert.strictEqual(yield* Effect.promise(() => tab.store.jump(list, 0)), length)
      assert.strictEqual(yield* Effect.promise(() => tab.store.jump(all(deletedItems), 0)), null)
    })
  )

  it.scopedLive("is let go of once ten others were opened after it", () =>
    Effect.gen(function* () {
      const { tab } = yield* opened
      for (const filter of ["unread", "flagged", "attachments"] as const)
        for (const folderId of [inbox, deletedItems, FolderId(2), FolderId(3)])
          tab.store.open({ folderId, filter })
      yield* tab.shows("the last ones", () => tab.store.state.get().windows.size === 10)
      assert.isUndefined(windowOf(tab))
    })
  )
})
