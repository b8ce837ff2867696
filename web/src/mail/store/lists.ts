import { type ListStart, type Place, passes } from "../../../../src/domain/MessageList.ts"
import type { Page } from "../../../../src/protocols/owa/OwaAnswers.ts"
import { known, type ListWindow, listKey, type MailList, type MailState } from "./MailState.ts"
import { withRows } from "./told.ts"

interface Read {
  readonly list: MailList
  readonly from: ListStart
  readonly page: Page
}

/** A page of a list that was asked for, from where its window ended or anywhere; it may be older than what is known. */
export const withPage = (state: MailState, read: Read): MailState => {
  const next = withRows(state, read.page.messages)
  const before = next.windows.get(listKey(read.list))
  const bounds = boundsOf(before, read)
  if (bounds === null) return next
  const listed = isBeside(read.from) ? (before?.ids ?? []) : []
  const window = { ...bounds, ids: known(next.messages, bounds, listed) }
  return withWindow(next, cut(window, { atFloor: read.from._tag === "NewerThan", messages: next.messages }))
}

/** What does not pass the filter any more leaves the list. */
export const openedAnew = (state: MailState, list: MailList): MailState => {
  const window = state.windows.get(listKey(list))
  if (window === undefined) return state
  const ids = window.ids.filter((id) => {
    const row = state.messages.get(id)
    return row !== undefined && passes(list.filter, row)
  })
  return ids.length === window.ids.length ? state : withWindow(state, { ...window, ids })
}

export const closed = (state: MailState, list: MailList): MailState => {
  const windows = new Map(state.windows)
  return windows.delete(listKey(list)) ? { ...state, windows } : state
}

const withWindow = (state: MailState, window: ListWindow): MailState => ({
  ...state,
  windows: new Map([...state.windows, [listKey(window.list), window]])
})

const isBeside = ({ _tag }: ListStart): boolean => _tag === "OlderThan" || _tag === "NewerThan"

/** Null where the window does not end any more where the page goes on. */
const boundsOf = (
  before: ListWindow | undefined,
  { list, from, page: { messages, older, newer, counts } }: Read
): Omit<ListWindow, "ids"> | null => {
  const rest = (count: number, end: Place | null) => (end === null ? 0 : Math.max(1, count - messages.length))
  switch (from._tag) {
    case "OlderThan":
      return before !== undefined && isSame(before.floor, from.place)
        ? { ...before, floor: older, below: rest(before.below, older) }
        : null
    case "NewerThan":
      return before !== undefined && isSame(before.top, from.place)
        ? { ...before, top: newer, above: rest(before.above, newer) }
        : null
    default: {
      const { total, skipped } = counts ?? { total: messages.length, skipped: 0 }
      const above = newer === null ? 0 : Math.max(1, skipped)
      return { list, top: newer, floor: older, above, below: rest(total - skipped, older) }
    }
  }
}

const isSame = (a: Place | null, b: Place): boolean => a?.id === b.id && a.receivedAt === b.receivedAt

/** Rows of a window at most: what is far from where somebody reads is read again when it is wanted. */
const maxRows = 2_000

interface Cutting {
  /** Else at the top. */
  readonly atFloor: boolean
  readonly messages: MailState["messages"]
}

const cut = (window: ListWindow, { atFloor, messages }: Cutting): ListWindow => {
  const over = window.ids.length - maxRows
  if (over <= 0) return window
  const ids = atFloor ? window.ids.slice(0, maxRows) : window.ids.slice(over)
  const [end] = ids.slice(atFloor ? -1 : 0)
  const row = end === undefined ? undefined : messages.get(end)
  if (row === undefined) return window
  const place = { receivedAt: row.receivedAt, id: row.id }
  return atFloor
    ? { ...window, ids, floor: place, below: window.below + over }
    : { ...window, ids, top: place, above: window.above + over }
}

/** Messages that stand in no list and are kept all the same: somebody may look at one of them. */
const maxUnlisted = 5_000

/** Without the messages that were known first, where more are known than anybody looks at. */
export const swept = (state: MailState): MailState => {
  if (state.messages.size <= maxUnlisted) return state
  const listed = new Set([...state.windows.values()].flatMap(({ ids }) => ids))
  const unlisted = [...state.messages.keys()].filter((id) => !listed.has(id))
  if (unlisted.length <= maxUnlisted) return state
  const messages = new Map(state.messages)
  for (const id of unlisted.slice(0, unlisted.length - maxUnlisted)) messages.delete(id)
  return { ...state, messages }
}
