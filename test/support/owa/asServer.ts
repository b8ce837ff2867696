import type { FolderId } from "../../../src/domain/ids.ts"
import type { MessageSummary } from "../../../src/domain/Message.ts"
import { comparePlaces, passes } from "../../../src/domain/MessageList.ts"
import { messageRow } from "../../../src/protocols/owa/rows.ts"
import { type ListWindow, listKey, type MailList } from "../../../web/src/mail/store/MailState.ts"
import { type CoreTwin, inbox } from "./coreTwin.ts"
import type { Tab } from "./tab.ts"

export const all = (folderId: FolderId): MailList => ({ folderId, filter: "all" })

/** What a tab shows of a list. */
export const listOf = ({ store }: Tab, list: MailList) => {
  const { windows, messages } = store.state.get()
  return windows.get(listKey(list))?.ids.map((id) => messages.get(id))
}

/** Whether a tab shows what the server has between the places that it has read. */
export const isAsServer = (tab: Tab, twin: CoreTwin, list: MailList): boolean => {
  const window = tab.store.state.get().windows.get(listKey(list))
  if (window === undefined) return false
  const there = twin
    .listed(list.folderId)
    .filter((message) => passes(list.filter, message) && isBetween(window, message))
  const here = listOf(tab, list) ?? []
  return here.length === there.length && there.every((one, at) => isRow(here[at], one))
}

const isBetween = ({ top, floor }: ListWindow, message: MessageSummary): boolean =>
  (top === null || comparePlaces(top, message) <= 0) && (floor === null || comparePlaces(message, floor) <= 0)

const isRow = (shown: unknown, message: MessageSummary): boolean =>
  JSON.stringify(shown) === JSON.stringify(messageRow(message))

const areFoldersAsServers = ({ store }: Tab, twin: CoreTwin): boolean => {
  const here = store.state.get().folders
  const there = twin.model().state.folders
  return (
    here.size === there.size &&
    [...there.values()].every(({ id, name, parentId, total, unread }) => {
      const row = here.get(id)
      return row?.name === name && row.parentId === parentId && row.total === total && row.unread === unread
    })
  )
}

/** Waits until a tab has been told of everything. */
export const settled = (tab: Tab, twin: CoreTwin, folders: ReadonlyArray<FolderId> = [inbox]) =>
  tab.shows(
    "what the server has",
    () =>
      tab.store.waiting.get() === 0 &&
      tab.store.state.get().modSeq === twin.model().state.modSeq &&
      areFoldersAsServers(tab, twin) &&
      folders.every((folderId) => isAsServer(tab, twin, all(folderId)))
  )
