import type { FolderId, MessageId, ModSeq, Uid } from "../../../../src/domain/ids.ts"
import type { FolderRow, MessageRow } from "../../../../src/protocols/owa/OwaAnswers.ts"

/** A message; one that has just been moved has a place above all others until the server says which. */
export interface Row extends Omit<MessageRow, "uid"> {
  readonly uid: number
}

/** A list of a folder's messages from the newest down to where it was read. */
export interface FolderWindow {
  /** Newest first: all that lie in the folder at `floor` or above. */
  readonly ids: ReadonlyArray<MessageId>
  readonly floor: number
  /** Where the next page begins; null at the end of the folder. */
  readonly belowUid: Uid | null
}

/** What a page knows of a mailbox. Values do not change: another state is another object, as far as it is another. */
export interface MailState {
  readonly folders: ReadonlyMap<FolderId, FolderRow>
  readonly messages: ReadonlyMap<MessageId, Row>
  readonly windows: ReadonlyMap<FolderId, FolderWindow>
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

export interface Edit {
  readonly put: ReadonlyArray<Row>
  readonly drop: ReadonlyArray<MessageId>
}

/** The state with other messages, and its windows as these make them. */
export const edited = (state: MailState, { put, drop }: Edit): MailState => {
  if (put.length === 0 && drop.length === 0) return state
  const messages = new Map(state.messages)
  const touched = new Set<MessageId>(drop)
  for (const row of put) {
    messages.set(row.id, row)
    touched.add(row.id)
  }
  for (const id of drop) messages.delete(id)
  const windows = new Map<FolderId, FolderWindow>()
  for (const [folderId, window] of state.windows) {
    const coming = put.filter((row) => row.folderId === folderId && row.uid >= window.floor)
    const isTouched = coming.length > 0 || window.ids.some((id) => touched.has(id))
    windows.set(folderId, isTouched ? relisted(window, { coming, touched, messages }) : window)
  }
  return { ...state, messages, windows }
}

interface Listing {
  readonly coming: ReadonlyArray<Row>
  readonly touched: ReadonlySet<MessageId>
  readonly messages: MailState["messages"]
}

/** Those that stay and those that come, merged: both are few or in order. */
const relisted = (window: FolderWindow, { coming, touched, messages }: Listing): FolderWindow => {
  const uidOf = (id: MessageId): number => messages.get(id)?.uid ?? 0
  const staying = window.ids.filter((id) => !touched.has(id))
  const fresh = [...new Set(coming.map(({ id }) => id))].sort((a, b) => uidOf(b) - uidOf(a))
  const ids: Array<MessageId> = []
  let at = 0
  for (const id of fresh) {
    for (let next = staying[at]; next !== undefined && uidOf(next) > uidOf(id); next = staying[++at])
      ids.push(next)
    ids.push(id)
  }
  return { ...window, ids: [...ids, ...staying.slice(at)] }
}

/** All that is known to lie in the folder above the floor, newest first. */
export const listed = (
  messages: MailState["messages"],
  { folderId, floor }: { readonly folderId: FolderId; readonly floor: number }
): ReadonlyArray<MessageId> =>
  [...messages.values()]
    .filter((row) => row.folderId === folderId && row.uid >= floor)
    .sort((a, b) => b.uid - a.uid)
    .map(({ id }) => id)
