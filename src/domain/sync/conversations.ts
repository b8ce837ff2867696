import type { MessageId } from "../ids.ts"
import type { SyncOptions } from "./Cursor.ts"
import type { Lens } from "./journalFold.ts"
import type { FolderReading } from "./material.ts"
import type { Open } from "./resolve.ts"
import { costOf, fits, take } from "./room.ts"
import type { Walked } from "./walk.ts"

/** Older messages that conversations keep in the filter, at most: they are part of what is known of a device. */
export const maxKept = 500

/** Whether older messages are in the filter, too, whose conversation has one in it (MS-ASCMD 2.2.3.36.2). */
export const keepsConversations = ({ days, conversations }: SyncOptions): boolean =>
  days !== null && conversations === true

/** Whether a device may have such messages, or be on its way to them. */
const hadConversations = ({ view }: Open): boolean =>
  view.options.conversations === true || view.isKeptDue === true

/** What the device is to have besides the range that its filter is, the newest first; null = it stays as it is. */
export const keptOf = (open: Open, reading: FolderReading | undefined): ReadonlySet<MessageId> | null => {
  if (keepsConversations(open.options)) return reading?.kept ?? null
  return hadConversations(open) ? new Set() : null
}

/** Whether there is something to look for besides what the journal and the walk bring. */
export const isKeptDue = ({ options, view }: Open): boolean =>
  view.isKeptDue === true || keepsConversations(options) !== keepsConversations(view.options)

/**
 * The last step, on a walk that came to its end: older messages that their conversation keeps in the filter are told as
 * far as there is room, and those whose conversation left it are taken back.
 */
export const tellKept = (
  walked: Walked,
  kept: ReadonlySet<MessageId>,
  { messages, folderId }: Lens
): Walked & { readonly isDue: boolean } => {
  const ops = new Map(walked.ops)
  const known = new Set(walked.known)
  let { room } = walked
  let isDue = false
  const tell = (id: MessageId, op: "Add" | "SoftDelete"): void => {
    const message = messages.get(id)
    const freed = costOf(ops.get(id), message, room)
    const cost = costOf(op, message, room)
    if (cost.items > freed.items && !fits(room, cost)) {
      isDue = true
      return
    }
    room = take(room, { items: cost.items - freed.items, bytes: cost.bytes - freed.bytes })
    ops.set(id, op)
    if (op === "Add") known.add(id)
    else known.delete(id)
  }
  for (const id of walked.known) if (!kept.has(id)) tell(id, "SoftDelete")
  for (const id of kept) if (!known.has(id) && messages.get(id)?.folderId === folderId) tell(id, "Add")
  return { ops, reached: walked.reached, known: [...known], room, isDue }
}
