import type { Change, JournalEntry, Origin } from "../Change.ts"
import { type FolderId, type MessageId, ModSeq, type Uid } from "../ids.ts"
import type { MarkBlock, StoredMessage } from "../Message.ts"
import type { FolderView, Removal } from "./Cursor.ts"
import { isFrom } from "./position.ts"
import { costOf, fits, type Room } from "./room.ts"

/** Through what a device sees the journal of a folder. */
export interface Lens {
  readonly folderId: FolderId
  readonly view: FolderView
  /** Of the device's own changes. */
  readonly origin: Origin
  /** The device learns in this answer what its changes after this did … */
  readonly since: ModSeq
  /** … and that it made these messages, now or when the same was asked before. */
  readonly made: ReadonlySet<MessageId>
  /** Messages of which it may not have learned what its earlier changes did. */
  readonly unsure: ReadonlyMap<MessageId, ModSeq>
  /** Messages that it removed itself: nothing up to there is news of them. */
  readonly removedAt: ReadonlyMap<MessageId, ModSeq>
  /** Rows as they are now; a message without one is gone. */
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
}

export type Op = "Add" | "Change" | "Delete" | "SoftDelete"

/** One message after the entries looked at so far. */
export interface Track {
  readonly isThere: boolean
  readonly isOnDevice: boolean
  /** Somebody else had a hand in it. */
  readonly isNews: boolean
  readonly uid: Uid | undefined
  /** What others changed of its marks; undefined = nothing, or nobody knows what. */
  readonly changed: ReadonlySet<MarkBlock> | "all" | undefined
}

export interface Folded {
  readonly ops: Map<MessageId, Op>
  readonly tracks: ReadonlyMap<MessageId, Track>
  /** The device knows all of the folder up to here. */
  readonly upTo: ModSeq
  readonly room: Room
}

/**
 * What the entries come to, one operation for each message, as far as there is room. An operation tells the state at
 * `upTo`, so that a later fold which begins there takes up exactly where this one ended. A message that left the folder
 * before its Add could be told is left out, and `skippedAfter` remembers that its end is no news.
 */
export const foldJournal = (
  { entries, upTo }: { readonly entries: ReadonlyArray<JournalEntry>; readonly upTo: ModSeq },
  lens: Lens,
  room: Room
): Folded => {
  const tracks = new Map<MessageId, Track>()
  const ops = new Map<MessageId, Op>()
  const touches = touchesOf(entries, lens)
  let left = room
  for (const { entry, touch } of touches) {
    const track = follow(tracks.get(touch.id), { entry, touch }, lens)
    const op = opOf(track, touch.id, lens)
    const next = exchange(left, {
      before: ops.get(touch.id),
      after: op,
      message: rowHere(touch.id, lens)
    })
    if (next === undefined) return { ops, tracks, upTo: ModSeq(entry.modSeq - 1), room: left }
    left = next
    tracks.set(touch.id, track)
    if (op === undefined) ops.delete(touch.id)
    else ops.set(touch.id, op)
  }
  return { ops, tracks, upTo, room: left }
}

interface Touched {
  readonly entry: JournalEntry
  readonly touch: Touch
}

/**
 * Without what no later window may bring up again: what happened to a message before the device itself removed it, and
 * marks of one that is not here any more.
 */
const touchesOf = (entries: ReadonlyArray<JournalEntry>, lens: Lens): ReadonlyArray<Touched> => {
  const touches = entries.flatMap((entry) => {
    const touch = touchOf(entry.change, lens.folderId)
    const isOver = touch?.kind === "marks" && rowHere(touch.id, lens) === undefined
    return touch === undefined || isOver ? [] : [{ entry, touch }]
  })
  return touches.filter(({ entry, touch }) => entry.modSeq > (lens.removedAt.get(touch.id) ?? 0))
}

/** The row of a message that lies in the folder now. */
const rowHere = (id: MessageId, { messages, folderId }: Lens): StoredMessage | undefined => {
  const row = messages.get(id)
  return row?.folderId === folderId ? row : undefined
}

const exchange = (
  room: Room,
  change: {
    readonly before: Op | undefined
    readonly after: Op | undefined
    readonly message: StoredMessage | undefined
  }
): Room | undefined => {
  const before = costOf(change.before, change.message, room)
  const after = costOf(change.after, change.message, room)
  const items = room.items + before.items - after.items
  const bytes = room.bytes + before.bytes - after.bytes
  const grows = after.items > before.items
  if (grows && !fits(room, after)) return undefined
  return { ...room, items, bytes, isUntouched: room.isUntouched && after.items === 0 }
}

type Touch = { readonly id: MessageId; readonly uid: Uid | undefined } & (
  | { readonly kind: "arrives" | "marks" }
  | { readonly kind: "leaves"; readonly receivedAt: number | undefined }
)

