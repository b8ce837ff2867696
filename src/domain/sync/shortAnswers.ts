import type { CursorWrite, Synchronise } from "../Command.ts"
import type { FolderId, ModSeq } from "../ids.ts"
import type { FolderCursor, FolderView } from "./Cursor.ts"
import { keyOf } from "./nextCursor.ts"
import { end } from "./position.ts"
import { defaultOptions, optionsOf } from "./resolve.ts"
import type { CollectionWish, SyncedCollection } from "./Synchronise.ts"

type Refusal = Extract<SyncedCollection, { readonly _tag: "Refused" }>["reason"]

export const closed = (folderId: FolderId, reason: Refusal): SyncedCollection => ({
  _tag: "Refused",
  folderId,
  reason
})

/** The last answer once more. */
export const replayed = ({ folderId, key, view, former }: FolderCursor): SyncedCollection => ({
  _tag: "Synced",
  folderId,
  key,
  options: view.options,
  isReplay: true,
  outcomes: former?.recipe.outcomes ?? [],
  told: former?.recipe.told ?? [],
  more: former?.recipe.more ?? false,
  modSeq: view.cursor
})

/**
 * A device begins anew: it knows nothing, and is told nothing yet (MS-ASCMD_R644). The key that it had stays good until it
 * uses the new one: the answer may be lost. Changes cannot come with it; they are left undone.
 */
export const begin = (
  wish: CollectionWish<unknown>,
  cursor: FolderCursor | undefined,
  { command, modSeq }: { readonly command: Synchronise; readonly modSeq: ModSeq }
): { readonly collection: SyncedCollection; readonly write: CursorWrite } => {
  const count = (cursor?.count ?? 0) + 1
  const key = keyOf(wish.folderId, count, command.nonce)
  const options = optionsOf(wish, defaultOptions)
  const view: FolderView = { cursor: modSeq, reached: end, known: [], ownUntil: modSeq, unsure: [], options }
  const former = cursor && {
    key: cursor.key,
    view: cursor.view,
    digest: "",
    recipe: { outcomes: [], told: [], more: false },
    done: {}
  }
  return {
    collection: {
      _tag: "Synced",
      folderId: wish.folderId,
      key,
      options,
      isReplay: false,
      outcomes: [],
      told: [],
      more: false,
      modSeq
    },
    write: {
      cursor: {
        _tag: "Folder",
        deviceId: command.wish.deviceId,
        folderId: wish.folderId,
        key,
        count,
        view,
        ...(former === undefined ? {} : { former })
      },
      replaces: cursor?.key ?? null
    }
  }
}
