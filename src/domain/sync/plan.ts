import type { Estimate, Synchronise } from "../Command.ts"
import { ModSeq } from "../ids.ts"
import type { MailboxState } from "../mailbox/State.ts"
import type { Cursor } from "./Cursor.ts"
import { isKeptDue, keepsConversations, maxKept } from "./conversations.ts"
import type { Collection, FolderRead } from "./material.ts"
import { isSame } from "./position.ts"
import { type Open, resolve } from "./resolve.ts"
import type { CollectionWish } from "./Synchronise.ts"

interface Known {
  readonly state: MailboxState
  readonly cursors: ReadonlyMap<Collection, Cursor>
  readonly now: number
}

/** Entries of the journal that one look passes over at most, most of them of other folders. */
const maxPassed = 50_000

/** What must be read before the command can be decided. Nothing, where nothing is new. */
export const readsOf = (command: Synchronise, known: Known): ReadonlyArray<FolderRead> => {
  const reads: Array<FolderRead> = []
  let left = command.wish.maxItems
  command.wish.collections.forEach((collection, index) => {
    const resolved = resolve({ ...collection, digest: command.digests[index] ?? "" }, known)
    if (resolved._tag !== "Open") return
    const read = readOf(resolved, { collection, left, state: known.state })
    if (read === undefined) return
    reads.push(read)
    // Later folders have to wait for their messages, where this one fills the answer.
    if (read.walk !== null) left -= Math.min(left, collection.maxItems, resolved.folder.total)
  })
  return reads
}

const readOf = (
  open: Open,
  asked: { readonly collection: CollectionWish<unknown>; readonly left: number; readonly state: MailboxState }
): FolderRead | undefined => {
  const { collection, left } = asked
  const mayConflict = collection.changes.length > 0 && open.options.conflict === "server"
  const journal = collection.tell || mayConflict ? journalRead(open, asked.state) : null
  const limit = Math.min(collection.maxItems, left)
  const walk =
    collection.tell && limit > 0 && !isSame(open.view.reached, open.wanted)
      ? { from: open.view.reached, to: open.wanted, limit }
      : null
  const kept = collection.tell ? keptRead(open, journal !== null || walk !== null) : null
  return journal === null && walk === null && kept === null
    ? undefined
    : { folderId: open.folder.id, journal, walk, kept }
}

const journalRead = ({ folder, view }: Open, { modSeq }: MailboxState): FolderRead["journal"] =>
  folder.highestModSeq > view.cursor
    ? { after: view.cursor, until: ModSeq(Math.min(modSeq, view.cursor + maxPassed)) }
    : null

const keptRead = (open: Open, isNews: boolean): FolderRead["kept"] =>
  keepsConversations(open.options) && (isNews || isKeptDue(open))
    ? { from: open.wanted, known: open.view.known, limit: maxKept }
    : null

export const readOfEstimate = (command: Estimate, known: Known): FolderRead | undefined => {
  const open = resolve({ ...command, digest: "" }, known)
  if (open._tag !== "Open") return undefined
  return {
    folderId: command.folderId,
    journal: journalRead(open, known.state),
    walk: isSame(open.view.reached, open.wanted)
      ? null
      : { from: open.view.reached, to: open.wanted, limit: null },
    kept: keptRead(open, true)
  }
}
