import type { FolderRow, MessageRow, News } from "../../../../src/protocols/owa/OwaAnswers.ts"
import type { Told } from "../wire/calls.ts"
import { edited, type MailState } from "./MailState.ts"

/** What the server has told, with what it tells now. */
export const withTold = (state: MailState, told: Told): MailState =>
  told._tag === "News"
    ? withNews(state, told)
    : { ...state, folders: byId(told.folders), modSeq: state.modSeq ?? told.modSeq }

const byId = (folders: ReadonlyArray<FolderRow>) => new Map(folders.map((folder) => [folder.id, folder]))

const withNews = (state: MailState, news: News): MailState => {
  const next = edited(state, { put: newer(state, news.messages), drop: news.goneMessages })
  const gone =
    news.goneMessages.length === 0
      ? state.gone
      : new Map([...state.gone, ...news.goneMessages.map((id) => [id, news.modSeq] as const)])
  return { ...next, ...withFolders(next, news), gone, modSeq: news.modSeq }
}

const withFolders = ({ folders, windows }: MailState, news: News): Pick<MailState, "folders" | "windows"> => {
  if (news.folders.length === 0 && news.goneFolders.length === 0) return { folders, windows }
  const next = new Map([...folders, ...byId(news.folders)])
  const open = new Map(windows)
  for (const id of news.goneFolders) next.delete(id)
  for (const [key, { list }] of open) if (!next.has(list.folderId)) open.delete(key)
  return { folders: next, windows: open }
}

/** Rows that are news: of two rows of a message the one of the later change is right. */
const newer = (state: MailState, rows: ReadonlyArray<MessageRow>): ReadonlyArray<MessageRow> =>
  rows.filter((row) => {
    const known = state.messages.get(row.id)
    return !state.gone.has(row.id) && (known === undefined || row.modSeq >= known.modSeq)
  })

/** Messages that were read: of a list, of a conversation, by a search. */
export const withRows = (state: MailState, rows: ReadonlyArray<MessageRow>): MailState =>
  edited(state, { put: newer(state, rows), drop: [] })

/** The journal does not reach back to what is known: all but the folders is read afresh. */
export const forgotten = (state: MailState): MailState => ({
  ...state,
  messages: new Map(),
  windows: new Map(),
  gone: new Map(),
  modSeq: null
})
