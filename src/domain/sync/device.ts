import type { CursorWrite, LookUpDevice, ResetDevice, SyncAnswer, SyncDecision } from "../Command.ts"
import { type DeviceId, SyncKey } from "../ids.ts"
import { type Decided, decided } from "../mailbox/decide/View.ts"
import type { Cursor, FolderCursor, Json, KeptName } from "./Cursor.ts"
import { hierarchyCursor, isHierarchyStale } from "./hierarchyCursor.ts"
import type { KnownView } from "./KnownView.ts"
import { type Collection, ofKept } from "./material.ts"
import { filterStart } from "./position.ts"
import { isBehind } from "./resolve.ts"
import type { KnownCollection, KnownDevice } from "./Synchronise.ts"

/** An answer without a change. */
export const justAnswer = (answer: SyncAnswer, rest: Partial<SyncDecision> = {}): Decided =>
  decided([], {
    sync: { cursors: [], reset: null, contents: new Map(), origins: [], ...rest, answer }
  })

export const lookUpDevice = (view: KnownView, command: LookUpDevice): Decided => {
  const { sync, state } = view
  const cursors = [...sync.cursors.values()]
  const wanted = command.folderIds === null ? null : new Set(command.folderIds)
  const hierarchy = hierarchyCursor(sync.cursors)
  const device: KnownDevice = {
    collections: cursors.flatMap((cursor) =>
      cursor._tag === "Folder" && (wanted?.has(cursor.folderId) ?? true) ? [toKnown(cursor, view)] : []
    ),
    hierarchy:
      hierarchy === undefined
        ? null
        : {
            key: hierarchy.key,
            isStale: isHierarchyStale(sync.cursors, state),
            modSeq: hierarchy.view.cursor
          },
    kept: Object.fromEntries(
      cursors.flatMap((cursor) => (cursor._tag === "Kept" ? [[cursor.name, cursor.value]] : []))
    )
  }
  return justAnswer({ _tag: "Device", device })
}

const toKnown = ({ folderId, key, view }: FolderCursor, { state, sync }: KnownView): KnownCollection => {
  const folder = state.folders.get(folderId)
  return {
    folderId,
    key,
    options: view.options,
    modSeq: view.cursor,
    isBehind: folder !== undefined && isBehind({ view, folder, wanted: filterStart(view.options, sync.now) }),
    isFolderGone: folder === undefined
  }
}

export const resetDevice = ({ deviceId, folderId }: ResetDevice): Decided =>
  justAnswer({ _tag: "Reset" }, { reset: { deviceId, folderId } })

/** What a device may repeat by an empty request; nothing to write where it is that already. */
export const keptWrite = (
  cursors: ReadonlyMap<Collection, Cursor>,
  deviceId: DeviceId,
  keep: { readonly name: KeptName; readonly value: Json }
): ReadonlyArray<CursorWrite> => {
  const before = cursors.get(ofKept(keep.name))
  if (before?._tag === "Kept" && JSON.stringify(before.value) === JSON.stringify(keep.value)) return []
  return [{ cursor: { _tag: "Kept", deviceId, ...keep }, replaces: before === undefined ? null : noKey }]
}

/** Kept requests have none. */
export const noKey = SyncKey("")
