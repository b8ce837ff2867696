import type { FolderId, MessageId, ModSeq } from "../../../../src/domain/ids.ts"
import { comparePlaces, type ListFilter, type Place, passes } from "../../../../src/domain/MessageList.ts"
import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"

/** What is listed: a folder, or what of it passes a filter. */
export interface MailList {
  readonly folderId: FolderId
  readonly filter: ListFilter
}

/** Names a list in `MailState.windows`. */
export const listKey = ({ folderId, filter }: MailList): string => `${folderId} ${filter}`

/**
 * What is known of a list, without a gap: the piece of it between two places. The row that stands at `n` in the whole
 * list is `ids[n - above]`; the whole list is `above + ids.length + below` long.
 */
export interface ListWindow {
  readonly list: MailList
  /** Newest first. Of a filtered list also those that passed when they were listed: they stay until it is opened anew. */
  readonly ids: ReadonlyArray<MessageId>
  /** The newest place that belongs to it; null at the beginning of the list. */
  readonly top: Place | null
  /** The oldest one; null at the end of the list. */
  readonly floor: Place | null
  /** How many stand above it, about; 0 where `top` is null. */
  readonly above: number
  /** How many stand below it, about; 0 where `floor` is null. */
  readonly below: number
}

/** What a page knows of a mailbox. Values do not change: another state is another object, as far as it is another. */
export interface MailState {
  readonly folders: ReadonlyMap<FolderId, FolderRow>
  /** A message that has just been moved has the `uid` of where it was until the server says another. */
  readonly messages: ReadonlyMap<MessageId, MessageRow>
  /** By `listKey`. */
  readonly windows: ReadonlyMap<string, ListWindow>
  /** Messages that are no more, with the change that said so: a page that was read before does not bring them back. */
  readonly gone: ReadonlyMap<MessageId, ModSeq>
  /** Everything up to here is known; null where nothing is. */
  readonly modSeq: ModSeq | null
}

export const emptyState: MailState = {
  folders: new Map(),
  messages: new Map(),
  windows: new Map(),
  gone: new Map(),
  modSeq: null
}

/** The folder that everybody has for that. */
export const folderOfRole = (
  folders: ReadonlyMap<unknown, FolderRow>,
  role: FolderRow["role"]
): FolderRow | undefined => [...folders.values()].find((folder) => folder.role === role)

export interface Edit {
  readonly put: ReadonlyArray<MessageRow>
  readonly drop: ReadonlyArray<MessageId>
}

/** The state with other messages, and its windows as these make them. */
export const edited = (state: MailState, { put, drop }: Edit): MailState => {
  if (put.length === 0 && drop.length === 0) return state
  const messages = new Map(state.messages)
  for (const row of put) messages.set(row.id, row)
  for (const id of drop) messages.delete(id)
  const edit = { messages, put, touched: new Set([...put.map(({ id }) => id), ...drop]) }
  const windows = new Map([...state.windows].map(([key, window]) => [key, relisted(window, edit)]))
  return { ...state, messages, windows }
}

interface Editing {
  readonly messages: MailState["messages"]
  readonly put: ReadonlyArray<MessageRow>
  readonly touched: ReadonlySet<MessageId>
}

/** Those that stay and those that come, merged: both are few or in order. */
const relisted = (window: ListWindow, { messages, put, touched }: Editing): ListWindow => {
  const before = window.ids.filter((id) => touched.has(id))
  const coming = inOrder(put.filter((row) => isIn(window, row, before.includes(row.id))))
  if (before.length === 0 && coming.length === 0) return window
  const staying = window.ids.filter((id) => !touched.has(id))
  const ids: Array<MessageId> = []
  let at = 0
  for (const row of coming) {
    for (let next = staying[at]; next !== undefined; next = staying[++at]) {
      const other = messages.get(next)
      if (other === undefined || comparePlaces(other, row) > 0) break
      ids.push(next)
    }
    ids.push(row.id)
  }
  return { ...window, ids: [...ids, ...staying.slice(at)] }
}

/** Each message once: the last that is said of it. */
const inOrder = (rows: ReadonlyArray<MessageRow>): ReadonlyArray<MessageRow> =>
  [...new Map(rows.map((row) => [row.id, row])).values()].sort(comparePlaces)

type Piece = Pick<ListWindow, "list" | "top" | "floor">

/** Whether it stands in this piece of the list. Who was listed stays, also where the filter does not let it pass any more. */
const isIn = ({ list, top, floor }: Piece, row: MessageRow, wasListed: boolean): boolean =>
  row.folderId === list.folderId &&
  (top === null || comparePlaces(top, row) <= 0) &&
  (floor === null || comparePlaces(row, floor) <= 0) &&
  (wasListed || passes(list.filter, row))

/** All that is known to stand in this piece of a list, newest first. `listed`: what was there before. */
export const known = (
  messages: MailState["messages"],
  piece: Piece,
  listed: ReadonlyArray<MessageId>
): ReadonlyArray<MessageId> => {
  const before = new Set(listed)
  return [...messages.values()]
    .filter((row) => isIn(piece, row, before.has(row.id)))
    .sort(comparePlaces)
    .map(({ id }) => id)
}