/** What a change means for a folder; undefined where it concerns none of its messages. */
const touchOf = (change: Change, folderId: FolderId): Touch | undefined => {
  switch (change._tag) {
    case "MessageAdded":
      return change.folderId === folderId
        ? { id: change.messageId, kind: "arrives", uid: change.uid }
        : undefined
    case "MessageMoved":
      if (change.folderId === folderId) return { id: change.messageId, kind: "arrives", uid: change.uid }
      return change.fromFolderId === folderId
        ? { id: change.messageId, kind: "leaves", uid: change.fromUid, receivedAt: change.receivedAt }
        : undefined
    case "Expunged":
      return change.folderId === folderId
        ? { id: change.messageId, kind: "leaves", uid: change.uid, receivedAt: change.receivedAt }
        : undefined
    case "FlagsChanged":
      return change.folderId === folderId
        ? { id: change.messageId, kind: "marks", uid: change.uid }
        : undefined
    default:
      return undefined
  }
}

const follow = (before: Track | undefined, { entry, touch }: Touched, lens: Lens): Track => {
  const track = before ?? beginning(touch, lens)
  const isKnown = isOwn(entry, touch.id, lens)
  const isNews = track.isNews || !isKnown
  const uid = touch.uid ?? track.uid
  switch (touch.kind) {
    case "arrives":
      // A device's own move comes from another folder, where it deleted the message: here it is new to it.
      return isKnown && entry.change._tag === "MessageAdded"
        ? { ...track, isThere: true, isOnDevice: true, uid }
        : { ...track, isThere: true, isNews: true, uid, changed: "all" }
    case "leaves":
      return { ...track, isThere: false, isOnDevice: track.isOnDevice && !isKnown, isNews, uid }
    case "marks":
      return { ...track, isNews, uid, changed: isKnown ? track.changed : changedBy(track, entry.change) }
  }
}

const changedBy = ({ changed }: Track, change: Change): Track["changed"] => {
  if (changed === "all" || change._tag !== "FlagsChanged" || change.changed === undefined) return "all"
  return new Set([...(changed ?? []), ...change.changed])
}

/** The first entry tells whether the message lay in the folder before it, and so whether the device has it. */
const beginning = (touch: Touch, lens: Lens): Track => {
  const isThere = touch.kind !== "arrives"
  return {
    isThere,
    isOnDevice: isThere && wasTold(touch, lens),
    isNews: false,
    uid: touch.uid,
    changed: undefined
  }
}

const wasTold = (touch: Touch, { view, messages }: Lens): boolean => {
  if (view.known.includes(touch.id)) return true
  if (view.skipped?.includes(touch.id) === true) return false
  const row = messages.get(touch.id)
  const at = (touch.kind === "leaves" ? touch.receivedAt : undefined) ?? row?.receivedAt
  const uid = touch.uid ?? row?.uid
  return at === undefined || uid === undefined || isFrom({ at, uid }, view.reached)
}

const isOwn = ({ modSeq, origin }: JournalEntry, id: MessageId, lens: Lens): boolean =>
  origin === lens.origin &&
  (modSeq > lens.since ||
    lens.made.has(id) ||
    (modSeq <= lens.view.ownUntil && modSeq <= (lens.unsure.get(id) ?? modSeq)))

const opOf = (track: Track, id: MessageId, lens: Lens): Op | undefined => {
  if (!track.isThere) return track.isOnDevice ? "Delete" : undefined
  const row = rowHere(id, lens)
  // It has left by now; that comes later in the journal.
  if (row === undefined) return undefined
  if (track.isOnDevice) return track.isNews ? "Change" : undefined
  return isFrom({ at: row.receivedAt, uid: track.uid ?? row.uid }, lens.view.reached) ? "Add" : undefined
}

/** The device's own messages that lie beyond its filter or the way that initial sync has come. */
export const knownAfter = (folded: Folded, lens: Lens): ReadonlyArray<MessageId> => {
  const { view, messages } = lens
  const known = new Set(unremoved(view.known, lens))
  for (const [id, track] of folded.tracks) {
    const row = messages.get(id)
    // One that is gone by now is kept until its end is told.
    const isBeyond =
      row === undefined || !isFrom({ at: row.receivedAt, uid: track.uid ?? row.uid }, view.reached)
    if (track.isThere && track.isOnDevice && isBeyond) known.add(id)
    else known.delete(id)
  }
  return [...known]
}

const unremoved = (ids: ReadonlyArray<MessageId>, { removedAt }: Lens) =>
  ids.filter((id) => !removedAt.has(id))

/** Of messages that left before they were told or that the device removed, at most; the end of one more is told: no harm. */
const maxSkipped = 1_000

/** Messages that came to the folder before `upTo` and left it after, and were never told: nor must their end be. */
export const skippedAfter = ({ tracks }: Folded, lens: Lens): ReadonlyArray<MessageId> => {
  const skipped = new Set(unremoved(lens.view.skipped ?? [], lens))
  for (const [id, { isThere, isOnDevice }] of tracks) {
    if (isThere && !isOnDevice && rowHere(id, lens) === undefined) skipped.add(id)
    else skipped.delete(id)
  }
  return [...skipped].slice(-maxSkipped)
}

/** Removals that are still ahead of the cursor. */
export const removedAfter = (upTo: ModSeq, { removedAt }: Lens): ReadonlyArray<Removal> =>
  [...removedAt].flatMap(([id, at]) => (at > upTo ? [{ id, at }] : [])).slice(-maxSkipped)
