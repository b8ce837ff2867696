import type { Folder } from "../Folder.ts"
import type { FolderId, SyncKey } from "../ids.ts"
import type { MailboxState } from "../mailbox/State.ts"
import type { Cursor, FolderCursor, FolderView, Position, SyncOptions } from "./Cursor.ts"
import { type Collection, ofFolder } from "./material.ts"
import { filterStart, isBefore } from "./position.ts"

/** What a key stands for. */
export type Resolved =
  | { readonly _tag: "NoFolder" }
  | { readonly _tag: "UnknownKey" }
  | { readonly _tag: "Begin"; readonly cursor: FolderCursor | undefined }
  /** The request that was answered last, once more. */
  | { readonly _tag: "Replay"; readonly cursor: FolderCursor }
  | Open

export interface Open {
  readonly _tag: "Open"
  readonly folder: Folder
  readonly cursor: FolderCursor
  /** What the device knows now. */
  readonly view: FolderView
  /** What it wishes from now on. */
  readonly options: SyncOptions
  readonly wanted: Position
  /** The device has not got the last answer, and asks otherwise than before. */
  readonly isAgain: boolean
}

export interface Presented {
  readonly folderId: FolderId
  readonly key: SyncKey | null
  readonly options: SyncOptions | null
  readonly conversations?: boolean
  readonly digest: string
}

export const defaultOptions: SyncOptions = { days: null, conflict: "server", maxItemBytes: 0, other: null }

export const folderCursor = (
  cursors: ReadonlyMap<Collection, Cursor>,
  folderId: FolderId
): FolderCursor | undefined => {
  const cursor = cursors.get(ofFolder(folderId))
  return cursor?._tag === "Folder" ? cursor : undefined
}

export const resolve = (
  presented: Presented,
  {
    state,
    cursors,
    now
  }: { readonly state: MailboxState; readonly cursors: ReadonlyMap<Collection, Cursor>; readonly now: number }
): Resolved => {
  const folder = state.folders.get(presented.folderId)
  if (folder === undefined) return { _tag: "NoFolder" }
  const cursor = folderCursor(cursors, presented.folderId)
  if (presented.key === null) return { _tag: "Begin", cursor }
  if (cursor === undefined) return { _tag: "UnknownKey" }
  const open = (view: FolderView, isAgain: boolean): Open => {
    const options = optionsOf(presented, view.options)
    return { _tag: "Open", folder, cursor, view, options, wanted: filterStart(options, now), isAgain }
  }
  if (presented.key === cursor.key) return open(cursor.view, false)
  const { former } = cursor
  if (presented.key !== former?.key) return { _tag: "UnknownKey" }
  return former.digest !== "" && former.digest === presented.digest
    ? { _tag: "Replay", cursor }
    : open(former.view, true)
}

/** What holds from now on. Conversations are none of what other options replace. */
export const optionsOf = (
  asked: Pick<Presented, "options" | "conversations">,
  before: SyncOptions
): SyncOptions => {
  const options = asked.options ?? before
  const conversations = asked.conversations ?? before.conversations ?? false
  return (options.conversations ?? false) === conversations ? options : { ...options, conversations }
}

/** True where a Sync would tell something new; what leaves the filter by time alone is none. */
export const isBehind = ({ view, folder, wanted }: Pick<Open, "view" | "folder" | "wanted">): boolean =>
  folder.highestModSeq > view.cursor || isBefore(wanted, view.reached) || view.isKeptDue === true
