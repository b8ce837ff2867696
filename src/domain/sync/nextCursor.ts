import type { CursorWrite } from "../Command.ts"
import { type DeviceId, type MessageId, SyncKey } from "../ids.ts"
import type { MailboxState } from "../mailbox/State.ts"
import type { FolderCursor, FolderView, SyncOptions } from "./Cursor.ts"
import type { ChangeOutcome } from "./outcomes.ts"
import { isSame } from "./position.ts"
import type { Open } from "./resolve.ts"
import type { Telling } from "./tell.ts"

interface Answered {
  readonly open: Open
  readonly told: Pick<Telling, "told" | "view" | "more">
  readonly outcomes: ReadonlyArray<ChangeOutcome>
  readonly done: ReadonlyMap<string, MessageId>
  readonly digest: string
}

interface Around {
  readonly nonce: string
  readonly deviceId: DeviceId
  readonly before: MailboxState
}

/** The cursor of a folder, to be written. */
export interface FolderWrite extends CursorWrite {
  readonly cursor: FolderCursor
}

/** Of what the requests under one key did, at most so much is remembered; the oldest goes first. */
const maxDone = 1_000

/**
 * What is kept once the answer is given. An answer with something in it gets a new key, and the former view stays until
 * that key comes back. One without leaves the device at its key: then only what saves work later is kept, or nothing.
 */
export const nextCursor = (
  { open, told, outcomes, done, digest }: Answered,
  { nonce, deviceId, before }: Around
): FolderWrite | undefined => {
  const { cursor, folder, view } = open
  const replaces = cursor.key
  const isNews = told.told.length > 0 || outcomes.length > 0 || told.more
  // Options belong to the key under which they were asked for, too.
  const hasContent = isNews || open.isAgain || !sameOptions(view.options, told.view.options)
  if (hasContent) {
    const key = keyOf(folder.id, cursor.count + 1, nonce)
    const recipe = { outcomes, told: told.told, more: told.more }
    const former = {
      key: open.isAgain ? (cursor.former?.key ?? cursor.key) : cursor.key,
      view,
      digest,
      recipe,
      done: Object.fromEntries([...done].slice(-maxDone))
    }
    return {
      cursor: {
        _tag: "Folder",
        deviceId,
        folderId: folder.id,
        key,
        count: cursor.count + 1,
        view: told.view,
        former
      },
      replaces
    }
  }
  const saves = isWorthKeeping(view, told.view) || before.modSeq - view.cursor > lag
  return saves ? { cursor: { ...cursor, view: told.view }, replaces } : undefined
}

/** A cursor that nothing happened to is moved all the same once it is so far behind, or it would be long to look from. */
const lag = 5_000

const isWorthKeeping = (before: FolderView, after: FolderView): boolean =>
  after.cursor > before.cursor ||
  !isSame(after.reached, before.reached) ||
  after.isKeptDue !== before.isKeptDue

/** Plain values, written and read by us alone. */
const sameOptions = (a: SyncOptions, b: SyncOptions): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b)

/** Names the folder, so that no key is another folder's. */
export const keyOf = (collection: string | number, count: number, nonce: string): SyncKey =>
  SyncKey(`${collection}-${count}-${nonce}`)
