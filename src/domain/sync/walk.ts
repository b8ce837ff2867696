import type { MessageId } from "../ids.ts"
import type { StoredMessage } from "../Message.ts"
import type { Position } from "./Cursor.ts"
import type { Folded, Lens, Op } from "./journalFold.ts"
import { compareAge, isBefore, isFrom, positionOf } from "./position.ts"
import { costOf, fits, type Room, take } from "./room.ts"

/** How far the device's knowledge of a folder reaches back, moved towards where it should. */
export interface Walked {
  readonly ops: Map<MessageId, Op>
  readonly reached: Position
  readonly known: ReadonlyArray<MessageId>
  readonly room: Room
}

/**
 * Back: Add what the device has not, newest first. Forth: SoftDelete what it has, oldest first. The journal must have been
 * told to its end before, for the walk goes over the folder as it is now. `target` is as far as the messages are loaded.
 * What is `kept` stays on the device.
 */
export const walk = (
  target: Position,
  lens: Lens,
  { folded, kept }: { readonly folded: FoldedWithKnown; readonly kept: ReadonlySet<MessageId> }
): Walked =>
  isBefore(target, lens.view.reached) ? back(target, lens, folded) : forth(target, lens, { ...folded, kept })

type FoldedWithKnown = Folded & { readonly known: ReadonlyArray<MessageId> }

const back = (target: Position, { folderId, messages, view }: Lens, folded: FoldedWithKnown): Walked => {
  const ops = new Map(folded.ops)
  const known = new Set(folded.known)
  let { room } = folded
  let reached = view.reached
  const onTheWay = between(messages, { folderId, from: target, to: view.reached }).reverse()
  for (const message of onTheWay) {
    if (!known.delete(message.id)) {
      const cost = costOf("Add", message, room)
      if (!fits(room, cost)) return { ops, reached, known: [...known], room }
      ops.set(message.id, "Add")
      room = take(room, cost)
    }
    reached = positionOf(message)
  }
  return { ops, reached: target, known: [...known], room }
}

const forth = (
  target: Position,
  { folderId, messages, view }: Lens,
  folded: FoldedWithKnown & { readonly kept: ReadonlySet<MessageId> }
): Walked => {
  const known = new Set(folded.known)
  const ops = new Map(folded.ops)
  let { room } = folded
  for (const message of between(messages, { folderId, from: view.reached, to: target })) {
    if (folded.kept.has(message.id)) {
      known.add(message.id)
      continue
    }
    const before = ops.get(message.id)
    // Told and taken back in one answer is not told at all.
    const after = before === "Add" ? undefined : "SoftDelete"
    const freed = costOf(before, message, room)
    const cost = costOf(after, message, room)
    if (cost.items > freed.items && !fits(room, cost)) {
      return { ops, reached: positionOf(message), known: [...known], room }
    }
    if (after === undefined) ops.delete(message.id)
    else ops.set(message.id, after)
    room = take(room, { items: cost.items - freed.items, bytes: cost.bytes - freed.bytes })
  }
  return { ops, reached: target, known: [...known], room }
}

/** Oldest first. */
const between = (
  messages: ReadonlyMap<MessageId, StoredMessage>,
  part: { readonly folderId: StoredMessage["folderId"]; readonly from: Position; readonly to: Position }
): Array<StoredMessage> =>
  [...messages.values()]
    .filter((message) => {
      if (message.folderId !== part.folderId) return false
      const at = positionOf(message)
      return isFrom(at, part.from) && isBefore(at, part.to)
    })
    .sort((a, b) => compareAge(positionOf(a), positionOf(b)))
